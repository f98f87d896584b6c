/** From which commit to which a task's changes are, at every point of its way to its target and after it. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changedFiles } from '../../../src/actors/changes/files.ts';
import { rangeOf } from '../../../src/actors/changes/range.ts';
import { gitIn } from '../../../src/actors/git.ts';
import { merge } from '../../../src/actors/merge.ts';
import { update } from '../../../src/actors/update.ts';
import { prepareWorkspace, removeWorkspace } from '../../../src/actors/workspace.ts';
import { type Commits, commitsAfter, noCommits } from '../../../src/machines/task/commits.ts';
import { commitFiles, createProject, git, published, write } from '../repository.ts';

const targetRef = 'refs/heads/main';

/** A task at work in a real repository, and its log as far as it tells of commits. */
async function startTask() {
  const project = createProject({ isTargetCheckedOut: false });
  const { repository, task } = project;
  const { worktree, branch } = task;
  let commits: Commits = noCommits;
  const log: Commits[] = [];
  const tell = (actor: string, output: object) => {
    const type = `xstate.done.actor.${actor}`;
    commits = commitsAfter(commits, { type, outcome: 'applied', event: { type, output } });
    log.push(commits);
  };
  tell('prepare', await prepareWorkspace(project.prepare));
  const order = () => ({ ...task, head: commits.head, title: 'Fix it', token: 1 });
  const others = join(project.directory, 'others');
  git(repository, 'worktree', 'add', '--quiet', others, 'main');
  const shown = async (now: Commits) => {
    const range = await rangeOf(gitIn(repository), { now, later: commits, targetRef });
    const files = range === null ? [] : await changedFiles(gitIn(repository), range);
    return files.map(({ path }) => path);
  };
  return {
    ...{ ...project, others, worktree, branch, tell, order },
    commits: () => commits,
    /** An agent leaves these files, and they are published. */
    async work(files: Record<string, string>) {
      write(worktree, files);
      tell(
        'publish',
        await published({
          ...task,
          role: 'developer',
          stage: 'build',
          title: 'Fix it',
          questions: null,
          objection: null,
        }),
      );
    },
    /** Somebody else lands something. */
    push: (files: Record<string, string>) => commitFiles(others, files, 'Somebody else'),
    update: async () => tell('update', await update(order())),
    async land() {
      git(repository, 'worktree', 'remove', '--force', others);
      tell('merge', await merge(order()));
      git(repository, 'worktree', 'add', '--quiet', others, 'main');
    },
    /** What is shown now, and what was shown at each point so far when it is asked for now. */
    shown: () => shown(commits),
    shownThen: (index: number) => shown(log.at(index)!),
  };
}

test('before anything was published nothing has changed, and before anything was prepared there is nothing', async () => {
  const task = await startTask();
  expect(await task.shown()).toEqual([]);
  const range = await rangeOf(gitIn(task.repository), { now: noCommits, later: task.commits(), targetRef });
  expect(range).toBeNull();
});

test('what others land is never among the changes of a task, brought in or not', async () => {
  const task = await startTask();
  await task.work({ 'own.txt': 'mine\n' });
  task.push({ 'theirs.txt': 'theirs\n' });
  expect(await task.shown()).toEqual(['own.txt']);
  await task.update();
  expect(await task.shown()).toEqual(['own.txt']);
  task.push({ 'more.txt': 'theirs\n' });
  await task.work({ 'second.txt': 'mine\n' });
  expect(await task.shown()).toEqual(['own.txt', 'second.txt']);
});

test('what has landed is shown as it was, and what the task adds afterwards with it', async () => {
  const task = await startTask();
  await task.work({ 'own.txt': 'mine\n' });
  task.push({ 'theirs.txt': 'theirs\n' });
  await task.update();
  await task.land();
  expect(await task.shown()).toEqual(['own.txt']);
  await task.work({ 'record.md': 'It runs.\n' });
  expect(await task.shown()).toEqual(['own.txt', 'record.md']);
  await task.land();
  task.push({ 'later.txt': 'theirs\n' });
  expect(await task.shown()).toEqual(['own.txt', 'record.md']);
  // As of each point of its log.
  expect(await Promise.all([0, 1, 2, 3, 4].map(task.shownThen))).toEqual([
    [],
    ['own.txt'],
    ['own.txt'],
    ['own.txt'],
    ['own.txt', 'record.md'],
  ]);
});

test('where others land between a merge and what follows it, theirs is not shown as the task’s', async () => {
  const task = await startTask();
  await task.work({ 'own.txt': 'mine\n' });
  await task.update();
  await task.land();
  task.push({ 'between.txt': 'theirs\n' });
  await task.work({ 'record.md': 'It runs.\n' });
  await task.update();
  await task.land();
  expect(await task.shown()).toEqual(['own.txt']);
});

