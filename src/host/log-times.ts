/** When which part of a log was printed: lines of programs carry no time, so whoever watches notes it beside the log. */
import { appendFileSync, readFileSync, statSync } from 'node:fs';

/** Marks come this far apart at least: a minute of a talkative program is sixty short lines. */
const markMs = 1_000;
const timesFileOf = (log: string) => `${log}.times`;

export interface LogTimes {
  /** It has grown from this place on, in bytes, since it was looked at last. Time in epoch milliseconds. */
  grew(from: number, at: number): void;
}

export function noteTimes(log: string): LogTimes {
  let last = 0;
  return {
    grew(from, at) {
      if (at - last < markMs) return;
      last = at;
      try {
        appendFileSync(timesFileOf(log), `${at} ${from}\n`, { mode: 0o600 });
      } catch {
        // A full disk, a directory that is gone: `--since` finds a little less.
      }
    },
  };
}

/**
 * Where what was printed since a time (epoch milliseconds) begins, in bytes, give or take a second; the size of the log where nothing
 * was. A log without notes has them all or none, by when it was last written.
 */
export function placeSince(log: string, since: number): number {
  const stat = statSync(log, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (stat.mtimeMs < since) return stat.size;
  for (const line of timesIn(log)) {
    const [at = 0, from = 0] = line.split(' ').map(Number);
    if (at >= since) return Math.min(from, stat.size);
  }
  return 0;
}

function timesIn(log: string): string[] {
  try {
    return readFileSync(timesFileOf(log), 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
