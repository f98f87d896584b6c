/**
 * A checkout whose fast-forward was cut off: git has written some of the files already, and neither the index nor the branch. To git
 * these are changes of somebody's, which it does not overwrite. Where all of it is in the commit to come, nobody loses anything when
 * it is put back, and the fast-forward can be made again.
 */
import { lstatSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Git, listed } from './git.ts';
import { entriesBetween } from './listing.ts';

/** Puts back what is half there of the commit; answers whether anything was. Anybody's own changes stay, and with them all of it. */
export async function putBackHalf(git: Git, { from, to }: { from: string; to: string }): Promise<boolean> {
  const { gone, come } = await entriesBetween(git, from, to);
  const coming = new Map(come.map(({ path, mode }) => [path, mode]));
  const going = new Set(gone.map(({ path }) => path));
  const status = await listed(git, ['status', '--porcelain=v1', '-z', '--untracked-files=all', '--no-renames']);
  const dirty = status.map(line => ({ letters: line.slice(0, 2), path: line.slice(3) }));
  const half = dirty.filter(({ path }) => coming.has(path) || going.has(path));
  if (half.length === 0) return false;
  for (const { letters, path } of half) {
    // What is staged is somebody's own.
    if (letters !== '??' && letters[0] !== ' ') return false;
    if (!(await isOfCommit(git, { path, to, mode: coming.get(path) }))) return false;
  }
  const tracked = half.filter(({ letters }) => letters !== '??').map(({ path }) => `:(top,literal)${path}`);
  for (const { letters, path } of half) if (letters === '??') rmSync(join(git.directory, path), { force: true });
  if (tracked.length > 0) await git(['checkout', '--quiet', '--force', from, '--', ...tracked]);
  return true;
}

/** Whether what lies there is what the commit has there, or the beginning of that. `mode` is undefined where it has nothing. */
async function isOfCommit(
  git: Git,
  { path, to, mode }: { path: string; to: string; mode: string | undefined },
): Promise<boolean> {
  const file = join(git.directory, path);
  const stat = lstatSync(file, { throwIfNoEntry: false });
  // It is gone, to make place for what comes, or as the commit has it.
  if (stat === undefined) return true;
  if (mode === undefined) return false;
  const wanted = ['cat-file', mode.startsWith('100') ? '--filters' : 'blob', `${to}:${path}`];
  const { code, stdout } = await git.result(wanted, { isBinary: true });
  if (code !== 0) return false;
  if (stat.isSymbolicLink()) return mode === '120000' && readlinkSync(file, 'latin1') === stdout;
  return stat.isFile() && mode.startsWith('100') && stdout.startsWith(readFileSync(file, 'latin1'));
}
