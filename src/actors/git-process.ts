/**
 * One git process, in a group of its own: what it starts (filters, transports) is ended with it. Every one has a limit; when
 * Signalbox is interrupted what still runs is hurried, and nothing outlives this process.
 */
import { type LaunchEnded, launch } from '../host/launcher.ts';

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
    const output = gather(isBinary === true ? 'latin1' : 'utf8', mostBytes ?? mostOutputBytes, () => stop());
    const onEnd = (how: LaunchEnded) => finish(how);
    const child = launch({ file: 'git', argv, cwd, env, input }, { onOutput: output.add, onEnd });
    let endedFor: GitEnded['endedFor'];
    let force: NodeJS.Timeout | undefined;
    const stop = () => {
      child.signal('SIGTERM');
      force ??= setTimeout(() => child.signal('SIGKILL'), graceMs);
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
      kill: () => child.signal('SIGKILL'),
    };
    living.add(git);
    if (hurryMs !== undefined) git.hurry(hurryMs);
    const onAbort = () => end('signal');
    signal?.addEventListener('abort', onAbort, { once: true });
    const finish = ({ exitCode, signal: by, code }: LaunchEnded) => {
      clearTimeout(timer);
      clearTimeout(force);
      living.delete(git);
      signal?.removeEventListener('abort', onAbort);
      // What it has started and left behind goes with it, where we have ended it.
      if (force !== undefined) child.signal('SIGKILL');
      const { stdout, stderr, isFull } = output.all();
      if (endedFor === 'hurry') cutOff.resolve();
      const isCut = isFull && mostBytes !== undefined;
      resolve({ exitCode: isCut ? 0 : exitCode, signal: by, code, stdout, stderr, isCut, endedFor });
    };
  });
}

function gather(encoding: 'latin1' | 'utf8', most: number, onFull: () => void) {
  const parts: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  let bytes = 0;
  let isFull = false;
  const text = (name: 'stdout' | 'stderr') => Buffer.concat(parts[name]).toString(encoding);
  return {
    add(name: 'stdout' | 'stderr', part: Buffer) {
      if (isFull) return;
      isFull = bytes + part.length > most;
      parts[name].push(isFull ? part.subarray(0, most - bytes) : part);
      bytes += part.length;
      if (isFull) onFull();
    },
    all: () => ({ stdout: text('stdout'), stderr: text('stderr'), isFull }),
  };
}
