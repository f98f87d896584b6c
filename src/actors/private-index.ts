/**
 * An index beside that of the worktree, by which what lies there becomes a tree: no branch is touched, nor what somebody has staged.
 * It begins as a copy, which knows of thousands of files that they have not changed.
 */
import { existsSync, lstatSync, lutimesSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Git, gitDirOf, withEnvironment } from './git.ts';
import { readPlain } from './paths.ts';

export interface PrivateIndex {
  /** Git that has this index for its own. */
  git: Git;
  /** Makes it that of the worktree; its tree is this one. */
  take(tree: string): Promise<void>;
}

/** `name` tells it from others that may be there at the same time. */
export async function inPrivateIndex<T>(git: Git, name: string, work: (index: PrivateIndex) => Promise<T>): Promise<T> {
  const gitDir = await gitDirOf(git);
  const own = join(gitDir, 'index');
  const file = join(gitDir, `signalbox-${name}.index`);
  const inside = withEnvironment(git, { GIT_INDEX_FILE: file });
  try {
    rmSync(file, { force: true });
    if (!copyIndex(own, file)) await inside(['read-tree', 'HEAD']);
    const take = async (tree: string) => {
      // Of one that is held, or was left behind, git knows what to do.
      if (existsSync(`${own}.lock`)) await git(['read-tree', tree]);
      else renameSync(file, own);
    };
    return await work({ git: inside, take });
  } finally {
    for (const left of [file, `${file}.lock`]) rmSync(left, { force: true });
  }
}

/**
 * With its time, by which git knows that a file may have been changed in the moment after it was looked at. An agent may be at work
 * there: no link is followed. Answers whether there is anything.
 */
function copyIndex(from: string, to: string): boolean {
  const bytes = readPlain(from);
  if (bytes === undefined) return false;
  const { atime, mtime } = lstatSync(from);
  writeFileSync(to, bytes, { flag: 'wx' });
  lutimesSync(to, atime, mtime);
  return true;
}
