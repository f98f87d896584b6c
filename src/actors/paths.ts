/** Paths that come from outside stay where they belong. */
import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { SignalboxError } from '../domain/errors.ts';

/**
 * `path` inside `root`, as an absolute path. Throws `invalid` when it leads out of it, also by way of a symbolic link
 * that already exists.
 */
export function inside(root: string, path: string): string {
  const absolute = resolve(root, path);
  if (!isWithin(root, absolute) || !isWithin(real(root), real(absolute))) {
    throw new SignalboxError('invalid', 'leadsOut', `${path} leads out of ${root}.`);
  }
  return absolute;
}

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (!isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`));
}

/** The real path of what exists of a path, with the rest appended. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    const link = linkAt(path);
    // A link to nothing yet: whoever writes through it writes where it leads.
    if (link !== undefined) return real(resolve(parent, link));
    return parent === path ? path : join(real(parent), path.slice(parent.length));
  }
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** What is in a file, up to so many bytes; undefined where there is none, and for a link: that leads anywhere. */
export function readPlain(path: string, mostBytes = Number.POSITIVE_INFINITY): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    return stat.size <= mostBytes ? readFileSync(file) : readBeginning(file, mostBytes);
  } finally {
    closeSync(file);
  }
}

function readBeginning(file: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  return buffer.subarray(0, readSync(file, buffer, 0, bytes, 0));
}

/** Where the prompt of an attempt is kept, in the attempt's directory. */
export const promptIn = (runDir: string) => join(runDir, 'prompt.md');
