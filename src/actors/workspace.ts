/** Owns the worktree of a task: a private checkout on a branch of its own. */
import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { requestFolder } from '../domain/agent-request.ts';
import { SignalboxError } from '../domain/errors.ts';
import type { Hook } from '../domain/hook.ts';
import { refOf } from '../domain/names.ts';
import { documentsOf, type ForkedFrom, type Prepared } from '../machines/task/context.ts';
import { noteAsMade } from './as-made.ts';
import { checkpoint, keepIgnored } from './checkpoint.ts';
import { firstCommitOfFork } from './fork.ts';
import { forgetGitDirs, type Git, gitDirOf, gitIn, isAncestor, notedGitDirs, noteGitDirs } from './git.ts';
import { ignoredWorkIn } from './leftovers.ts';
import { codeTreeOf } from './listing.ts';
import { inside, readPlain } from './paths.ts';
import { hasOwnTemplates } from './prompt-templates.ts';
import { refsUnder, resolveCommit } from './refs.ts';
import { forgetShared, noteShared } from './shared.ts';
import { dropHalfFilled, fillSubmodules, keepSubmodules } from './submodules.ts';
import { isDirty, notePlainIndex, worktreeState } from './worktree-state.ts';
import { addWorktree, dropHalfMade, dropWorktree, endRemoval, worktreesOf } from './worktrees.ts';

export interface PrepareInput {
  taskId: string;
  project: string;
  repository: string;
  worktree: string;
  branch: string;
  target: string;
  workItem: string;
  /** Empty the first time. */
  base: string;
  /** The last published commit; empty the first time. */
  head: string;
  /** What the branch begins on, instead of the local target: a commit that was fetched. */
  startRef?: string;
  /** What the branch of a fork begins on. */
  forkedFrom?: ForkedFrom | null;
  /** Runs once the worktree was made and set up, before any agent sees it. */
  hook: Hook | null;
  /** Documents of earlier rounds that must not be taken for this round's. */
  stale: string[];
}

/** What is run in a worktree that has just been made. */
export interface Readying {
  runHook?(hook: Hook): Promise<void>;
  /** Sets up what it needs; answers what people should know of that. Throws where that could not be done as it was declared. */
  setUp?(checkout: { commit: string; isUntouched(): Promise<boolean> }): Promise<string[]>;
}

/**
 * Makes the worktree ready for an agent: on the task's branch, at the last published commit, clean, and without what
 * an earlier round of this stage has said. Whatever else was in it is kept under a hidden ref first.
 */
export async function prepareWorkspace(
  input: PrepareInput,
  { runHook = async () => {}, setUp = async () => [] }: Readying = {},
): Promise<Prepared> {
  const { repository, worktree, branch, target, workItem, taskId } = input;
  const main = gitIn(repository);
  const targetRef = input.startRef ?? refOf(target);
  const base = input.base || (await resolveCommit(main, targetRef));
  if (base === undefined)
    throw new SignalboxError('unavailable', 'branchGone', `${repository} has no branch ${target} to begin on.`);
  await dropHalfMade(main, worktree);
  const isNew = !(await isWorktree(main, worktree));
  const start = input.head || (await beginningOf(main, input, { base, isNew }));
  const isAtStart = isNew && (await makeWorktree(main, { worktree, branch, start }));
  if (!isNew && notedGitDirs(worktree) === undefined) await noteGitDirs(worktree);
  if (!isNew) await dropHalfFilled(repository, worktree, start);
  await keepLost({ worktree, taskId, start });
  const git = gitIn(worktree);
  const order = isAtStart ? undefined : putInOrder(git, input, start);
  const [refs] = await Promise.all([noteShared(repository, worktree), order]);
  await fillSubmodules(repository, worktree, start);
  let noticed: string[] = [];
  await once(git, 'signalbox-created', async () => {
    noticed = await setUp({ commit: start, isUntouched: async () => isNew && isAncestor(main, start, targetRef) });
    if (input.hook !== null) await runHook(input.hook);
    await Promise.all([noteAsMade(git), noteShared(repository, worktree)]);
  });
  const documents = documentsOf(workItem);
  for (const file of [...input.stale, requestFolder]) {
    rmSync(inside(worktree, join(documents, file)), { recursive: true, force: true });
  }
  const [codeTree, hasPrompts] = await Promise.all([
    codeTreeOf(git, start, documents),
    hasOwnTemplates(repository, refs[targetRef] ?? targetRef),
  ]);
  return { base, head: start, codeTree, hasPrompts, noticed };
}

/** Where a branch begins of which nothing was ever published. */
async function beginningOf(
  main: Git,
  { repository, branch, taskId, workItem, forkedFrom }: PrepareInput,
  { base, isNew }: { base: string; isNew: boolean },
): Promise<string> {
  const tip = await resolveCommit(main, `refs/heads/${branch}`);
  if (forkedFrom == null || forkedFrom.commit === '') return tip ?? base;
  const commit = await firstCommitOfFork(main, { taskId, workItem, base, forkedFrom });
  // A fork has verdicts already, and they are for this commit alone.
  if (isNew && tip !== undefined && tip !== commit) {
    const why = `${repository} has a branch ${branch} that does not begin as this fork does.`;
    throw new SignalboxError('conflict', 'branchTaken', why, { remedy: { say: 'rename that branch' } });
  }
  return commit;
}

