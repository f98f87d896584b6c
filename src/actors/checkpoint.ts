/** Keeps what a worktree holds under a hidden ref, so that no kill, retry or clean-up can throw work away. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gitIn } from './git.ts';

export interface CheckpointInput {
  repository: string;
  worktree: string;
  taskId: string;
  /** Names the checkpoint: `refs/signalbox/<taskId>/<run>`. */
  run: string;
  /** The commit to go back to when `isReset`. */
  head: string;
  isReset: boolean;
}

/**
 * Writes everything in the worktree that git does not ignore into a commit under the hidden ref, without touching the
 * index or the branch. Answers that commit, or null when there is nothing beyond `head`. With `isReset` the worktree is
 * put back to `head` afterwards.
 */
export async function checkpoint(input: CheckpointInput): Promise<{ commit: string | null }> {
  const { worktree, taskId, run, head, isReset } = input;
  if (!existsSync(join(worktree, '.git'))) return { commit: null };
  const git = gitIn(worktree);
  const tip = await git(['rev-parse', 'HEAD']);
  const isDirty = (await git(['status', '--porcelain', '--untracked-files=all'])) !== '';
  if (!isDirty && tip === head) return { commit: null };

  const commit = isDirty ? await commitWorktree(worktree, tip, run) : tip;
  await git(['update-ref', '--create-reflog', `refs/signalbox/${taskId}/${run}`, commit]);
  if (isReset) {
    await git(['reset', '--quiet', '--hard', head]);
    await git(['clean', '-fdq']);
  }
  return { commit };
}

async function commitWorktree(worktree: string, parent: string, run: string): Promise<string> {
  const git = gitIn(worktree);
  const index = join(await git(['rev-parse', '--absolute-git-dir']), `signalbox-${process.pid}-${run}.index`);
  try {
    const env = { GIT_INDEX_FILE: index };
    await git(['read-tree', parent], { env });
    // Files may come and go while an agent still works: what can be read is kept.
    await git(['add', '--all', '--ignore-errors', '--', '.'], { env, allow: [0, 1] });
    const tree = await git(['write-tree'], { env });
    return await git(['commit-tree', tree, '-p', parent, '-m', `Signalbox checkpoint of ${run}`]);
  } finally {
    rmSync(index, { force: true });
    rmSync(`${index}.lock`, { force: true });
  }
}
