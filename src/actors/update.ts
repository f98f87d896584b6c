/**
 * Brings into a task's branch what its target has by now, so that what is judged is what will land.
 *
 * The merge commit is computed beside every checkout and made of nothing but its parents, tree and message with a fixed date: a
 * conflict touches nothing, and doing it again gives the same commit.
 */
import { SignalboxError } from '../domain/errors.ts';
import { refOf, trackingName } from '../domain/names.ts';
import { documentsOf, type Updated } from '../machines/task/context.ts';
import { type Git, gitIn, isAncestor } from './git.ts';
import { codeTreeOf } from './listing.ts';
import { follow, type MergeInput } from './merge.ts';
import { resolveCommit } from './refs.ts';

/** `at`: the forge whose target counts; null for the local one. Throws `unavailable` when git fails. */
export async function update(input: MergeInput, at: string | null = null): Promise<Updated> {
  const { repository, worktree, target, head, workItem } = input;
  const tip = await resolveCommit(gitIn(repository), refOf(target, at));
  if (tip === undefined)
    throw new SignalboxError('unavailable', 'branchGone', `${repository} has no branch ${target} any more.`);
  // In the worktree: the attributes that count are those of the branch, whatever the user has checked out.
  const git = gitIn(worktree);
  if ((await isAncestor(git, tip, head)) || (await isAncestor(git, head, tip))) return { result: 'current' };
  const commit = await mergeOf(git, tip, input, at === null ? target : trackingName(at, target));
  if (typeof commit !== 'string') return commit;
  await follow(input, commit);
  const documents = documentsOf(workItem);
  const [codeTree, theirs] = await Promise.all([commit, tip].map(one => codeTreeOf(git, one, documents)));
  return { result: 'updated', head: commit, codeTree: codeTree!, isOnlyDocuments: codeTree === theirs };
}

async function mergeOf(
  git: Git,
  tip: string,
  { head, taskId, branch }: MergeInput,
  target: string,
): Promise<string | Updated> {
  const command = ['-c', 'core.quotePath=false', 'merge-tree', '--write-tree', '--name-only', head, tip];
  const { code, stdout, stderr } = await git.result(command);
  if (code === 1) {
    const [, ...lines] = stdout.split('\n');
    const files = lines.slice(0, Math.max(0, lines.indexOf('')));
    return {
      result: 'conflict',
      detail: `The branch conflicts with ${target}. Merge ${target} into it and solve the conflicts in:\n${files.join('\n')}`,
    };
  }
  if (code !== 0) throw new SignalboxError('unavailable', 'gitFailed', `git merge-tree failed: ${stderr.trim()}`);
  const tree = stdout.split('\n', 1)[0]!.trim();
  const message = `Merge ${target} into ${branch}\n\nSignalbox-Update: ${taskId}:${tip}\n`;
  const date = await git(['log', '-1', '--format=%cd', '--date=raw', head]);
  const env = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  return git(['commit-tree', tree, '-p', head, '-p', tip, '-F', '-'], { env, input: message });
}
