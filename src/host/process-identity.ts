/** Which process is which: a pid alone says nothing once pids are reused or the machine has been restarted. */
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  pid: number;
  /** Field 22 of /proc/<pid>/stat, in clock ticks since boot. Empty where there is no /proc. */
  startTime: string;
  bootId: string;
}

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  known ??= { pid: process.pid, startTime: startTimeOf(process.pid) ?? '', bootId: bootId() };
  return known;
}

let known: ProcessIdentity | undefined;

/** The id of the machine's present boot, or an empty string where the kernel does not tell. */
export function bootId(): string {
  // It cannot change while we live.
  knownBootId ??= readOptional('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return knownBootId;
}

let knownBootId: string | undefined;

/** The kernel start time of a process, or undefined when there is no such process (or no /proc). */
export function startTimeOf(pid: number): string | undefined {
  return statOf(pid)?.startTime;
}

export interface ProcessStat {
  pid: number;
  parentPid: number;
  groupId: number;
  sessionId: number;
  state: string;
  startTime: string;
}

/** What /proc/<pid>/stat says; see proc(5). The command name may hold spaces and brackets, so fields count from its end. */
export function statOf(pid: number): ProcessStat | undefined {
  const text = readOptional(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(pid, text);
}

/** The fields that matter of a line of /proc/<pid>/stat. */
export function parseStat(pid: number, text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    state: fields[0] ?? '',
    parentPid: Number(fields[1]),
    groupId: Number(fields[2]),
    sessionId: Number(fields[3]),
    startTime: fields[19] ?? '',
  };
}

/** Whether exactly this process still runs: same pid, same start time, same boot. A zombie does not run. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.bootId !== bootId()) return false;
  if (identity.startTime === '') return respondsToSignal(identity.pid);
  if (identity.pid === process.pid) return identity.startTime === ownIdentity().startTime;
  let stat: ProcessStat | undefined;
  try {
    stat = statOf(identity.pid);
  } catch {
    // It could not be looked at (too many open files, say). Nobody is declared dead for that.
    return true;
  }
  return stat !== undefined && stat.startTime === identity.startTime && stat.state !== 'Z' && stat.state !== 'X';
}

function respondsToSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
