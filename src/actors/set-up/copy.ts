/**
 * Copies a tree as it is: by reference where the file system can, and never linked. One `cp` that goes through many small files
 * leaves the other processors idle, so a folder is copied in several parts at once.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname } from 'node:path';
import { execa } from 'execa';
import { SignalboxError } from '../../domain/errors.ts';

/** So few that nobody waits long for whoever has the last of them, and a command line holds them. */
const namesAtOnce = 12;

/** Links are copied as links, and nothing is at `to` yet. Throws `unavailable` with the words of `cp`, and leaves nothing then. */
export async function copyTree(from: string, to: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  try {
    if (lstatSync(from).isDirectory()) await copyFolder(from, to);
    else await copy(dirname(from), [basename(from)], to);
  } catch (error) {
    rmSync(to, { recursive: true, force: true });
    throw error;
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  mkdirSync(to);
  const parts = partsOf(readdirSync(from));
  const copier = async () => {
    for (let names = parts.shift(); names !== undefined; names = parts.shift()) await copy(from, names, `${to}/`);
  };
  const copiers = Array.from({ length: availableParallelism() }, copier);
  // All of them end before anything is said: whoever cleans up must not be written behind.
  for (const copied of await Promise.allSettled(copiers)) if (copied.status === 'rejected') throw copied.reason;
  // Last: it may be read-only.
  const { mode, atime, mtime } = lstatSync(from);
  chmodSync(to, mode);
  utimesSync(to, atime, mtime);
}

/** Neighbours go apart: those of one scope are next to each other, and large together. */
function partsOf(names: readonly string[]): string[][] {
  const count = Math.ceil(names.length / namesAtOnce);
  return Array.from({ length: count }, (_, part) => names.filter((_, at) => at % count === part));
}

async function copy(folder: string, names: readonly string[], to: string): Promise<void> {
  const options = process.platform === 'linux' ? ['-a', '--reflink=auto'] : ['-pPR'];
  const argv = [...options, ...names.map(name => `./${name}`), to];
  const { exitCode, stderr } = await execa('cp', argv, { cwd: folder, reject: false, stdin: 'ignore' });
  if (exitCode === 0) return;
  throw new SignalboxError('unavailable', 'setUpFailed', `${folder} could not be copied: ${stderr.trim()}`);
}
