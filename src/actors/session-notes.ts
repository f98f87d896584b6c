/** Follows the file in which an agent's program notes its session, once it is there: what it uses, where it does not print that. */
import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type LineTail, tailLines } from '../host/line-tail.ts';
import type { SessionNotes } from '../integrations/agent-cli.ts';

export interface FollowedNotes {
  /** Reads what is new of the session, for so many milliseconds at most; answers whether there was anything. */
  read(session: string | null, limitMs: number): boolean;
  /** Reads everything that is left. */
  finish(session: string | null): Promise<void>;
  close(): void;
}

/** How far apart the looks for a file are that is not there: it comes with the first answer, or never. */
const searchMs = 1_000;
const mostSearches = 60;
/** Directories that are looked into in one search; the newest come first, by their names. */
const mostDirectories = 500;

/** `directory` is where the sessions are, on this machine. */
export function followNotes(
  { levels, isOf }: SessionNotes,
  directory: string,
  onLine: (line: string) => void,
): FollowedNotes {
  let tail: LineTail | undefined;
  let searchedAt = Number.NEGATIVE_INFINITY;
  let searches = 0;

  const search = (session: string | null): LineTail | undefined => {
    if (tail !== undefined || session === null) return tail;
    const path = findIn(directory, levels, name => isOf(name, session));
    searchedAt = performance.now();
    searches += 1;
    if (path !== undefined) tail = tailLines(path, onLine);
    return tail;
  };

  return {
    read(session, limitMs) {
      const isIdle = searches >= mostSearches || performance.now() - searchedAt < searchMs;
      const file = tail === undefined && isIdle ? undefined : search(session);
      if (file === undefined) return false;
      const before = file.position;
      for (const until = performance.now() + limitMs; file.read() && performance.now() < until; );
      return file.position !== before;
    },
    async finish(session) {
      await search(session)?.finish();
    },
    close() {
      tail?.close();
    },
  };
}

/** The path of the newest file with such a name below these directories. */
function findIn(
  directory: string,
  levels: SessionNotes['levels'],
  isIt: (name: string) => boolean,
): string | undefined {
  let left = mostDirectories;
  const walk = (folder: string, level: number): string | undefined => {
    if (left-- <= 0) return undefined;
    const entries = listing(folder);
    const isNamed = (name: string) => (level === levels.length ? isIt(name) : levels[level]!.test(name));
    // A link is neither a file nor a directory here.
    const isKind = (entry: Dirent) => (level === levels.length ? entry.isFile() : entry.isDirectory());
    const names = entries.filter(entry => isKind(entry) && isNamed(entry.name)).map(({ name }) => name);
    for (const name of names.toSorted().toReversed()) {
      const path = join(folder, name);
      const found = level === levels.length ? path : walk(path, level + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(directory, 0);
}

function listing(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
