/** Looks at one gate: it looks for itself and answers with a verdict; it never takes the agent's word. */
import { join } from 'node:path';
import type { SandboxSpec } from '../domain/agent-spec.ts';
import { messageOf } from '../domain/errors.ts';
import type { Looked } from '../machines/gate.ts';
import type { Gate } from '../machines/pipeline.ts';
import { documentsOf } from '../machines/task/context.ts';
import { judgeArtifacts } from './gates/artifacts.ts';
import { judgeCommand } from './gates/command.ts';
import type { GatePlace } from './gates/place.ts';
import { judgeVerdict } from './gates/verdict.ts';
import { inside } from './paths.ts';

export interface JudgeInput {
  gate: Gate;
  taskId: string;
  worktree: string;
  workItem: string;
  branch: string;
  /** That of the agent whose work is judged: commands run on what it has written. */
  sandbox: SandboxSpec;
  job: { ref: string };
}

/** Judges a gate. One that breaks down has no opinion: it is inconclusive, never a pass. */
export async function judgeGate(input: JudgeInput, runsDir: string, signal: AbortSignal): Promise<Looked> {
  const { gate, taskId, worktree, workItem, branch, sandbox, job } = input;
  const began = performance.now();
  const place = {
    worktree,
    documents: join(worktree, documentsOf(workItem)),
    runDir: inside(runsDir, job.ref),
    runId: job.ref,
    taskId,
    branch,
    sandbox,
    job: job.ref,
    signal,
  };
  const looked = await judge(gate, place).catch(
    (error: unknown): Looked => ({
      gate: gate.name,
      verdict: 'inconclusive',
      detail: `the gate could not be judged: ${messageOf(error)}`,
    }),
  );
  return { ...looked, durationMs: Math.round(performance.now() - began) };
}

async function judge(gate: Gate, place: GatePlace): Promise<Looked> {
  inside(place.worktree, place.documents);
  switch (gate.kind) {
    case 'artifacts':
      return judgeArtifacts(gate, place);
    case 'verdict':
      return judgeVerdict(gate, place);
    case 'command':
      return judgeCommand(gate, place);
    case 'approval':
      return { gate: gate.name, verdict: 'inconclusive', detail: 'only a person can approve' };
  }
}
