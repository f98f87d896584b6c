/**
 * Everything that a process has brought into the world: its descendants, its session, sessions that those have begun,
 * and whatever carries its mark in the environment although it has long been adopted by init.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type ProcessIdentity, type ProcessStat, startTimeOf, statOf } from './process-identity.ts';

const noProcess = -1;

/** Environment entries (`NAME=value`) that together mark a process as belonging to a run. */
export type Mark = readonly string[];

/** Living processes that belong to the leader or carry the mark; the leader itself is not among them. */
export function processTree({ pid, startTime }: Pick<ProcessIdentity, 'pid' | 'startTime'>, mark: Mark): ProcessStat[] {
  // A pid that now belongs to somebody else leads to nobody of ours: only the mark counts then.
  const present = startTimeOf(pid);
  const leader = present === undefined || startTime === '' || present === startTime ? pid : noProcess;
  const all = runningProcesses();
  const members = new Map<number, ProcessStat>();
  const sessions = new Set([leader]);
  const join = (stat: ProcessStat) => {
    members.set(stat.pid, stat);
    if (stat.sessionId === stat.pid) sessions.add(stat.pid);
  };
  for (const stat of all) if (stat.pid !== leader && isMarked(stat.pid, mark)) join(stat);
  for (let size = -1; size !== members.size; ) {
    size = members.size;
    for (const stat of all) {
      if (stat.pid === leader || members.has(stat.pid)) continue;
      const isChild = stat.parentPid === leader || members.has(stat.parentPid);
      if (isChild || sessions.has(stat.sessionId)) join(stat);
    }
  }
  return [...members.values()];
}

/** Whether any living process carries a mark. */
export const isMarkAlive = (mark: Mark): boolean => runningProcesses().some(({ pid }) => isMarked(pid, mark));

/** Sends a signal to processes, each only if it is still the one that was found. */
export function signalProcesses(processes: readonly ProcessStat[], signal: NodeJS.Signals): void {
  for (const { pid, startTime } of processes) {
    if (startTimeOf(pid) !== startTime) continue;
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself in this very moment.
    }
  }
}

function runningProcesses(): ProcessStat[] {
  const stats: ProcessStat[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    // Never this process or what it cannot own.
    if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) continue;
    const stat = statOf(pid);
    if (stat !== undefined && stat.state !== 'Z' && stat.state !== 'X') stats.push(stat);
  }
  return stats;
}

function isMarked(pid: number, mark: Mark): boolean {
  if (mark.length === 0) return false;
  try {
    const environment = `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`;
    return mark.every(entry => environment.includes(`\0${entry}\0`));
  } catch {
    return false;
  }
}
