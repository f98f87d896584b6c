/** Worktrees of one repository: git itself has no lock for making them. */
import { execFile } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitIn } from '../../src/actors/git.ts';
import { prepareWorkspace, removeWorkspace } from '../../src/actors/workspace.ts';
import { addWorktree, worktreesOf } from '../../src/actors/worktrees.ts';
import { createProject, git } from './repository.ts';

test('many are made and removed at once, while somebody prunes', async () => {
  const { prepare, repository, directory } = createProject();
  const inputs = Array.from({ length: 16 }, (_, index) => {
    const worktree = join(directory, 'worktrees', `task-${index}`);
    return { ...prepare, taskId: `task-${index}`, worktree, branch: `signalbox/ET-${index}` };
  });
  let isOver = false;
  const prune = async () => {
    while (!isOver)
      await new Promise(resolve => execFile('git', ['worktree', 'prune'], { cwd: repository }, () => resolve(null)));
  };
  const pruning = prune();
  const outcomes = await Promise.allSettled(inputs.map(input => prepareWorkspace(input)));
  const removed = await Promise.allSettled(inputs.slice(8).map(input => removeWorkspace(input)));
  isOver = true;
  await pruning;
  expect([...outcomes, ...removed].filter(({ status }) => status === 'rejected')).toEqual([]);
  expect(inputs.map(({ worktree }) => existsSync(join(worktree, '.git')))).toEqual(inputs.map((_, index) => index < 8));
});

test('one is listed with its branch, and with whether it is still there', async () => {
  const { repository, first, directory } = createProject();
  const at = (name: string) => join(directory, name);
  for (const name of ['here', 'gone'])
    await addWorktree(gitIn(repository), { worktree: at(name), branch: name, start: first });
  git(repository, 'worktree', 'lock', at('here'));
  rmSync(at('gone'), { recursive: true });
  expect(await worktreesOf(gitIn(repository))).toEqual([
    { path: repository, branch: 'refs/heads/main', isLocked: false, isPrunable: false },
    { path: at('gone'), branch: 'refs/heads/gone', isLocked: false, isPrunable: true },
    { path: at('here'), branch: 'refs/heads/here', isLocked: true, isPrunable: false },
  ]);
});

test('one that another git is just making is waited for', async () => {
  const { repository, prepare, first, directory } = createProject();
  await addWorktree(gitIn(repository), { worktree: join(directory, 'other'), branch: 'other', start: first });
  const half = join(repository, '.git/worktrees/other/commondir');
  rmSync(half);
  // It is not there for a moment.
  setTimeout(() => writeFileSync(half, '../..\n'), 300);
  expect(await prepareWorkspace(prepare)).toMatchObject({ head: first });
});
