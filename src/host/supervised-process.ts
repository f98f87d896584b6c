/**
 * Owns one process that may outlive us: adopts it when it already runs, concludes it from its exit record when it has
 * ended, starts it otherwise; ends it with everything it has spawned. See `shim.ts` for the other half.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { ExitRecord } from '../domain/outcome.ts';
import { type Lasting, launchLasting } from './launcher.ts';
import { bootId, isAlive, type ProcessIdentity, parseStat } from './process-identity.ts';
import { isMarkAlive, type Mark, processTree, signalProcesses } from './process-tree.ts';
import { onPulse } from './pulse.ts';
import { notBegun, shim } from './shim.ts';
import { writeWhole } from './write-whole.ts';

export interface ProcessSpec {
  /** Holds `output.log`, `error.log`, `process.json` and `exit.json`. Made when it is not there. */
  runDir: string;
  /** The job on whose behalf it runs. */
  job: ProcessJob;
  argv: readonly string[];
  cwd: string;
  /** The whole environment; nothing is added to it. */
  env: Record<string, string>;
  /** The file on standard input; nothing (`/dev/null`) by default. Never a pipe: some programs wait for its end. */
  stdin?: string;
  /** Whether standard error goes to `error.log`; by default it is in `output.log` with everything else. */
  isErrorApart?: boolean;
  /** Writes what the program reads, and may change how it is started. Never called for one that already runs. */
  prepare?(): Promise<Partial<Pick<ProcessSpec, 'argv' | 'env' | 'stdin'>> | undefined>;
  /** Ends what killing processes does not reach, such as a container. Called when all processes are gone. */
  cleanUp?(): Promise<void>;
  /** What tells the processes of this run from all others. Must be part of `env`. */
  mark: Mark;
}

export interface ProcessJob {
  /** Kept in `run.json` for whoever finds the process later. */
  ref: string;
  /** An earlier process of ours may have started it: where nothing is written about that, it is looked for by its mark. */
  mayHaveBegun?: boolean;
}

export interface ProcessReports {
  onStarted(pid: number): void;
  /** Called once, when nothing of the process is left. */
  onExit(exit: ExitRecord): void;
  /** Called once instead, when it could not be started. */
  onError(error: Error): void;
}

export interface SupervisedProcess {
  /** SIGTERM asks everything that belongs to the process; SIGKILL ends it, again and again until nothing is left. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Stops watching. The process goes on. */
  release(): void;
}

const killPollMs = 10;
/** When a process that may be there could not be looked at. */
const retryMs = 1_000;
/** How long the shim may take to write the exit record once everything else is dead. */
const recordMs = 2_000;

