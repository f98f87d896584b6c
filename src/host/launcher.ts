/**
 * Starts programs, each in a process group of its own: such as are run to their end, and such as outlive us. The first of them are
 * started here; who starts more gets a small process that does it for him (`launcher-process.ts`), since starting one out of a
 * large process stops everything else in it for milliseconds.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Launch {
  file: string;
  argv: readonly string[];
  cwd: string;
  env: Record<string, string>;
  input?: string | Buffer | undefined;
}

export interface LaunchEnded {
  /** Undefined when it was killed, or could not be started. */
  exitCode?: number | undefined;
  signal?: string | undefined;
  /** Of the system, for one that could not be started. */
  code?: string | undefined;
}

export interface LaunchListener {
  onOutput(name: 'stdout' | 'stderr', part: Buffer): void;
  /** All of its output was told before. */
  onEnd(how: LaunchEnded): void;
}

export interface Launched {
  /** To the whole group; without effect when that has ended. */
  signal(signal: NodeJS.Signals): void;
}

/** One that goes on when we do not; it prints into files. */
export interface LastingLaunch {
  file: string;
  argv: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** Files that are added to, made for their owner alone. The same for both is one. */
  output: string;
  errors: string;
}

export interface LastingListener {
  onStarted(pid: number): void;
  /** `code` is null where a signal has ended it. */
  onExit(code: number | null): void;
  /** It could not be started. */
  onError(error: Error): void;
  /** Whoever has started it is gone, so nobody tells when it ends. */
  onLost(): void;
}

export interface Lasting {
  /** Undefined until it is known. */
  readonly pid?: number | undefined;
  /** Nobody waits for it any more. */
  unref(): void;
}

export type LauncherOrder =
  | (Launch & { kind: 'start'; id: number })
  | (LastingLaunch & { kind: 'startLasting'; id: number })
  | { kind: 'signal'; id: number; signal: NodeJS.Signals };

export type LauncherAnswer =
  | { kind: 'ready' }
  | ({ id: number } & (
      | { kind: 'started'; pid: number }
      | { kind: 'printed'; name: 'stdout' | 'stderr'; part: Uint8Array }
      | ({ kind: 'ended'; stdout: Uint8Array; stderr: Uint8Array } & LaunchEnded)
      | { kind: 'exited'; code: number | null }
      | { kind: 'failed'; code: string; message: string }
    ));

/** So many are started here: a command that asks for little more is over before the process for it is there. */
const startedHere = 8;
/** A process for it that dies again and again is no help. */
const mostLost = 3;

let begun = 0;
let lost = 0;
let helper: Helper | undefined;

export function launch(order: Launch, listener: LaunchListener): Launched {
  return ready()?.launch(order, listener) ?? launchHere(order, listener);
}

/** Tells later, never from inside this call. Throws what the system says when it cannot be started at all. */
export function launchLasting(order: LastingLaunch, listener: LastingListener): Lasting {
  return ready()?.launchLasting(order, listener) ?? launchLastingHere(order, listener);
}

function ready(): Helper | undefined {
  begun += 1;
  if (helper === undefined && begun > startedHere && lost < mostLost) {
    try {
      helper = startHelper();
    } catch {
      // What cannot be started now is not tried for ever.
      lost += 1;
    }
  }
  return helper?.isReady === true ? helper : undefined;
}

/** Starts it out of this process. */
export function launchHere(order: Launch, { onOutput, onEnd }: LaunchListener): Launched {
  const child = spawnToEnd(order, onEnd);
  for (const name of ['stdout', 'stderr'] as const) child?.[name]?.on('data', (part: Buffer) => onOutput(name, part));
  return { signal: signal => signalGroup(child?.pid, signal) };
}

/** Its end is told later, never from inside this call. Undefined for what the system does not even try to start. */
export function spawnToEnd(
  { file, argv, cwd, env, input }: Launch,
  onEnd: LaunchListener['onEnd'],
): ChildProcess | undefined {
  let child: ChildProcess;
  try {
    // Without descriptors left it has no streams at all.
    child = spawn(file, argv, { cwd, env, detached: true, stdio: 'pipe' });
  } catch (error) {
    // Arguments that are too long, say.
    queueMicrotask(() => onEnd({ code: codeOf(error) }));
    return undefined;
  }
  child.once('error', error => onEnd({ code: codeOf(error) }));
  child.once('close', (exitCode, signal) => onEnd({ exitCode: exitCode ?? undefined, signal: signal ?? undefined }));
  // One that ends before it has read everything says so by its exit code.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input ?? '');
  return child;
}

/** Throws what the system says when it cannot be started at all. */
export function spawnLasting({ file, argv, cwd, env, output, errors }: LastingLaunch): ChildProcess {
  const log = openSync(output, 'a', 0o600);
  const errorLog = errors === output ? log : openSync(errors, 'a', 0o600);
  try {
    return spawn(file, argv, { cwd, env, detached: true, stdio: ['ignore', log, errorLog] });
  } finally {
    closeSync(log);
    if (errorLog !== log) closeSync(errorLog);
  }
}

