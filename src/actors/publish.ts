/** Commits what an agent has left in the worktree to the task's branch. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { refOf } from '../domain/names.ts';
import { documentsOf, type Published, type Unpublished } from '../machines/task/context.ts';
import { checkpoint } from './checkpoint.ts';
import { readDocument } from './document.ts';
import { harmlessTitle } from './forge/harmless.ts';
import { readRequests } from './forge/requests.ts';
import { type Git, gitDirOf, gitIn, isAncestor, resolveCommit } from './git.ts';
import { showHidden } from './index-state.ts';
import { faultsOf, lookAtLeftovers, without } from './leftovers.ts';
import { codeTreeOf, listingOf } from './listing.ts';
import { inside } from './paths.ts';
import { inPrivateIndex } from './private-index.ts';
import { compareShared, type Refs } from './shared.ts';

export interface PublishInput {
  taskId: string;
  repository: string;
  worktree: string;
  branch: string;
  target: string;
  workItem: string;
  /** The last published commit: what comes next has to build on it. */
  head: string;
  stage: string;
  role: string;
  title: string;
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
  const look = () => Promise.all([lookAtLeftovers(git, worktree), whereIs(git, input)]);
  const early = look().catch(() => undefined);
  const { noticed, forPeople, mixed, refs } = await compareShared({ ...input, run: `${stage}-${Date.now()}` });
  const meanwhile = await early;
  if (forPeople.length > 0) return { ...refused(forPeople), isForPeople: true };
  if (mixed.length > 0) return refused(mixed, true);
  // Where something was put back, what was seen before that does not count.
  const [leftovers, at] = (noticed.length === 0 && meanwhile) || (await look());
  const { obstacles, leftOut, ignored, hidden } = leftovers;
  if (obstacles.length > 0) return refused(obstacles);
  const adrift = await follow(git, input, at);
  if (adrift !== null) return keepAdrift(input, adrift);

  const { faults, head } = await commitAll(git, input, { at, leftOut, hidden, refs });
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
      ...told('git had been told not to look at it, and does again', hidden),
      ...told('ignored by git, so in no commit, and no gate sees it', ignored),
    ],
  };
}

const told = (what: string, paths: readonly string[]) => (paths.length === 0 ? [] : [`${what}: ${paths.join(', ')}`]);

const refused = (why: readonly string[], isAdrift = false): Unpublished => ({
  result: 'refused',
  detail: `What the agent left could not be committed:\n${why.join('\n')}`.slice(0, longestDetail),
  isAdrift,
});

/** Commits what lies there, where nothing is wrong with it or with the agent's own commits; answers what is, and the commit. */
async function commitAll(
  git: Git,
  input: PublishInput,
  { at, leftOut, hidden, refs }: { at: At; leftOut: readonly string[]; hidden: readonly string[]; refs: Refs },
): Promise<{ faults: string[]; head: string }> {
  const { head, target, workItem } = input;
  return inPrivateIndex(git, 'publish', async index => {
    await showHidden(index.git, hidden);
    const tree = await treeToCome(index.git, leftOut, documentsOf(workItem));
    const [faults, commit] = await Promise.all([
      tree === at.published ? [] : faultsOf(git, tree, { head, target: refs[refOf(target)] }),
      tree === at.tree ? at.commit : commitOf(git, input, { tree, parent: at.commit }),
    ]);
    if (faults.length > 0 || commit === at.commit) return { faults, head: at.commit };
    // What was looked at is what is committed.
    await index.take(tree);
    return { faults, head: commit === null ? await goOn(git, input) : await moveTo(git, input, { commit, tree, at }) };
  });
}

/** A commit of the tree, on no branch yet; null where only git knows of what: halfway through a merge and the like. */
async function commitOf(
  git: Git,
  input: PublishInput,
  { tree, parent }: { tree: string; parent: string },
): Promise<string | null> {
  const gitDir = await gitDirOf(git);
  const isHalfway = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD'].some(file => existsSync(join(gitDir, file)));
  if (isHalfway) return null;
  return git([...authorOf(input), 'commit-tree', tree, '-p', parent, '-F', '-'], { input: messageOf(input) });
}

/** Ends what the agent has begun, by the index. */
async function goOn(git: Git, input: PublishInput): Promise<string> {
  const commit = [...authorOf(input), 'commit', '--quiet', '--no-verify', '-F', '-'];
  await git(commit, { input: messageOf(input) });
  return git(['rev-parse', 'HEAD']);
}

async function moveTo(
  git: Git,
  input: PublishInput,
  { commit, tree, at }: { commit: string; tree: string; at: At },
): Promise<string> {
  const move = git(['update-ref', '-m', `commit: ${subjectOf(input)}`, 'HEAD', commit, at.commit]);
  // What it holds is needed afterwards.
  await Promise.all([move, listingOf(git, commit, tree)]);
  return commit;
}

const authorOf = ({ role }: PublishInput) => ['-c', `user.name=Signalbox ${role}`];
const subjectOf = ({ workItem, stage }: PublishInput) => `${workItem}: ${stage}`;

function messageOf(input: PublishInput): string {
  const { taskId, stage, title } = input;
  const trailers = `Signalbox-Task: ${taskId}\nSignalbox-Stage: ${stage}`;
  return `${subjectOf(input)}\n\n${harmlessTitle(title)}\n\n${trailers}\n`;
}

async function treeToCome(git: Git, leftOut: readonly string[], documents: string): Promise<string> {
  await git(['add', '--all', '--', ...without(leftOut)]);
  // A repository may ignore docs; what the pipeline asks for is committed all the same.
  if (existsSync(join(git.directory, documents))) await git(['add', '--force', '--', documents]);
  return git(['write-tree']);
}

/** What a worktree has checked out. */
interface At {
  commit: string;
  tree: string;
  /** Null for a detached HEAD. */
  branch: string | null;
  /** The tree of what was published before. */
  published: string;
}

async function whereIs(git: Git, { head }: PublishInput): Promise<At> {
  const named = ['--symbolic-full-name', 'HEAD'];
  const answer = await git(['rev-parse', 'HEAD', 'HEAD^{tree}', `${head}^{tree}`, ...named]);
  const [commit = '', tree = '', published = '', name = ''] = answer.split('\n');
  const branch = name.startsWith('refs/heads/') ? name.slice('refs/heads/'.length) : null;
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