/** Adopts or starts the process. Reports come later, never from inside this call. */
export function superviseProcess(spec: ProcessSpec, reports: ProcessReports): SupervisedProcess {
  let isReleased = false;
  let isConcluded = false;
  let child: Lasting | undefined;
  /** That of the shim: what the program ended with, where it ran. */
  let ownCode: number | null = null;
  /** Who was found at work; remembered, because an agent may remove what was written about it. */
  let adopted: ProcessIdentity | undefined;
  /** Looks whether one that was adopted is still there; of a child of ours the system tells. */
  let look = () => {};
  let stopLooking = () => {};
  let killPoll: NodeJS.Timeout | undefined;
  /** Asked to end before there was anything to end, or before it was known. */
  let early: 'SIGTERM' | 'SIGKILL' | undefined;

  const release = () => {
    isReleased = true;
    stopLooking();
    clearInterval(killPoll);
    // It outlives us: the event loop does not wait for it any longer.
    child?.unref();
  };

  /** The leader is gone: what it left behind goes too, and only then is the end reported. */
  const conclude = () => {
    if (isConcluded || isReleased) return;
    isConcluded = true;
    stopLooking();
    clearInterval(killPoll);
    const leader = adopted ?? presentLeader(spec.runDir) ?? ownLeader(child) ?? nobody;
    const sweep = () => {
      if (isReleased) return;
      const leftovers = processTree(leader, spec.mark);
      signalProcesses(leftovers, 'SIGKILL');
      if (leftovers.length > 0) {
        killPoll = setTimeout(sweep, killPollMs);
        return;
      }
      const report = () => !isReleased && reports.onExit(readExit(spec.runDir) ?? ownExit(ownCode));
      if (spec.cleanUp === undefined) report();
      else void spec.cleanUp().then(report, report);
    };
    sweep();
  };

  const adopt = (identity: ProcessIdentity) => {
    // A pid from before a reboot means nothing.
    if (identity.bootId === bootId()) adopted = identity;
    reports.onStarted(identity.pid);
    watch(identity);
  };

  const watch = (identity: ProcessIdentity) => {
    look = () => {
      if (!isAlive(identity)) conclude();
    };
    stopLooking = onPulse(look);
    look();
  };

  const launch = ({ argv, env, stdin = '/dev/null' }: Pick<ProcessSpec, 'argv' | 'env' | 'stdin'>) => {
    const output = join(spec.runDir, 'output.log');
    const errors = spec.isErrorApart ? join(spec.runDir, 'error.log') : output;
    const shimmed = ['-c', shim, 'signalbox-shim', spec.runDir, bootId(), stdin, ...argv];
    const started: Lasting = launchLasting(
      { file: 'sh', argv: shimmed, cwd: spec.cwd, env, output, errors },
      {
        onStarted(pid) {
          if (isReleased) return;
          reports.onStarted(pid);
          if (early !== undefined) signal(early);
        },
        onError(error) {
          if (isReleased || isConcluded) return;
          isConcluded = true;
          reports.onError(error);
        },
        onExit(code) {
          if (isReleased) return;
          ownCode = code;
          const owner = readIdentity(spec.runDir);
          // Another shim had the directory first: that one is the run.
          if (owner !== undefined && owner.pid !== started.pid && readExit(spec.runDir) === undefined) adopt(owner);
          else conclude();
        },
        onLost() {
          if (isReleased || isConcluded) return;
          // The shim may be about to begin. Who takes its place in the directory knows that it never will.
          if (claim(spec.runDir)) conclude();
          else watch(readIdentity(spec.runDir) ?? nobody);
        },
      },
    );
    child = started;
  };

  const begin = async () => {
    if (isReleased) return;
    const identity = readIdentity(spec.runDir);
    if (readExit(spec.runDir) !== undefined) return conclude();
    if (identity !== undefined) return adopt(identity);
    // What was written about it is gone, and with that how it will end. A second one must not stand beside it.
    const isForgotten = spec.job.mayHaveBegun === true && readJob(spec.runDir) === undefined;
    if (isForgotten && isMarkAlive(spec.mark)) return conclude();
    mkdirSync(spec.runDir, { recursive: true, mode: 0o700 });
    const changes = early === undefined ? await spec.prepare?.() : undefined;
    if (isReleased) return;
    if (early !== undefined) {
      isConcluded = true;
      return reports.onExit({ code: null, signal: early });
    }
    writeWhole(join(spec.runDir, 'run.json'), `${JSON.stringify({ job: spec.job.ref, startedAt: Date.now() })}\n`);
    launch({ ...spec, ...changes });
  };

  const attempt = () => {
    begin().catch((error: Error) => {
      if (isReleased || isConcluded) return;
      // Too many open files, say. A process that may be there is not given up for that: a second one would stand beside it.
      if (child === undefined && hasIdentity(spec.runDir)) {
        const retry = setTimeout(attempt, retryMs);
        stopLooking = () => clearTimeout(retry);
        return;
      }
      isConcluded = true;
      reports.onError(error);
    });
  };
  const signal = (which: 'SIGTERM' | 'SIGKILL') => {
    const leader = adopted ?? presentLeader(spec.runDir) ?? ownLeader(child);
    if (leader === undefined) early = which;
    if (leader === undefined || isConcluded) return;
    if (which === 'SIGTERM') {
      signalProcesses(processTree(leader, spec.mark), 'SIGTERM');
      return;
    }
    let idleSince: number | undefined;
    const kill = () => {
      const members = processTree(leader, spec.mark);
      signalProcesses(members, 'SIGKILL');
      if (members.length > 0) {
        idleSince = undefined;
        return;
      }
      // The shim is left to write the record; one that does not is ended as well.
      idleSince ??= performance.now();
      if (performance.now() - idleSince > recordMs && isAlive(leader)) process.kill(leader.pid, 'SIGKILL');
      look();
    };
    clearInterval(killPoll);
    killPoll = setInterval(kill, killPollMs);
    kill();
  };
  queueMicrotask(attempt);

  return { signal, release };
}