test('the worktree is not needed for it', async () => {
  const task = await startTask();
  await task.work({ 'own.txt': 'mine\n' });
  await task.land();
  await removeWorkspace({ ...task.task, hook: null });
  expect(await task.shown()).toEqual(['own.txt']);
});

/** A forge lands it in a way of its own, and says where its branch stands then. */
async function landedAtForge(land: (others: string, branch: string) => void) {
  const task = await startTask();
  await task.work({ 'own.txt': 'mine\n' });
  await task.work({ 'second.txt': 'mine\n' });
  task.push({ 'theirs.txt': 'theirs\n' });
  await task.update();
  land(task.others, task.branch);
  return task;
}

const tip = (directory: string) => git(directory, 'rev-parse', 'HEAD');

test('what was squashed is shown', async () => {
  const task = await landedAtForge((others, branch) => {
    git(others, 'merge', '--quiet', '--squash', branch);
    git(others, 'commit', '--quiet', '-m', 'Squashed');
  });
  task.tell('merge', { result: 'merged', commit: tip(task.others), codeTree: 'c' });
  expect(await task.shown()).toEqual(['own.txt', 'second.txt']);
});

test('what was squashed is shown when its branch is gone and git has tidied up', async () => {
  const task = await landedAtForge((others, branch) => {
    git(others, 'merge', '--quiet', '--squash', branch);
    git(others, 'commit', '--quiet', '-m', 'Squashed');
  });
  task.tell('merge', { result: 'merged', commit: tip(task.others), codeTree: 'c' });
  forget(task);
  expect(await task.shown()).toEqual(['own.txt', 'second.txt']);
});

test('what was rebased is shown whole, not its last commit alone', async () => {
  const task = await landedAtForge((others, branch) => {
    git(others, 'branch', '--quiet', 'copy', branch);
    git(others, 'checkout', '--quiet', 'copy');
    git(others, 'rebase', '--quiet', 'main');
    git(others, 'checkout', '--quiet', 'main');
    git(others, 'merge', '--quiet', '--ff-only', 'copy');
  });
  task.tell('merge', { result: 'merged', commit: tip(task.others), codeTree: 'c' });
  expect(await task.shown()).toEqual(['own.txt', 'second.txt']);
});

test('where the target went on to the branch itself, it is compared with what it was brought to', async () => {
  const task = await landedAtForge((others, branch) => git(others, 'merge', '--quiet', '--ff-only', branch));
  task.tell('merge', { result: 'merged', commit: tip(task.others), codeTree: 'c' });
  expect(await task.shown()).toEqual(['own.txt', 'second.txt']);
  expect(await task.shownThen(1)).toEqual(['own.txt']);
});

test('where others have landed by the time that the merge is heard of, theirs is not shown', async () => {
  const task = await landedAtForge((others, branch) => git(others, 'merge', '--quiet', '--no-ff', branch));
  task.push({ 'later.txt': 'theirs\n' });
  task.tell('merge', { result: 'merged', commit: tip(task.others), codeTree: 'c' });
  expect(await task.shown()).toEqual(['own.txt', 'second.txt']);
});

test('what a person has merged by hand, of which the task has not heard, is shown all the same', async () => {
  const task = await startTask();
  await task.work({ 'own.txt': 'mine\n' });
  git(task.others, 'merge', '--quiet', '--no-ff', '-m', 'By hand', task.branch);
  expect(await task.shown()).toEqual(['own.txt']);
});

test('where the target is gone, it is compared with where the branch began', async () => {
  const task = await startTask();
  await task.work({ 'own.txt': 'mine\n' });
  git(task.others, 'branch', '--quiet', '--move', 'main', 'trunk');
  expect(await task.shown()).toEqual(['own.txt']);
});

/** Everything of the task's that nothing else holds is removed for good. */
function forget({ repository, worktree, branch }: { repository: string; worktree: string; branch: string }): void {
  git(repository, 'worktree', 'remove', '--force', worktree);
  git(repository, 'branch', '--quiet', '-D', branch);
  git(repository, 'reflog', 'expire', '--expire=now', '--expire-unreachable=now', '--all');
  git(repository, 'gc', '--quiet', '--prune=now');
}

test('commits that are gone are named, and not taken for something else', async () => {
  const task = await startTask();
  await task.work({ 'own.txt': 'mine\n' });
  const { head } = task.commits();
  forget(task);
  await expect(task.shown()).rejects.toMatchObject({
    code: 'not_found',
    reason: 'commitGone',
    message: expect.stringContaining(head.slice(0, 12)),
  });
});

test('a repository that is gone is another matter', async () => {
  const task = await startTask();
  rmSync(task.repository, { recursive: true });
  await expect(task.shown()).rejects.toMatchObject({ reason: 'gitUnusable' });
  mkdirSync(task.repository);
});
