/** What a gate has to look at, and what it may use. */
import type { SandboxSpec } from '../../domain/agent-spec.ts';

/** What a gate may use. */
export interface GatePlace {
  worktree: string;
  /** Absolute path of the task's documents. */
  documents: string;
  /** Where a gate that runs a process keeps its log. */
  runDir: string;
  /** Tells this gate's processes from all others. */
  runId: string;
  taskId: string;
  branch: string;
  sandbox: SandboxSpec;
  job: string;
  signal: AbortSignal;
}
