/** Runs a hook: a command of the user's at a fixed point of a task's life. */
import { join } from 'node:path';
import type { SandboxSpec } from '../domain/agent-spec.ts';
import { SignalboxError } from '../domain/errors.ts';
import type { Hook } from '../domain/hook.ts';
import type { OutcomeClass } from '../domain/outcome.ts';
import type { ProcessJob } from '../host/supervised-process.ts';
import { tailOf } from './log-file.ts';
import { inside } from './paths.ts';
import { runToEnd, whyFailed } from './supervised-command.ts';

export interface HookInput {
  name: 'afterCreate' | 'beforeRun' | 'afterRun' | 'beforeRemove';
  hook: Hook;
  taskId: string;
  project: string;
  worktree: string;
  branch: string;
  sandbox: SandboxSpec;
  /** How the agent ended, for `afterRun`. */
  outcome: OutcomeClass | null;
}

const shownBytes = 2_000;

/** Throws `unavailable` with the end of its output when it fails, cannot be run or takes too long. */
export async function runHook(input: HookInput, runsDir: string, job: ProcessJob, signal: AbortSignal): Promise<void> {
  const { name, hook, taskId, project, worktree, branch, sandbox, outcome } = input;
  const runId = `${job.ref}-${name}`;
  const runDir = inside(runsDir, runId);
  const ended = await runToEnd({
    argv: hook.run,
    worktree,
    branch,
    sandbox,
    runDir,
    runId,
    taskId,
    job,
    env: {
      SIGNALBOX_HOOK: name,
      SIGNALBOX_PROJECT: project,
      ...(outcome !== null && { SIGNALBOX_OUTCOME: outcome }),
    },
    timeLimitMs: hook.timeLimitMs,
    signal,
  });
  const how = whyFailed(ended, hook.timeLimitMs);
  if (how === null) return;
  const output = tailOf(join(runDir, 'output.log'), shownBytes).trim();
  throw new SignalboxError(
    'unavailable',
    'hookFailed',
    `${hook.run.join(' ')} ${how}${output === '' ? '' : `\n${output}`}`,
  );
}
