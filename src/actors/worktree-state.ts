/** What lies in a worktree, asked at once; and what its index says of files that git itself passes over in silence. */
import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { type Git, gitDirOf, listed } from './git.ts';
import { readPlain } from './paths.ts';
import { remembered } from './remembered.ts';

export interface WorktreeState {
  /** What is checked out; the branch is null for a detached HEAD. */
  commit: string;
  branch: string | null;
  /** Files that are not as they were committed, conflicts included. */
  changed: string[];
  /** Where a merge has left more than one side. */
  unmerged: string[];
  /** What git neither knows nor ignores; a repository inside ends in a slash. */
  others: string[];
  /** What git ignores, where that was asked for; of a folder that is ignored as a whole no more than its name, with a slash. */
  ignored: string[];
  /** Files that git was told not to look at: whatever is in them, it calls them unchanged and commits none of it. */
  hidden: string[];
}

export interface Looking {
  ignored?: boolean;
  /** Of folders of which git knows nothing no more than their names, with a slash. */
  folders?: boolean;
}

/** By "Porcelain Format Version 2" of git-status(1). Nothing is changed. */
export async function worktreeState(git: Git, { ignored, folders }: Looking = {}): Promise<WorktreeState> {
  const wanted = [`--untracked-files=${folders ? 'normal' : 'all'}`, ...(ignored ? ['--ignored=matching'] : [])];
  const command = ['status', '--porcelain=v2', '--branch', '--no-ahead-behind', '--no-renames', ...wanted, '-z'];
  const [lines, hidden] = await Promise.all([listed(git, command), hiddenIn(git)]);
  const header = (name: string) => lines.find(line => line.startsWith(`# branch.${name} `))?.slice(10 + name.length);
  const pathsOf = (kind: string, fields: number) =>
    lines.filter(line => line.startsWith(`${kind} `)).map(line => line.split(' ').slice(fields).join(' '));
  const unmerged = pathsOf('u', 10);
  const branch = header('head');
  return {
    ...{ commit: header('oid') ?? '', branch: branch === undefined || branch === '(detached)' ? null : branch },
    ...{ changed: [...pathsOf('1', 8), ...unmerged], unmerged, hidden },
    ...{ others: pathsOf('?', 1), ignored: pathsOf('!', 1) },
  };
}

/** Whether anything is there that is in no commit. */
export const isDirty = ({ changed, others }: WorktreeState): boolean => changed.length > 0 || others.length > 0;

/** Files that git was told not to look at. Of an index that is as it was nobody asks again. */
export async function hiddenIn(git: Git): Promise<string[]> {
  const { assumed, skipped } = await flaggedIn(git);
  const isThere = (path: string) => lstatSync(join(git.directory, path), { throwIfNoEntry: false }) !== undefined;
  // What is skipped and not there is what a sparse checkout leaves out.
  return [...assumed, ...skipped.filter(isThere)];
}

/** Whether git looks at every file that the index names. */
export async function isPlainIndex(git: Git): Promise<boolean> {
  const { assumed, skipped } = await flaggedIn(git);
  return assumed.length === 0 && skipped.length === 0;
}

/** The index is one of ours, and such a one. */
export async function notePlainIndex(git: Git): Promise<void> {
  const index = await indexOf(git);
  if (index !== undefined) await flags(index, async () => ({ assumed: [], skipped: [] }));
}

interface Flagged {
  assumed: string[];
  skipped: string[];
}

const mostKept = 256;
const flags = remembered<Flagged>(mostKept);

async function flaggedIn(git: Git): Promise<Flagged> {
  const ask = async () => flaggedAmong(await listed(git, ['ls-files', '-v', '-z']));
  const index = await indexOf(git);
  return index === undefined ? ask() : flags(index, ask);
}

/** What tells an index from every other one; undefined where there is none. */
async function indexOf(git: Git): Promise<string | undefined> {
  const bytes = readPlain(join(await gitDirOf(git), 'index'));
  return bytes && `${git.directory}\0${createHash('sha256').update(bytes).digest('hex')}`;
}

/** By the letters of `git ls-files -v`: S is --skip-worktree, a small one --assume-unchanged. */
function flaggedAmong(lines: readonly string[]): Flagged {
  const pathsOf = (tags: RegExp) => [
    ...new Set(lines.filter(line => tags.test(line[0]!)).map(line => line.slice('H '.length))),
  ];
  return { assumed: pathsOf(/[a-rt-z]/), skipped: pathsOf(/S/i) };
}

/** Has git look at them again. */
export async function showHidden(git: Git, hidden: readonly string[]): Promise<void> {
  if (hidden.length === 0) return;
  const input = hidden.map(path => `${path}\0`).join('');
  for (const flag of ['--no-assume-unchanged', '--no-skip-worktree']) {
    await git(['update-index', flag, '-z', '--stdin'], { input });
  }
}
