/**
 * Merges a task's branch into the target branch of a local repository, once.
 *
 * The branch has all that the target has (see `update.ts`), so the target goes on to the very tree that was judged. The merge
 * commit is made of nothing but its parents, tree and message with a fixed date, so doing it again gives the same commit.
 * Before acting it looks whether the branch is already in the target: after a crash between merge and record there is nothing
 * left to do.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SignalboxError } from '../domain/errors.ts';
import { documentsOf, type Merged } from '../machines/task/context.ts';
import { harmlessTitle } from './forge/harmless.ts';
import { type Git, gitIn, isAncestor } from './git.ts';
import { putBackHalf } from './half-merged.ts';
import { codeTreeOf } from './listing.ts';
import { resolveCommit } from './refs.ts';
import { worktreesOf } from './worktrees.ts';

export interface MergeInput {
  repository: string;
  worktree: string;
  target: string;
  branch: string;
  /** The commit that was judged. Nothing else is merged, wherever the branch points by now. */
  head: string;
  taskId: string;
  workItem: string;
  title: string;
  /** Fencing token of the merge lease. */
  token: number | null;
}

/**
 * Answers `merged` with the target's commit, or `moved` when the target has what the branch has not. Throws `conflict` when the
 * target is checked out with changes to the same files, `unavailable` when git fails.
 */
export async function merge(input: MergeInput): Promise<Merged> {
  for (let attempt = 1; ; attempt++) {
    const before = await tipOf(input);
    try {
      return await mergeOnce(input, before);
    } catch (error) {
      // Somebody has pushed in this very moment: it is looked again at what is there now.
      if (attempt === mergeTries || (await tipOf(input)) === before) throw error;
    }
  }
}

const mergeTries = 3;

async function tipOf({ repository, target }: MergeInput): Promise<string> {
  const tip = await resolveCommit(gitIn(repository), `refs/heads/${target}`);
  if (tip === undefined)
    throw new SignalboxError('unavailable', 'branchGone', `${repository} has no branch ${target} any more.`);
  return tip;
}

async function mergeOnce(input: MergeInput, tip: string): Promise<Merged> {
  const { repository, target, head, workItem } = input;
  const git = gitIn(repository);
  let landed = tip;
  if (!(await isAncestor(git, head, tip))) {
    // What has come to the target since is part of nothing that was judged.
    if (!(await isAncestor(git, tip, head))) return { result: 'moved' };
    const commit = (await isOwnMerge(git, tip, input)) ? head : await mergeCommit(git, tip, input);
    await advance(git, { target, from: tip, to: commit });
    landed = commit;
  }
  await follow(input, landed);
  return { result: 'merged', commit: landed, codeTree: await codeTreeOf(git, landed, documentsOf(workItem)) };
}

/** Brings the task's branch to where the target now is, so that what comes next builds on what has landed. */
export async function follow({ worktree, branch }: MergeInput, commit: string): Promise<void> {
  const git = gitIn(worktree);
  if ((await git(['symbolic-ref', '--short', '-q', 'HEAD'], { allow: [1] })) !== branch) return;
  const { code, stderr } = await git.result(['merge', '--ff-only', '--quiet', commit]);
  // A git that has outlived a crash may have brought it there in this very moment.
  if (code === 0 || (await isAncestor(git, commit, 'HEAD'))) return;
  throw new SignalboxError('unavailable', 'gitFailed', `git merge failed in ${worktree}: ${stderr.trim()}`);
}

/** Whether the target's tip is this task's own merge: what comes after it (its deploy record) simply follows. */
async function isOwnMerge(git: Git, tip: string, { taskId }: MergeInput): Promise<boolean> {
  const trailer = await git(['log', '-1', '--format=%(trailers:key=Signalbox-Merge,valueonly)', tip]);
  return trailer.split(':')[0] === taskId;
}

/** The tree is that of the branch, which has all that the target has: what lands is what was judged. */
async function mergeCommit(git: Git, tip: string, input: MergeInput): Promise<string> {
  const { head, taskId, workItem, title, branch } = input;
  const message = `Merge ${workItem}: ${harmlessTitle(title)}\n\nFrom ${branch}.\n\nSignalbox-Merge: ${taskId}:${head}\n`;
  // The date of what is merged: the same merge is the same commit however often it is made.
  const date = await git(['log', '-1', '--format=%cd', '--date=raw', head]);
  const env = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  return git(['commit-tree', `${head}^{tree}`, '-p', tip, '-p', head, '-F', '-'], { env, input: message });
}

interface Advance {
  target: string;
  from: string;
  to: string;
}

/** Moves the target forward, with its checkout when it has one. */
async function advance(git: Git, { target, from, to }: Advance): Promise<void> {
  const checkout = await checkoutOf(git, target);
  if (checkout === undefined) {
    // Compare-and-swap: somebody else's push in this moment makes it fail, and it is made again.
    await git(['update-ref', '-m', 'signalbox: merge', `refs/heads/${target}`, to, from]);
    return;
  }
  const there = gitIn(checkout);
  const forward = () => there.result(['merge', '--ff-only', '--quiet', to]);
  let { code, stderr } = await forward();
  // One that was killed on the way may have left some of the files.
  if (code !== 0 && (await putBackHalf(there, { from, to }))) ({ code, stderr } = await forward());
  if (code === 0) return;
  throw new SignalboxError(
    'conflict',
    'targetCheckedOut',
    `${target} is checked out in ${checkout} and could not be moved forward; commit or stash what git names there, or move it away. ${stderr.trim()}`,
  );
}

/** The worktree in which a branch is checked out. */
export async function checkoutOf(git: Git, branch: string): Promise<string | undefined> {
  const there = (await worktreesOf(git)).find(one => one.branch === `refs/heads/${branch}` && !one.isPrunable);
  const path = there?.path;
  if (path === undefined || existsSync(join(path, '.git'))) return path;
  // Of a repository whose git directory lies elsewhere, git lists that in place of its checkout.
  const { code, stdout } = await git.result(['rev-parse', '--show-toplevel']);
  return code === 0 ? stdout.trim() : undefined;
}
