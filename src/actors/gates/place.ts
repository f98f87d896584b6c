/** What a gate has to look at, and what it may use. */
import type { SandboxSpec } from '../../domain/agent-spec.ts';
import type { Hook } from '../../domain/hook.ts';
import type { SetUpRule } from '../../domain/set-up.ts';
import type { TestCommand } from '../../domain/test-command.ts';
import type { ProcessJob } from '../../host/supervised-process.ts';

/** The target of a task, as it is now. */
export interface Target {
  name: string;
  /** Undefined where there is none any more. */
  commit: string | undefined;
  /** Where the branch that is judged has left it; undefined where they have nothing in common. */
  base: string | undefined;
}

/** Where a gate runs a command. */
export interface CommandPlace {
  repository: string;
  /** Where its clean checkout is made. */
  directory: string;
  /** The commit that is judged. */
  head: string;
  target: Target;
  /** Tells this gate's processes from all others. */
  runId: string;
  taskId: string;
  branch: string;
  sandbox: SandboxSpec;
  /** What a fresh checkout needs before anything can be run in it. */
  setUp: SetUpRule;
  /** Run in one that the command does not pass in; null for nothing. */
  hook: Hook | null;
  /** How the project is tested, where it says so itself. */
  tests: readonly TestCommand[];
  /** Where logs of all runs are. */
  runsDir: string;
  /** What set-ups have made, and what commands came to on targets. */
  cacheDir: string;
  /** Names of variables that it gets beside the usual ones. */
  env: readonly string[];
  job: ProcessJob;
  signal: AbortSignal;
}