/** Whatever is not as it was published is kept under a hidden ref, and gone. */
async function putInOrder(git: Git, { repository, worktree, branch, taskId }: PrepareInput, start: string) {
  const seen = await worktreeState(git);
  const isPublished = seen.branch === branch && seen.commit === start;
  if (isPublished && !isDirty(seen) && seen.hidden.length === 0) return;
  const kept = { run: `prepare-${Date.now()}`, head: start, reset: branch };
  await checkpoint({ repository, worktree, taskId, ...kept, seen });
}

/** Does something once in the life of a worktree: a mark in its git directory says that it was done. */
async function once(git: Git, mark: string, work: () => Promise<void>): Promise<void> {
  const file = join(await gitDirOf(git), mark);
  if (existsSync(file)) return;
  await work();
  writeFileSync(file, '');
}

/** Where a directory waits that stood in the worktree's place and was no worktree any more. */
const lostAt = (worktree: string) => `${worktree}.lost`;

async function makeWorktree(
  main: Git,
  { worktree, branch, start }: { worktree: string; branch: string; start: string },
): Promise<boolean> {
  if (existsSync(worktree)) renameSync(worktree, lostAt(worktree));
  mkdirSync(dirname(worktree), { recursive: true });
  const isAtStart = await addWorktree(main, { worktree, branch, start });
  await noteGitDirs(worktree);
  await notePlainIndex(gitIn(worktree));
  return isAtStart;
}

/** Commits what was set aside to a hidden ref before it goes; an agent may have removed no more than the `.git` file. */
async function keepLost({
  worktree,
  taskId,
  start,
}: {
  worktree: string;
  taskId: string;
  start: string;
}): Promise<void> {
  const lost = lostAt(worktree);
  if (!existsSync(lost)) return;
  const git = gitIn(worktree);
  const gitDir = await gitDirOf(git);
  const env = { GIT_INDEX_FILE: join(gitDir, 'signalbox-lost.index') };
  await gitIn(lost)(['--git-dir', gitDir, '--work-tree', lost, 'add', '--all', '--', '.'], { env });
  const tree = await git(['write-tree'], { env });
  const commit = await git(['commit-tree', tree, '-p', start, '-m', 'Signalbox checkpoint of a lost worktree']);
  await git(['update-ref', `refs/signalbox/${taskId}/lost-${Date.now()}`, commit]);
  rmSync(env.GIT_INDEX_FILE, { force: true });
  rmSync(lost, { recursive: true });
}

async function isWorktree(main: Git, worktree: string): Promise<boolean> {
  if (!existsSync(join(worktree, '.git'))) return false;
  // What `git worktree list` goes by (gitrepository-layout(5), "worktrees/<id>/gitdir"); a path may be written otherwise there.
  const own = notedGitDirs(worktree)?.own;
  const noted = own && readPlain(join(own, 'gitdir'))?.toString('utf8').trim();
  if (noted === join(realpathSync(worktree), '.git')) return true;
  const path = realpathSync(worktree);
  return (await worktreesOf(main)).some(one => one.path === path);
}

export interface RemoveInput {
  taskId: string;
  project: string;
  repository: string;
  worktree: string;
  /** Runs before the worktree goes; whether it fails or not, the worktree goes. */
  hook: Hook | null;
}

/** Removes the worktree after keeping whatever is uncommitted in it under a hidden ref. The branch stays. */
export async function removeWorkspace(
  { taskId, repository, worktree, hook }: RemoveInput,
  runHook: (hook: Hook) => Promise<void> = async () => {},
): Promise<void> {
  if (!existsSync(worktree)) return;
  const main = gitIn(repository);
  await endRemoval(main, worktree);
  if (hook !== null && existsSync(worktree)) await runHook(hook).catch(() => {});
  if (await isWorktree(main, worktree)) {
    const git = gitIn(worktree);
    const seen = await worktreeState(git, { ignored: true });
    const head = seen.commit;
    // Commits on a detached head belong to no branch and would go with the worktree.
    await keepSubmodules(repository, worktree, { taskId, head });
    if ((await ignoredWorkIn(git, seen)).length > 0) await keepIgnored(worktree, taskId);
    const isKept =
      Object.values(await refsUnder(main, ['refs/heads'])).includes(head) ||
      (await main(['for-each-ref', '--count=1', '--contains', head])) !== '';
    await checkpoint({ repository, worktree, taskId, run: 'removed', head: isKept ? head : '', reset: null, seen });
    // Worktrees that the agent has made in it go with it.
    await dropWorktree(main, worktree);
  }
  forgetGitDirs(worktree);
  forgetShared(worktree);
}
