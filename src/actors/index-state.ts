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

/** Both of what is in the index, and what is not and git does not ignore either; a repository inside ends in a slash. */
export async function indexStateAndOthers(git: Git): Promise<IndexState & { others: string[] }> {
  return stateOf(git, ['--cached', '--others', '--exclude-standard']);
}

export const indexState = (git: Git): Promise<IndexState> => stateOf(git, []);

/** By the letters of `git ls-files -v`: M is unmerged, S is --skip-worktree, a small one --assume-unchanged, ? any other. */
async function stateOf(git: Git, what: readonly string[]): Promise<IndexState & { others: string[] }> {
  const lines = await listed(git, ['ls-files', '-v', '-z', ...what]);
  const entries = lines.filter(line => !line.startsWith('H ')).map(line => ({ tag: line[0]!, path: line.slice(2) }));
  const pathsOf = (tags: RegExp) => [...new Set(entries.filter(({ tag }) => tags.test(tag)).map(({ path }) => path))];
  const isThere = (path: string) => lstatSync(join(git.directory, path), { throwIfNoEntry: false }) !== undefined;
  // What is skipped and not there is what a sparse checkout leaves out.
  const hidden = [...pathsOf(/[a-rt-z]/), ...pathsOf(/S/i).filter(isThere)];
  return { unmerged: pathsOf(/M/i), hidden, others: pathsOf(/\?/) };
}

/** Has git look at them again. */
export async function showHidden(git: Git, hidden: readonly string[]): Promise<void> {
  if (hidden.length === 0) return;
  const input = hidden.map(path => `${path}\0`).join('');
  for (const flag of ['--no-assume-unchanged', '--no-skip-worktree']) {
    await git(['update-index', flag, '-z', '--stdin'], { input });
  }
}
