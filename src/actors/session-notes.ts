/**
 * Follows the files in which an agent's program notes its session, once they are there: what it uses, where it does not print that. They
 * are the agent's, which can put anything in their place: a link or a pipe is left alone, and none of it is read for long.
 */
import { opendirSync } from 'node:fs';
import { join } from 'node:path';
import { tryTo } from '../domain/try-to.ts';
import { type LineTail, readFor, tailLines } from '../host/line-tail.ts';
import type { SessionNotes } from '../integrations/agent-cli.ts';

export interface FollowedNotes {
  /** Reads what is new of the session, for so many milliseconds at most; answers whether there was anything. */
  read(session: string | null, limitMs: number): boolean;
  /** Reads what is left, for a while. Never throws. */
  finish(session: string | null): Promise<void>;
  close(): void;
}

/** How far apart the looks for files are: the first comes with the first answer, or never. */
const searchMs = 1_000;
const mostSearches = 60;
/** What is looked into in one search. */
const mostDirectories = 1_000;
const mostEntries = 20_000;
/** A session that is gone on with may have a file for each of its processes. */
const mostFiles = 8;
/** At the end, so long. */
const finishMs = 5_000;

export interface NotesPlace {
  /** Where the sessions are, on this machine. */
  directory: string;
  /** Where the agent works, as it calls it. */
  cwd: string;
}

export function followNotes(
  notes: SessionNotes,
  { directory, cwd }: NotesPlace,
  onLine: (line: string) => void,
): FollowedNotes {
  const tails = new Map<string, LineTail>();
  let searchedAt = Number.NEGATIVE_INFINITY;
  let searches = 0;

  const search = (session: string | null): void => {
    if (session === null || searches >= mostSearches || tails.size >= mostFiles) return;
    for (const path of filesOf(notes, { directory, cwd }, session)) {
      if (tails.size < mostFiles && !tails.has(path)) tails.set(path, tailLines(path, onLine, null));
    }
    searchedAt = performance.now();
    searches += 1;
  };

  /** Of all together for so long, and a chunk of each at least. */
  const readAll = (limitMs: number): boolean => {
    const until = performance.now() + limitMs;
    return [...tails.values()].map(tail => readFor(tail, until - performance.now())).includes(true);
  };
  const positions = () => [...tails.values()].reduce((sum, { position }) => sum + position, 0);

  return {
    read(session, limitMs) {
      if (performance.now() - searchedAt >= searchMs) search(session);
      const before = positions();
      readAll(limitMs);
      return positions() !== before;
    },
    async finish(session) {
      const end = performance.now() + finishMs;
      tryTo(() => search(session));
      while (performance.now() < end && tryTo(() => readAll(0))) {
        await new Promise(resolve => setImmediate(resolve));
      }
    },
    close() {
      for (const tail of tails.values()) tail.close();
    },
  };
}

/** The paths of all files of a session, in the directories that are likely first. */
function filesOf({ levels, isOf, likely }: SessionNotes, { directory, cwd }: NotesPlace, session: string): string[] {
  const found: string[] = [];
  let left = mostDirectories;
  const likelyName = likely?.(cwd);
  const walk = (folder: string, level: number): void => {
    if (left-- <= 0 || found.length > 0) return;
    const isLast = level === levels.length;
    const names = namesIn(folder, isLast ? 'file' : 'directory').filter(name =>
      isLast ? isOf(name, session) : levels[level]!.test(name),
    );
    if (isLast) {
      found.push(...names.map(name => join(folder, name)));
      return;
    }
    const isLikely = (name: string) => Number(likelyName !== undefined && name.startsWith(likelyName));
    const inOrder = names.toSorted((a, b) => isLikely(b) - isLikely(a) || (a < b ? 1 : -1));
    for (const name of inOrder) walk(join(folder, name), level + 1);
  };
  walk(directory, 0);
  return found;
}

/** A link is neither a file nor a directory here. */
function namesIn(folder: string, kind: 'file' | 'directory'): string[] {
  const names: string[] = [];
  const entries = tryTo(() => opendirSync(folder));
  if (entries === undefined) return names;
  try {
    for (let looked = 0; looked < mostEntries; looked++) {
      const entry = entries.readSync();
      if (entry === null) break;
      if (kind === 'file' ? entry.isFile() : entry.isDirectory()) names.push(entry.name);
    }
  } finally {
    entries.closeSync();
  }
  return names;
}
