/** Commits what an agent has left in the worktree to the task's branch. */
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { refOf } from '../domain/names.ts';
import { documentsOf, type Published, type Unpublished } from '../machines/task/context.ts';
import { checkpoint } from './checkpoint.ts';
import { readDocument } from './document.ts';
import { harmlessTitle } from './forge/harmless.ts';
import { readRequests } from './forge/requests.ts';
import { codeTreeOf, type Git, gitDirOf, gitIn, isAncestor, resolveCommit } from './git.ts';
import { faultsOf, lookAtLeftovers, without } from './leftovers.ts';
import { inside } from './paths.ts';
import { compareShared } from './shared.ts';

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
  const { taskId, worktree, workItem, stage, role, title } = input;
  const git = gitIn(worktree);
  const { noticed, forPeople, mixed } = await compareShared({ ...input, run: `${stage}-${Date.now()}` });
  if (forPeople.length > 0) return { ...refused(forPeople), isForPeople: true };
  if (mixed.length > 0) return refused(mixed, true);
  const { obstacles, leftOut, ignored } = await lookAtLeftovers(git, worktree);
  if (obstacles.length > 0) return refused(obstacles);
  const adrift = await follow(git, input);
  if (adrift !== null) return keepAdrift(input, adrift);

  const documents = documentsOf(workItem);
  const faults = await faultsBefore(git, input, leftOut);
  if (faults.length > 0) return refused(faults);
  await git(['add', '--all', '--', ...without(leftOut)]);
  // A repository may ignore docs; what the pipeline asks for is committed all the same.
  if (existsSync(join(worktree, documents))) await git(['add', '--force', '--', documents]);
  const { code } = await git.result(['diff', '--no-ext-diff', '--cached', '--quiet']);
  if (code !== 0) {
    const message = `${workItem}: ${stage}\n\n${harmlessTitle(title)}\n\nSignalbox-Task: ${taskId}\nSignalbox-Stage: ${stage}\n`;
    await git(['-c', `user.name=Signalbox ${role}`, 'commit', '--quiet', '--no-verify', '-F', '-'], { input: message });
  }
  const head = await git(['rev-parse', 'HEAD']);
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

/** What would be wrong with the commit, the agent's own commits included. */
async function faultsBefore(git: Git, input: PublishInput, leftOut: readonly string[]): Promise<string[]> {
  const { repository, head, target } = input;
  const [tree, before, theirs] = await Promise.all([
    treeToCome(git, leftOut),
    git(['rev-parse', `${head}^{tree}`]),
    resolveCommit(gitIn(repository), refOf(target)),
  ]);
  return tree === before ? [] : faultsOf(git, tree, { head, target: theirs });
}

/** The tree that would be committed. By a copy of the index, which knows of thousands of files that they have not changed. */
async function treeToCome(git: Git, leftOut: readonly string[]): Promise<string> {
  const gitDir = await gitDirOf(git);
  const env = { GIT_INDEX_FILE: join(gitDir, 'signalbox-publish.index') };
  try {
    copyFileSync(join(gitDir, 'index'), env.GIT_INDEX_FILE);
    await git(['add', '--all', '--ignore-errors', '--', ...without(leftOut)], { env, allow: [0, 1] });
    return await git(['write-tree'], { env });
  } finally {
    for (const file of [env.GIT_INDEX_FILE, `${env.GIT_INDEX_FILE}.lock`]) rmSync(file, { force: true });
  }
}

/**
 * An agent may work on a detached HEAD, or on a branch of its own: where that only adds to the task's branch, the branch
 * follows. Answers why it does not.
 */
async function follow(git: Git, { branch, head }: PublishInput): Promise<string | null> {
  const [tip, current, before] = await Promise.all([
    git(['rev-parse', 'HEAD']),
    git(['symbolic-ref', '--short', '-q', 'HEAD'], { allow: [1] }),
    resolveCommit(git, `refs/heads/${branch}`),
  ]);
  const where = current === '' ? 'a detached HEAD' : `the branch ${current}`;
  if (head !== tip && !(await isAncestor(git, head, tip))) {
    const what = current === branch ? `rewrote what was published on ${branch}` : `works on ${where}, beside ${branch}`;
    return `the agent ${what}: its work has to be added to ${head.slice(0, 9)}, without amend or rebase`;
  }
  if (current === branch) return null;
  if (before !== undefined && !(await isAncestor(git, before, tip))) {
    return `the agent works on ${where}, and ${branch} has commits that are not part of it`;
  }
  await git(['update-ref', '-m', 'signalbox: follow the agent', `refs/heads/${branch}`, tip, before ?? '']);
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
