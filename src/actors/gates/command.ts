/** Runs the repository's own tests (or a given command) in the worktree and judges by the exit code alone. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ExitRecord } from '../../domain/outcome.ts';
import type { GateReport } from '../../domain/verdict.ts';
import { superviseProcess } from '../../host/supervised-process.ts';
import type { Gate } from '../../machines/pipeline.ts';
import { readDocument } from '../document.ts';
import { baseEnvironment } from '../environment.ts';
import type { GatePlace } from '../gate.ts';
import { tailOf } from '../log-file.ts';

const tailBytes = 3_000;
/** What a shell answers for a program that is not there or may not be run. */
const cannotRun = [126, 127];

export async function judgeCommand(
  { name: gate, run, timeout }: Extract<Gate, { kind: 'command' }>,
  place: GatePlace,
): Promise<GateReport> {
  const argv = run ?? findTestCommand(place.worktree);
  if (argv === undefined) {
    const detail = 'no test command was found in the repository (package.json, Makefile, pytest, cargo, go, test.sh)';
    return { gate, verdict: 'inconclusive', detail, isAbsent: true };
  }
  const { exit, isTimedOut } = await runToEnd(argv, timeout, place);
  const shown = argv.join(' ');
  const output = tailOf(join(place.runDir, 'output.log'), tailBytes);
  if (isTimedOut)
    return { gate, verdict: 'inconclusive', detail: `${shown} took longer than ${timeout} ms\n${output}` };
  if (exit.code === 0) return { gate, verdict: 'pass', detail: `${shown} passed` };
  if (exit.code === null || cannotRun.includes(exit.code)) {
    const how =
      exit.signal === null ? `could not be run (exit code ${exit.code ?? 'unknown'})` : `died by ${exit.signal}`;
    return { gate, verdict: 'inconclusive', detail: `${shown} ${how}\n${output}` };
  }
  return { gate, verdict: 'fail', detail: `${shown} failed with exit code ${exit.code}\n${output}` };
}

/** The repository's own way to run its tests; undefined when none is found. */
export function findTestCommand(worktree: string): string[] | undefined {
  const has = (file: string) => existsSync(join(worktree, file));
  const read = (file: string) => {
    try {
      return readDocument(join(worktree, file));
    } catch {
      return '';
    }
  };
  if (hasTestScript(read('package.json'))) return ['npm', 'test', '--silent'];
  if (/^test[ \t]*:/m.test(read('Makefile'))) return ['make', 'test'];
  if (has('Cargo.toml')) return ['cargo', 'test'];
  if (has('go.mod')) return ['go', 'test', './...'];
  if (has('pytest.ini') || /^\[tool\.pytest/m.test(read('pyproject.toml'))) return ['python3', '-m', 'pytest'];
  if (has('test.sh')) return ['sh', 'test.sh'];
  return undefined;
}

function hasTestScript(packageJson: string): boolean {
  try {
    const script: unknown = JSON.parse(packageJson)?.scripts?.test;
    return typeof script === 'string' && script !== '' && !script.includes('no test specified');
  } catch {
    return false;
  }
}

/** Runs a command under supervision: it is adopted after a crash, and ended with all that it has started. */
function runToEnd(
  argv: readonly string[],
  timeoutMs: number,
  { worktree, runDir, runId, taskId, job, signal }: GatePlace,
): Promise<{ exit: ExitRecord; isTimedOut: boolean }> {
  const own = { SIGNALBOX_RUN_ID: runId, SIGNALBOX_TASK_ID: taskId, SIGNALBOX_WORKTREE: worktree, CI: 'true' };
  const env = { ...baseEnvironment([]), ...own };
  const mark = [`SIGNALBOX_RUN_ID=${runId}`, `SIGNALBOX_WORKTREE=${worktree}`];
  return new Promise((resolve, reject) => {
    let isTimedOut = false;
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      settle();
    };
    const supervised = superviseProcess(
      { runDir, job, argv, cwd: worktree, env, mark },
      {
        onStarted: () => {},
        onExit(exit) {
          // Nobody will ask for this verdict; whoever asks for the next one has the tests run anew.
          if (signal.aborted) rmSync(runDir, { recursive: true, force: true });
          finish(() => resolve({ exit, isTimedOut }));
        },
        onError: error => finish(() => reject(error)),
      },
    );
    const timer = setTimeout(() => {
      isTimedOut = true;
      supervised.signal('SIGKILL');
    }, timeoutMs);
    // The task has moved on (cancelled, paused): nobody waits for the verdict, and nothing may stay behind.
    if (signal.aborted) supervised.signal('SIGKILL');
    signal.addEventListener('abort', () => supervised.signal('SIGKILL'), { once: true });
  });
}
