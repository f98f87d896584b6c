/** A command of the user's that runs to its end under supervision: a gate's tests, a hook. */
import { rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SandboxSpec } from '../domain/agent-spec.ts';
import { formatDuration } from '../domain/duration.ts';
import type { ExitRecord } from '../domain/outcome.ts';
import { boundLog } from '../host/log-bound.ts';
import { onPulse } from '../host/pulse.ts';
import { sandboxes } from '../host/sandboxes/index.ts';
import { type ProcessJob, readStart, superviseProcess } from '../host/supervised-process.ts';
import { baseEnvironment } from './environment.ts';
import { sandboxed } from './sandboxed.ts';

export interface CommandPlace {
  argv: readonly string[];
  worktree: string;
  /** Where in it; its top when left out. */
  cwd?: string;
  runDir: string;
  /** Tells the processes of this command from all others. */
  runId: string;
  taskId: string;
  job: ProcessJob;
  /** Variables beside the allow-list. */
  env: Record<string, string>;
  /** That of the agent whose work it runs on. */
  sandbox: SandboxSpec;
  /** Its home in a sandbox, where it is not that of the task. */
  home?: string;
  branch: string;
  timeLimitMs: number;
  signal: AbortSignal;
}

/** How a command came to its end. */
export interface Ended {
  exit: ExitRecord;
  isTimedOut: boolean;
}

/** Why it has failed, for people; null for success. */
export function whyFailed({ exit, isTimedOut }: Ended, timeLimitMs: number): string | null {
  if (isTimedOut) return `took longer than ${formatDuration(timeLimitMs)}`;
  if (exit.code === 0) return null;
  return exit.signal === null ? `ended with exit code ${exit.code ?? 'unknown'}` : `died by ${exit.signal}`;
}

/**
 * Runs it, or adopts it when it already runs after a crash; ends it, with all that it has started, at its time limit or
 * when the signal aborts. The limit counts from its start, however often Signalbox was restarted since.
 */
export function runToEnd(place: CommandPlace): Promise<Ended> {
  const { argv, worktree, cwd = worktree, runDir, runId, taskId, job, timeLimitMs, signal } = place;
  const own = { SIGNALBOX_RUN_ID: runId, SIGNALBOX_TASK_ID: taskId, SIGNALBOX_WORKTREE: worktree };
  const env = { ...baseEnvironment([]), ...place.env, ...own };
  const mark = [`SIGNALBOX_RUN_ID=${runId}`, `SIGNALBOX_WORKTREE=${worktree}`];
  const elapsedMs = Date.now() - (readStart(runDir) ?? Date.now());
  return new Promise((resolve, reject) => {
    let isTimedOut = false;
    const stopBounding = boundWhatGrows(join(runDir, 'output.log'));
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      stopBounding();
      settle();
    };
    const supervised = superviseProcess(
      {
        runDir,
        job,
        argv,
        cwd,
        env,
        mark,
        prepare: async () =>
          sandboxed({ ...place, spec: place.sandbox, name: runId, env, dataDir: dirname(dirname(runDir)) }),
        cleanUp: () => sandboxes[place.sandbox.driver].end(runId),
      },
      {
        onStarted: () => {},
        onExit(exit) {
          // Nobody will ask for this answer; whoever asks for the next one has the command run anew.
          if (signal.aborted) rmSync(runDir, { recursive: true, force: true });
          finish(() => resolve({ exit, isTimedOut }));
        },
        onError: error => finish(() => reject(error)),
      },
    );
    const timer = setTimeout(
      () => {
        isTimedOut = true;
        supervised.signal('SIGKILL');
      },
      Math.max(0, timeLimitMs - elapsedMs),
    );
    // The task has moved on (cancelled, paused): nobody waits for the answer, and nothing may stay behind.
    if (signal.aborted) supervised.signal('SIGKILL');
    signal.addEventListener('abort', () => supervised.signal('SIGKILL'), { once: true });
  });
}

/** Nobody reads along with a command: its beginning and its end tell what went wrong. */
function boundWhatGrows(log: string): () => void {
  const bound = boundLog(log);
  return onPulse(() => bound.passed(statSync(log, { throwIfNoEntry: false })?.size ?? 0));
}
