/**
 * What the changes of a task are: from which commit to which.
 *
 * A branch is brought to what its target has by now, so the commit on which it began is soon the wrong one to compare with: what
 * others have done would be its doing. It is compared with the newest commit of the target that it has; once it has landed the
 * target has all of it, so with the newest of the target before that.
 */
import { SignalboxError } from '../../domain/errors.ts';
import type { Commits } from '../../machines/task/commits.ts';
import { type Git, isAncestor } from '../git.ts';
import { resolveCommit } from '../refs.ts';

export interface Range {
  base: string;
  head: string;
}

export interface RangeInput {
  /** Where the branch stands, or stood. */
  now: Commits;
  /** Whatever has become of it since. */
  later: Commits;
  /** The full name of the branch that it is merged into. */
  targetRef: string;
}

/** Null before anything was prepared. Throws `commitGone` for what is not in the repository any more. */
export async function rangeOf(git: Git, { now, later, targetRef }: RangeInput): Promise<Range | null> {
  if (now.head === '') return null;
  if (now.landed !== null) return landedRange(git, now.head, { ...now, landed: now.landed });
  const head = await present(git, now.head);
  const { landed } = later;
  const target = landed === null ? await resolveCommit(git, targetRef) : await targetBefore(git, landed);
  const shared = target === undefined ? undefined : await mergeBase(git, head, target);
  // A target that has all of it tells nothing: somebody has merged it by hand.
  const isTold = shared !== undefined && shared !== head;
  return { base: isTold ? shared : await lastBrought(git, now), head };
}

/** What has landed, with what the task has added since where that follows upon it alone. */
async function landedRange(
  git: Git,
  head: string,
  commits: Commits & { landed: NonNullable<Commits['landed']> },
): Promise<Range> {
  const { landed } = commits;
  const parent = await firstParentOf(git, landed.commit);
  const judged = await resolveCommit(git, landed.head);
  // What was squashed may be all that is left.
  if (judged === undefined) return { base: parent ?? (await present(git, landed.head)), head: landed.commit };
  const before = await targetBefore(git, landed);
  const shared = before === undefined ? undefined : await mergeBase(git, judged, before);
  const base = shared ?? (await lastBrought(git, commits));
  // A forge says where its branch stands, which may be beyond the merge; then what was judged is all that is surely its own.
  const isAlone = before !== undefined && parent === before;
  const isSame = isAlone && (await treeOf(git, landed.commit)) === (await treeOf(git, judged));
  if (!isSame) return { base, head: judged };
  return { base, head: (await isStraight(git, landed.commit, head)) ? head : landed.commit };
}

/**
 * The commit at which the target stood before this landed: the first parent of the oldest commit of the target that the branch
 * does not have. That holds for a merge commit, for what was squashed and for what was rebased; undefined where the target
 * simply went on to the branch, and where that is not known any more.
 */
async function targetBefore(git: Git, { head, commit }: { head: string; commit: string }): Promise<string | undefined> {
  const { code, stdout } = await git.result(['rev-list', '--first-parent', commit, `^${head}`]);
  const oldest = stdout.trim().split('\n').at(-1)!;
  const before = code !== 0 || oldest === '' ? undefined : await firstParentOf(git, oldest);
  return before === head ? undefined : before;
}

/** What the target had when the branch was last brought to it, or when it began. Throws `commitGone`. */
async function lastBrought(git: Git, { base, updated }: Commits): Promise<string> {
  const brought = updated === null ? undefined : await resolveCommit(git, `${updated}^2`);
  return brought ?? present(git, base);
}

const firstParentOf = (git: Git, commit: string) => resolveCommit(git, `${commit}^1`);
const treeOf = (git: Git, commit: string) => git(['rev-parse', '--verify', '--end-of-options', `${commit}^{tree}`]);

async function mergeBase(git: Git, one: string, other: string): Promise<string | undefined> {
  const { code, stdout } = await git.result(['merge-base', one, other]);
  return code === 0 ? stdout.trim() : undefined;
}

/** Whether nothing but single commits leads from one to the other. */
async function isStraight(git: Git, from: string, to: string): Promise<boolean> {
  if ((await resolveCommit(git, to)) === undefined || !(await isAncestor(git, from, to))) return false;
  return (await git(['rev-list', '--merges', '--max-count=1', to, `^${from}`])) === '';
}

async function present(git: Git, commit: string): Promise<string> {
  if ((await resolveCommit(git, commit)) !== undefined) return commit;
  const why = `The commit ${commit.slice(0, 12)} is not in ${git.directory} any more; git may have removed it with its branch.`;
  throw new SignalboxError('not_found', 'commitGone', why);
}