function ownLeader(child: Lasting | undefined): ProcessIdentity | undefined {
  return child?.pid === undefined ? undefined : { pid: child.pid, startTime: '', bootId: '' };
}

/** Takes the directory as a shim does, so that none begins there any more. Answers whether it was free. */
function claim(runDir: string): boolean {
  try {
    writeFileSync(join(runDir, 'process.json'), '{}\n', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

const nobody: ProcessIdentity = { pid: -1, startTime: '', bootId: '' };

/** Who was started in this directory during this boot of the machine; a pid from before a reboot means nothing. */
export function presentLeader(runDir: string): ProcessIdentity | undefined {
  const identity = readIdentity(runDir);
  return identity?.bootId === bootId() ? identity : undefined;
}

/** Who runs in this directory, alive or not; undefined when nothing was ever started there. */
export function readIdentity(runDir: string): ProcessIdentity | undefined {
  const record = readJson(join(runDir, 'process.json'));
  if (typeof record?.pid !== 'number') return undefined;
  const { startTime } = parseStat(record.pid, String(record.stat ?? ''));
  return { pid: record.pid, startTime, bootId: String(record.bootId ?? '') };
}

/** How the process of this directory ended; undefined while it runs or when it left no record. */
export function readExit(runDir: string): ExitRecord | undefined {
  const record = readJson(join(runDir, 'exit.json'));
  return typeof record?.code === 'number' ? exitOf(record.code) : undefined;
}

/** What the end of the shim tells where there is no record: one that was ended itself, or could not begin, nothing. */
const ownExit = (code: number | null): ExitRecord =>
  code === null || code === notBegun ? { code: null, signal: null } : exitOf(code);

/** A shell reports death by signal n as 128 + n. */
function exitOf(code: number): ExitRecord {
  const signal = code > 128 ? signalName(code - 128) : undefined;
  return signal === undefined ? { code, signal: null } : { code: null, signal };
}

/** Whether a process was ever started in this directory, as far as can be seen. */
function hasIdentity(runDir: string): boolean {
  return existsSync(join(runDir, 'process.json'));
}

/** The job on whose behalf the process of this directory was started. */
export function readJob(runDir: string): string | undefined {
  const job = readJson(join(runDir, 'run.json'))?.job;
  return typeof job === 'string' ? job : undefined;
}

/** When the process of this directory was started, epoch milliseconds; undefined when it was not. */
export function readStart(runDir: string): number | undefined {
  const startedAt = readJson(join(runDir, 'run.json'))?.startedAt;
  return typeof startedAt === 'number' ? startedAt : undefined;
}

/** When the process of this directory ended, epoch milliseconds; undefined while it runs or when it left no record. */
export function readEnd(runDir: string): number | undefined {
  return statSync(join(runDir, 'exit.json'), { throwIfNoEntry: false })?.mtimeMs;
}

/** Signals that do not end a process: a code that looks like one of them is the program's own. */
const harmless = new Set([
  'SIGSTKFLT',
  'SIGCHLD',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGWINCH',
]);

function signalName(number: number): string | undefined {
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return name === undefined || harmless.has(name) ? undefined : name;
}

function readJson(path: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
