/** Owns the worktree of a task: a private checkout on a branch of its own. */
import { existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SignalboxError } from '../domain/errors.ts';
import { documentsOf, type Prepared } from '../machines/task.ts';
import { checkpoint } from './checkpoint.ts';
import { codeTreeOf, type Git, gitIn, resolveCommit } from './git.ts';

export interface PrepareInput {
  taskId: string;
  repository: string;
  worktree: string;
  branch: string;
  target: string;
  workItem: string;
  /** Empty the first time. */
  base: string;
  /** The last published commit; empty the first time. */
  head: string;
  /** Documents of earlier rounds that must not be taken for this round's. */
  stale: string[];
}

/**
 * Makes the worktree ready for an agent: on the task's branch, at the last published commit, clean, and without what
 * an earlier round of this stage has said. Whatever else was in it is kept under a hidden ref first.
 */
export async function prepareWorkspace(input: PrepareInput): Promise<Prepared> {
  const { repository, worktree, branch, target, workItem, taskId } = input;
  const main = gitIn(repository);
  const base = input.base || (await resolveCommit(main, `refs/heads/${target}`));
  if (base === undefined) throw new SignalboxError('unavailable', `${repository} has no branch ${target} to begin on.`);
  const start = input.head || (await resolveCommit(main, `refs/heads/${branch}`)) || base;

  if (!(await isWorktree(main, worktree))) {
    if (existsSync(worktree)) rmSync(worktree, { recursive: true, force: true });
    mkdirSync(dirname(worktree), { recursive: true });
    await main(['worktree', 'prune']);
    const exists = (await resolveCommit(main, `refs/heads/${branch}`)) !== undefined;
    await main(['worktree', 'add', '--quiet', ...(exists ? [worktree, branch] : ['-b', branch, worktree, start])]);
  }
  const git = gitIn(worktree);
  const now = await resolveCommit(git, 'HEAD');
  if (now !== start || (await git(['status', '--porcelain'])) !== '') {
    await checkpoint({ repository, worktree, taskId, run: `prepare-${Date.now()}`, head: start, isReset: true });
  }
  const documents = documentsOf(workItem);
  for (const file of input.stale) rmSync(join(worktree, documents, file), { force: true });
  return { base, head: start, codeTree: await codeTreeOf(git, start, documents) };
}

async function isWorktree(main: Git, worktree: string): Promise<boolean> {
  if (!existsSync(join(worktree, '.git'))) return false;
  const listed = (await main(['worktree', 'list', '--porcelain', '-z'])).split('\0');
  return listed.includes(`worktree ${realpathSync(worktree)}`);
}

export interface RemoveInput {
  taskId: string;
  repository: string;
  worktree: string;
}

/** Removes the worktree after keeping whatever is uncommitted in it under a hidden ref. The branch stays. */
export async function removeWorkspace({ taskId, repository, worktree }: RemoveInput): Promise<void> {
  if (!existsSync(worktree)) return;
  const main = gitIn(repository);
  if (await isWorktree(main, worktree)) {
    const head = await gitIn(worktree)(['rev-parse', 'HEAD']);
    await checkpoint({ repository, worktree, taskId, run: 'removed', head, isReset: false });
    await main(['worktree', 'remove', '--force', worktree]);
  }
}
