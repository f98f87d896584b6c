/** Locks of git: what it is that stands in the way, since when, and who holds it. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { formatDuration } from '../domain/duration.ts';
import { isBecause, messageOf } from '../domain/errors.ts';
import { tryTo } from '../domain/try-to.ts';
import type { Away } from '../machines/task/context.ts';

const places = [/Unable to create '([^']+\.lock)'/, /could not lock config file (\S+): File exists/];

/** The lock that git names in its complaint; undefined where it complains of something else. */
export function lockIn(stderr: string): string | undefined {
  const [found, config] = places.map(place => place.exec(stderr)?.[1]);
  return found ?? (config === undefined ? undefined : `${config}.lock`);
}

/** A lock for people: its file, its age, and who holds it, as far as that can be seen. */
export function describeLock(lock: string): string {
  const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
  const age = since === undefined ? '' : `, for ${formatDuration(Math.max(0, Date.now() - since))} by now`;
  const owner = ownerOf(lock);
  return owner === undefined
    ? `${lock} is locked${age}; nobody who holds it can be seen: remove it if no git is at work there`
    : `${lock} is locked${age}, by ${owner}`;
}

/** Who has the file open, of those that we may look at. */
function ownerOf(lock: string): string | undefined {
  for (const pid of entriesOf('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const holds = entriesOf(`/proc/${pid}/fd`).some(fd => linkOf(`/proc/${pid}/fd/${fd}`) === lock);
    if (holds) return `${commandOf(pid)} (pid ${pid})`;
  }
  return undefined;
}

const entriesOf = (directory: string) => tryTo(() => readdirSync(directory)) ?? [];
const linkOf = (path: string) => tryTo(() => readlinkSync(path));
const commandOf = (pid: string) => tryTo(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) ?? 'a process';

/** Work that a lock of the user's repository keeps from being done is tried again later, and says what it waits for. */
export async function orLater<T>(work: () => Promise<T>): Promise<T | Away> {
  try {
    return await work();
  } catch (error) {
    if (!isBecause(error, 'gitLocked')) throw error;
    return { result: 'away', why: messageOf(error), retryAt: null };
  }
}
