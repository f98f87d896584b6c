/** What the index of a worktree says of its files that git itself passes over in silence. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { type Git, listed } from './git.ts';

export interface IndexState {
  /** Where a merge has left more than one side. */
  unmerged: string[];
  /** Files that git was told not to look at: whatever is in them, it calls them unchanged and commits none of it. */
  hidden: string[];
}

/** By the letters of `git ls-files -v`: M is unmerged, S is --skip-worktree, a small one --assume-unchanged. */
export async function indexState(git: Git): Promise<IndexState> {
  const entries = (await listed(git, ['ls-files', '-v', '-z'])).map(entry => ({
    tag: entry[0]!,
    path: entry.slice(2),
  }));
  const pathsOf = (tags: RegExp) => [...new Set(entries.filter(({ tag }) => tags.test(tag)).map(({ path }) => path))];
  const isThere = (path: string) => lstatSync(join(git.directory, path), { throwIfNoEntry: false }) !== undefined;
  // What is skipped and not there is what a sparse checkout leaves out.
  return { unmerged: pathsOf(/M/), hidden: [...pathsOf(/[a-rt-z]/), ...pathsOf(/S/i).filter(isThere)] };
}

/** Has git look at them again. */
export async function showHidden(git: Git, hidden: readonly string[]): Promise<void> {
  if (hidden.length === 0) return;
  const input = hidden.map(path => `${path}\0`).join('');
  for (const flag of ['--no-assume-unchanged', '--no-skip-worktree']) {
    await git(['update-index', flag, '-z', '--stdin'], { input });
  }
}
