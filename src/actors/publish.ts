/** Commits what an agent has left in the worktree to the task's branch. */
import { join } from 'node:path';
import { someOf } from '../domain/some-of.ts';
import { documentsOf, type Published, type Unpublished } from '../machines/task/context.ts';
import { checkpoint } from './checkpoint.ts';
import { type At, commitWork, type Work } from './commit-work.ts';
import { readDocument } from './document.ts';
import { readRequests } from './forge/requests.ts';
import { type Git, gitIn, isAncestor } from './git.ts';
import { leftoversIn } from './leftovers.ts';
import { codeTreeOf, treeOfCommit } from './listing.ts';
import { inside } from './paths.ts';
import { resolveCommit } from './refs.ts';
import { compareShared } from './shared.ts';
import { type WorktreeState, worktreeState } from './worktree-state.ts';

export interface PublishInput extends Work {
  repository: string;
  worktree: string;
  branch: string;
  /** Documents by which the agent asks a person or objects; null where the stage has none. */
  questions: string | null;
  objection: string | null;
}

const longestText = 4_000;
const longestDetail = 2_000;

/**
 * Commits everything, commits that the agent made itself included; does nothing when there is nothing new, so it can be
 * repeated. What nobody else could use is refused, with its paths, before any of it is committed.
 */
export async function publish(input: PublishInput): Promise<Published | Unpublished> {
  const { worktree, workItem, stage } = input;
  const git = gitIn(worktree);
  const look = () => worktreeState(git, { ignored: true });
  const early = look().catch(() => undefined);
  const { noticed, forPeople, mixed, refs } = await compareShared({ ...input, run: `${stage}-${Date.now()}` });
  const meanwhile = await early;
  if (forPeople.length > 0) return { ...refused(forPeople), isForPeople: true };
  if (mixed.length > 0) return refused(mixed, true);
  // Where something was put back, what was seen before that does not count.
  const state = (noticed.length === 0 && meanwhile) || (await look());
  const [{ obstacles, leftOut, ignored }, at] = await Promise.all([
    leftoversIn(git, state),
    whereIs(git, input, state),
  ]);
  if (obstacles.length > 0) return refused(obstacles);
  const adrift = await follow(git, input, at);
  if (adrift !== null) return keepAdrift(input, adrift);

  const { faults, head } = await commitWork(git, input, { at, state, leftOut, refs });
  if (faults.length > 0) return refused(faults);
  const documents = documentsOf(workItem);
  const said = (file: string | null) => (file === null ? null : readOptional(join(worktree, documents), file));
  const { questions, objection } = input;
  return {
    head,
    codeTree: await codeTreeOf(git, head, documents),
    questions: said(questions),
    objection: said(objection),
    requests: readRequests(join(worktree, documents)),
    noticed: [
      ...noticed,
      ...told('not committed, as no work of the agent', leftOut),
      ...told('git had been told not to look at it, and does again', state.hidden),
      ...told('ignored by git, so in no commit, and no gate sees it', ignored),
    ],
  };
}

const mostNamed = 50;
const told = (what: string, paths: readonly string[]) =>
  paths.length === 0 ? [] : [`${what}: ${someOf(paths, mostNamed)}`];

const refused = (why: readonly string[], isAdrift = false): Unpublished => ({
  result: 'refused',
  detail: `What the agent left could not be committed:\n${why.join('\n')}`.slice(0, longestDetail),
  isAdrift,
});

async function whereIs(git: Git, { head }: PublishInput, { commit, branch }: WorktreeState): Promise<At> {
  const [tree, published] = await Promise.all([treeOfCommit(git, commit), treeOfCommit(git, head)]);
  return { commit, tree, branch, published };
}

/**
 * An agent may work on a detached HEAD, or on a branch of its own: where that only adds to the task's branch, the branch
 * follows. Answers why it does not.
 */
async function follow(git: Git, { branch, head }: PublishInput, at: At): Promise<string | null> {
  const where = at.branch === null ? 'a detached HEAD' : `the branch ${at.branch}`;
  if (head !== at.commit && !(await isAncestor(git, head, at.commit))) {
    const what =
      at.branch === branch ? `rewrote what was published on ${branch}` : `works on ${where}, beside ${branch}`;
    return `the agent ${what}: its work has to be added to ${head.slice(0, 9)}, without amend or rebase`;
  }
  if (at.branch === branch) return null;
  const before = await resolveCommit(git, `refs/heads/${branch}`);
  if (before !== undefined && !(await isAncestor(git, before, at.commit))) {
    return `the agent works on ${where}, and ${branch} has commits that are not part of it`;
  }
  await git(['update-ref', '-m', 'signalbox: follow the agent', `refs/heads/${branch}`, at.commit, before ?? '']);
  await git(['symbolic-ref', '-m', 'signalbox: follow the agent', 'HEAD', `refs/heads/${branch}`]);
  return null;
}

async function keepAdrift(input: PublishInput, why: string): Promise<Unpublished> {
  const { repository, worktree, taskId, head, stage } = input;
  const run = `adrift-${stage}-${Date.now()}`;
  await checkpoint({ repository, worktree, taskId, run, head, reset: null });
  return refused([`${why}. What it made is kept as refs/signalbox/${taskId}/${run}.`], true);
}

function readOptional(documents: string, file: string): string | null {
  try {
    return readDocument(inside(documents, file)).slice(0, longestText);
  } catch {
    return null;
  }
}
