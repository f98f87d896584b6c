/** Worktrees of one repository: git itself has no lock for making them. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
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
  const back = pause(300).then(() => writeFileSync(half, '../..\n'));
  expect(await prepareWorkspace(prepare)).toMatchObject({ head: first });
  await back;
});

/** What `git worktree add` leaves behind when it is killed, each a little later. */
const stops = ['folder', 'locked', 'gitdir', 'gitfile', 'HEAD', 'files'] as const;

test.each(stops)('one whose making was cut off is made anew: %s', async stop => {
  const { repository, prepare, first } = createProject();
  const { worktree, branch } = prepare;
  const place = join(repository, '.git/worktrees', basename(worktree));
  const steps: Record<(typeof stops)[number], () => void> = {
    folder: () => mkdirSync(place, { recursive: true }),
    locked: () => writeFileSync(join(place, 'locked'), 'initializing'),
    gitdir: () => writeFileSync(join(place, 'gitdir'), `${worktree}/.git\n`),
    gitfile() {
      mkdirSync(worktree, { recursive: true });
      writeFileSync(join(worktree, '.git'), `gitdir: ${place}\n`);
    },
    HEAD() {
      writeFileSync(join(place, 'HEAD'), `${first}\n`);
      writeFileSync(join(place, 'commondir'), '../..\n');
      writeFileSync(join(place, 'index.lock'), '');
    },
    files: () => writeFileSync(join(worktree, 'half'), 'half'),
  };
  git(repository, 'branch', branch, first);
  for (const step of stops.slice(0, stops.indexOf(stop) + 1)) steps[step]();
  expect(await prepareWorkspace(prepare)).toMatchObject({ head: first });
  expect(git(worktree, 'status', '--porcelain')).toBe('');
  expect(git(worktree, 'symbolic-ref', '--short', 'HEAD')).toBe(branch);
  expect((await worktreesOf(gitIn(repository))).map(({ path }) => path)).toEqual([repository, worktree]);
});

test('a git that still makes one is waited for', async () => {
  const { repository, prepare, first } = createProject();
  const { worktree } = prepare;
  const place = join(repository, '.git/worktrees', basename(worktree));
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'locked'), 'initializing');
  writeFileSync(join(place, 'gitdir'), `${worktree}/.git\n`);
  const making = spawn('sleep', ['1000'], { env: { ...process.env, SIGNALBOX_MAKING: worktree } });
  setTimeout(() => making.kill(), 300);
  expect(await prepareWorkspace(prepare)).toMatchObject({ head: first });
  expect(making.killed).toBe(true);
});

test('a removal that was cut off is ended', async () => {
  const { repository, prepare } = createProject();
  const { worktree } = prepare;
  await prepareWorkspace(prepare);
  const place = join(repository, '.git/worktrees', basename(worktree));
  writeFileSync(join(place, 'signalbox-removing'), '');
  // It began with this file.
  rmSync(join(worktree, '.git'));
  await removeWorkspace(prepare);
  expect(existsSync(worktree)).toBe(false);
  expect((await worktreesOf(gitIn(repository))).map(({ path }) => path)).toEqual([repository]);
});
