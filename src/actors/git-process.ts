/**
 * One git process, in a group of its own: what it starts (filters, transports) is ended with it. Every one has a limit; when
 * Signalbox is interrupted what still runs is hurried, and nothing outlives this process. By Node itself: a task asks git dozens of
 * times between two agents, and what a library adds to each is a quarter of it.
 */
import { type ChildProcess, spawn } from 'node:child_process';

export interface GitProcessOptions {
  env: Record<string, string>;
  input?: string | Buffer | undefined;
  isBinary?: boolean | undefined;
  /** Bytes of its output that are wanted; it is ended when it prints more, which is no failure. */
  mostBytes?: number | undefined;
  signal?: AbortSignal | undefined;
  limitMs: number;
}

export interface GitEnded {
  /** Undefined when it was killed, or could not be started. */
  exitCode: number | undefined;
  signal: string | undefined;
  /** Of the system, for one that could not be started. */
  code: string | undefined;
  stdout: string;
  stderr: string;
  isCut: boolean;
  /** Why we have ended it; undefined where we have not. */
  endedFor: 'limit' | 'hurry' | 'signal' | undefined;
}

const calledOff: GitEnded = {
  ...{ exitCode: undefined, signal: undefined, code: undefined, stdout: '', stderr: '', isCut: false },
  endedFor: 'signal',
};

interface Living {
  /** Ends it unless it ends by itself within so many milliseconds. */
  hurry(ms: number): void;
  kill(): void;
}

const living = new Set<Living>();
/** What those get that start after the hurry began, in milliseconds; undefined while there is none. */
let hurryMs: number | undefined;
let cutOff = Promise.withResolvers<void>();
/** A git that is told to end takes its locks away; a filter may not listen. */
const graceMs = 1_000;
const mostOutputBytes = 500_000_000;

/**
 * From now on no git takes longer than this: whoever waits for the end of Signalbox does not wait for a filter that hangs. Resolves
 * when one had to be cut off; what waits for its answer then waits for ever.
 */
export function hurryGits(ms: number): Promise<void> {
  hurryMs = ms;
  for (const git of living) git.hurry(ms);
  return cutOff.promise;
}

/** Whoever begins anew in the same process (a test) begins without hurry. */
export function endHurry(): void {
  hurryMs = undefined;
  cutOff = Promise.withResolvers();
}

process.on('exit', () => {
  for (const git of living) git.kill();
});

export function runGit(cwd: string, argv: readonly string[], options: GitProcessOptions): Promise<GitEnded> {
  const { env, input, isBinary, mostBytes, signal, limitMs } = options;
  if (signal?.aborted) return Promise.resolve(calledOff);
  return new Promise(resolve => {
    // Without descriptors left it has no streams at all.
    const child: ChildProcess = spawn('git', argv, { cwd, env, detached: true, stdio: 'pipe' });
    const output = gather(child, isBinary === true ? 'latin1' : 'utf8', mostBytes ?? mostOutputBytes, () => stop());
    let endedFor: GitEnded['endedFor'];
    let force: NodeJS.Timeout | undefined;
    const stop = () => {
      signalGroup(child, 'SIGTERM');
      force ??= setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
    };
    const end = (why: GitEnded['endedFor']) => {
      endedFor ??= why;
      stop();
    };
    let timer = setTimeout(() => end('limit'), limitMs);
    const git: Living = {
      hurry(ms) {
        clearTimeout(timer);
        timer = setTimeout(() => end('hurry'), Math.min(ms, limitMs));
      },
      kill: () => signalGroup(child, 'SIGKILL'),
    };
    living.add(git);
    if (hurryMs !== undefined) git.hurry(hurryMs);
    const onAbort = () => end('signal');
    signal?.addEventListener('abort', onAbort, { once: true });
    const finish = (exit: {
      exitCode?: number | undefined;
      signal?: string | undefined;
      code?: string | undefined;
    }) => {
      clearTimeout(timer);
      clearTimeout(force);
      living.delete(git);
      signal?.removeEventListener('abort', onAbort);
      // What it has started and left behind goes with it, where we have ended it.
      if (force !== undefined) signalGroup(child, 'SIGKILL');
      const { stdout, stderr, isFull } = output();
      if (endedFor === 'hurry') cutOff.resolve();
      const isCut = isFull && mostBytes !== undefined;
      const exitCode = isCut ? 0 : exit.exitCode;
      resolve({ exitCode, signal: exit.signal, code: exit.code, stdout, stderr, isCut, endedFor });
    };
    child.once('error', (error: NodeJS.ErrnoException) => finish({ code: error.code ?? error.message }));
    child.once('close', (exitCode, by) => finish({ exitCode: exitCode ?? undefined, signal: by ?? undefined }));
    // One that ends before it has read everything says so by its exit code.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}

function gather(child: ChildProcess, encoding: 'latin1' | 'utf8', most: number, onFull: () => void) {
  const parts: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  let bytes = 0;
  let isFull = false;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (part: Buffer) => {
      if (isFull) return;
      isFull = bytes + part.length > most;
      parts[name].push(isFull ? part.subarray(0, most - bytes) : part);
      bytes += part.length;
      if (isFull) onFull();
    });
  }
  const text = (name: 'stdout' | 'stderr') => Buffer.concat(parts[name]).toString(encoding);
  return () => ({ stdout: text('stdout'), stderr: text('stderr'), isFull });
}

/** The whole group: a filter that was started by it goes with it. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of it has ended.
  }
}