function launchLastingHere(order: LastingLaunch, { onStarted, onExit, onError }: LastingListener): Lasting {
  const child = spawnLasting(order);
  child.once('error', onError);
  child.once('spawn', () => onStarted(child.pid ?? 0));
  child.once('exit', code => onExit(code));
  return child;
}

/** Of an error of the system; in words where it has none. */
export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message;

interface Helper {
  readonly isReady: boolean;
  launch(order: Launch, listener: LaunchListener): Launched;
  launchLasting(order: LastingLaunch, listener: LastingListener): Lasting;
}

interface Running {
  id: number;
  listener: LaunchListener;
  /** Known as soon as it is told. */
  pid: number | undefined;
}

interface RunningOn {
  listener: LastingListener;
  pid: number | undefined;
}

function startHelper(): Helper {
  const program = fileURLToPath(import.meta.url).replace(/(?=\.[jt]s$)/, '-process');
  // It holds no terminal, no directory and no secret of ours, and no Ctrl-C reaches it.
  const child = spawn(process.execPath, [program], {
    ...{ cwd: '/', env: { PATH: process.env.PATH ?? '' }, detached: true },
    ...{ stdio: ['ignore', 'ignore', 'ignore', 'ipc'], serialization: 'advanced' },
  });
  const running = new Map<number, Running>();
  const lasting = new Map<number, RunningOn>();
  const told: LauncherAnswer[] = [];
  let isReady = false;
  let last = 0;
  const rest = () => (running.size + lasting.size === 0 ? child.channel?.unref() : child.channel?.ref());
  const signal = ({ id, pid }: Running, which: NodeJS.Signals) => {
    if (pid !== undefined) signalGroup(pid, which);
    else if (child.connected) child.send({ kind: 'signal', id, signal: which } satisfies LauncherOrder, () => {});
  };
  const self: Helper = {
    get isReady() {
      return isReady && child.connected;
    },
    launch(order, listener) {
      const one: Running = { id: ++last, listener, pid: undefined };
      running.set(one.id, one);
      rest();
      child.send({ kind: 'start', id: one.id, ...order } satisfies LauncherOrder, () => {});
      return { signal: which => signal(one, which) };
    },
    launchLasting(order, listener) {
      const id = ++last;
      const one: RunningOn = { listener, pid: undefined };
      lasting.set(id, one);
      rest();
      child.send({ kind: 'startLasting', id, ...order } satisfies LauncherOrder, () => {});
      return {
        get pid() {
          return one.pid;
        },
        unref() {
          lasting.delete(id);
          rest();
        },
      };
    },
  };
  const lose = () => {
    for (const answer of told.splice(0)) take(answer);
    if (helper === self) {
      helper = undefined;
      lost += 1;
    }
    // What it had started is nobody's any more: as if each had been killed.
    for (const one of [...running.values()]) {
      signal(one, 'SIGKILL');
      running.delete(one.id);
      one.listener.onEnd({ signal: 'SIGKILL' });
    }
    for (const { listener } of lasting.values()) listener.onLost();
    lasting.clear();
  };
  const hear = (answer: Exclude<LauncherAnswer, { kind: 'ready' }>) => {
    const one = lasting.get(answer.id)!;
    if (answer.kind === 'started') {
      one.pid = answer.pid;
      one.listener.onStarted(answer.pid);
      return;
    }
    lasting.delete(answer.id);
    rest();
    if (answer.kind === 'exited') one.listener.onExit(answer.code);
    if (answer.kind === 'failed') {
      const { code, message } = answer;
      one.listener.onError(Object.assign(new Error(message), { code }));
    }
  };
  child.on('error', lose);
  child.on('exit', lose);
  const take = (answer: LauncherAnswer) => {
    if (answer.kind === 'ready') {
      isReady = true;
      return;
    }
    if (lasting.has(answer.id)) return hear(answer);
    const one = running.get(answer.id);
    if (one === undefined) return;
    const { listener } = one;
    switch (answer.kind) {
      case 'started':
        one.pid = answer.pid;
        return;
      case 'printed':
        return listener.onOutput(answer.name, asBuffer(answer.part));
      case 'ended': {
        running.delete(one.id);
        rest();
        const { stdout, stderr, exitCode, signal: by, code } = answer;
        if (stdout.length > 0) listener.onOutput('stdout', asBuffer(stdout));
        if (stderr.length > 0) listener.onOutput('stderr', asBuffer(stderr));
        return listener.onEnd({ exitCode, signal: by, code });
      }
    }
  };
  // Answers come in bursts, and much may follow from each: between two of them whatever else is due has its turn.
  const takeNext = () => {
    const answer = told.shift();
    if (told.length > 0) setImmediate(takeNext);
    if (answer !== undefined) take(answer);
  };
  child.on('message', (answer: LauncherAnswer) => {
    told.push(answer);
    if (told.length === 1) setImmediate(takeNext);
  });
  child.unref();
  rest();
  return self;
}

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array) => Buffer.from(buffer, byteOffset, byteLength);

/** The whole group: a filter that was started by a git goes with it. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of it has ended.
  }
}
