/** Keeps what a worktree holds under a hidden ref, so that no kill, retry or clean-up can throw work away. */
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { asPattern, pathsAsMade } from './as-made.ts';
import { gitDirOf, gitIn } from './git.ts';
import { ignoredWork } from './leftovers.ts';
import { inside } from './paths.ts';
import { inPrivateIndex } from './private-index.ts';
import { hiddenIn, isDirty, showHidden, type WorktreeState, worktreeState } from './worktree-state.ts';

export interface CheckpointInput {
  repository: string;
  worktree: string;
  taskId: string;
  /** Names the checkpoint: `refs/signalbox/<taskId>/<run>`. */
  run: string;
  /** The last published commit: what is part of it needs no keeping. */
  head: string;
  /** Files to remove after the worktree was put back: they speak of earlier rounds. */
  stale?: string[];
  /** How the worktree is, where somebody has just looked. */
  seen?: WorktreeState;
  /** The branch to put back to `head` afterwards, whatever the agent has checked out; `null` leaves everything. */
  reset: string | null;
}

/**
 * Writes everything in the worktree that git does not ignore into a commit under the hidden ref, without touching the
 * index or any branch. Answers that commit, or null when there is nothing beyond `head`. With `reset` the worktree is
 * put back to that branch at `head` afterwards.
 */
export async function checkpoint(input: CheckpointInput): Promise<{ commit: string | null }> {
  const { worktree, taskId, run, head, reset } = input;
  if (!existsSync(join(worktree, '.git'))) return { commit: null };
  const git = gitIn(worktree);
  let state = input.seen ?? (await worktreeState(git));
  if (state.hidden.length > 0) {
    await showHidden(git, state.hidden);
    state = await worktreeState(git);
  }
  const { commit: tip } = state;
  const isKept = isDirty(state) || tip !== head;
  const commit = isDirty(state) ? await commitWorktree(worktree, tip, run) : tip;
  if (isKept) await git(['update-ref', '--create-reflog', `refs/signalbox/${taskId}/${run}`, commit]);
  if (reset !== null) {
    await putBack(worktree, { branch: reset, head });
    for (const file of input.stale ?? []) rmSync(inside(worktree, file), { force: true });
  }
  return { commit: isKept ? commit : null };
}

/** An agent may have checked out any branch, also one of the user's: only the task's own is moved. */
async function putBack(worktree: string, { branch, head }: { branch: string; head: string }): Promise<void> {
  const git = gitIn(worktree);
  const current = await git(['symbolic-ref', '--short', '-q', 'HEAD'], { allow: [1] });
  if (current !== branch) await git(['checkout', '--quiet', '--force', branch, '--']);
  await git(['reset', '--quiet', '--hard', head]);
  // What a hook has made is not made again.
  const kept = (await pathsAsMade(git)).flatMap(path => ['-e', asPattern(path)]);
  await git(['clean', '-fdq', ...kept]);
}

/** So much of what git ignores is kept, in all: more of it is no work of anybody's. */
const mostIgnoredBytes = 50_000_000;

/** Keeps what git ignores and may be work, before a worktree goes. */
export async function keepIgnored(worktree: string, taskId: string): Promise<void> {
  const git = gitIn(worktree);
  const paths = await ignoredWork(git);
  if (paths.length === 0 || sizeOf(paths.map(path => join(worktree, path))) > mostIgnoredBytes) return;
  const env = { GIT_INDEX_FILE: join(await gitDirOf(git), 'signalbox-ignored.index') };
  await git(['read-tree', '--empty'], { env });
  await git(['add', '--force', '--ignore-errors', '--', ...paths.map(path => `:(top,literal)${path}`)], {
    env,
    allow: [0, 1],
  });
  const tree = await git(['write-tree'], { env });
  const commit = await git(['commit-tree', tree, '-p', 'HEAD', '-m', 'Signalbox checkpoint of what git ignores']);
  await git(['update-ref', `refs/signalbox/${taskId}/ignored`, commit]);
}

function sizeOf(paths: readonly string[]): number {
  let bytes = 0;
  for (const path of paths) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) bytes += sizeOf(readdirSync(path).map(name => join(path, name)));
    else bytes += stat?.size ?? 0;
    if (bytes > mostIgnoredBytes) return bytes;
  }
  return bytes;
}

async function commitWorktree(worktree: string, parent: string, run: string): Promise<string> {
  const tree = await treeOf(worktree, run);
  return gitIn(worktree)(['commit-tree', tree, '-p', parent, '-m', `Signalbox checkpoint of ${run}`]);
}

/** The tree of everything in the worktree that git does not ignore; neither the index nor a branch is touched. */
export async function treeOf(worktree: string, name: string): Promise<string> {
  const git = gitIn(worktree);
  return inPrivateIndex(git, `${process.pid}-${name}`, async index => {
    // Files may come and go while an agent still works: what can be read is kept.
    const add = () => index.git(['add', '--all', '--ignore-errors', '--', '.'], { allow: [0, 1] });
    const [hidden] = await Promise.all([hiddenIn(git), add()]);
    if (hidden.length > 0) {
      await showHidden(index.git, hidden);
      await add();
    }
    return index.git(['write-tree']);
  });
}
