/** Keeping what a worktree holds, while an agent may still be at work in it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkpoint } from '../../src/actors/checkpoint.ts';
import { prepareWorkspace } from '../../src/actors/workspace.ts';
import { commitFiles, createProject, filesOf, git, hiddenRefs, read, write } from './repository.ts';

async function startWork() {
  const project = createProject();
  const { head } = await prepareWorkspace(project.prepare);
  const { taskId, repository, worktree } = project.task;
  return {
    ...project,
    worktree,
    head,
    branch: project.task.branch,
    input: { taskId, repository, worktree, run: 'run-1', head, reset: null },
  };
}

test('keeps changed, staged, deleted and untracked files in a commit on top of the branch', async () => {
  const { repository, worktree, head, input } = await startWork();
  write(worktree, { 'src/code.txt': 'changed\n', 'a/b/c.txt': 'untracked\n', 'staged.txt': 'staged\n' });
  git(worktree, 'add', 'staged.txt');
  rmSync(join(worktree, 'README.md'));
  const { commit } = await checkpoint(input);
  expect(hiddenRefs(repository)).toEqual([{ ref: 'refs/signalbox/task-1/run-1', commit }]);
  expect(git(repository, 'rev-parse', `${commit}^`)).toBe(head);
  expect(filesOf(repository, commit!)).toEqual({
    'a/b/c.txt': 'untracked',
    'src/code.txt': 'changed',
    'staged.txt': 'staged',
  });
});

test('leaves the index, the branch and the files as they are', async () => {
  const { worktree, head, input } = await startWork();
  write(worktree, { 'src/code.txt': 'staged\n' });
  git(worktree, 'add', 'src/code.txt');
  write(worktree, { 'src/code.txt': 'changed again\n', 'untracked.txt': 'new\n' });
  const look = () => [git(worktree, 'status', '--porcelain'), git(worktree, 'ls-files', '--stage')];
  const before = look();
  await checkpoint(input);
  expect(look()).toEqual(before);
  expect(git(worktree, 'rev-parse', 'HEAD')).toBe(head);
  expect(read(worktree, 'src/code.txt')).toBe('changed again\n');
});

test('answers null when there is nothing beyond what is published', async () => {
  const { repository, input } = await startWork();
  expect(await checkpoint(input)).toEqual({ commit: null });
  expect(hiddenRefs(repository)).toEqual([]);
});

test("keeps the agent's own commits", async () => {
  const { repository, worktree, input } = await startWork();
  const own = commitFiles(worktree, { 'own.txt': 'mine' });
  expect(await checkpoint(input)).toEqual({ commit: own });
  expect(hiddenRefs(repository).map(({ commit }) => commit)).toEqual([own]);
});

test('puts the worktree back when asked to, after keeping what was in it', async () => {
  const { repository, worktree, head, input, branch } = await startWork();
  commitFiles(worktree, { 'own.txt': 'mine' });
  write(worktree, { 'README.md': 'changed', 'new/untracked.txt': 'new' });
  const { commit } = await checkpoint({ ...input, reset: branch });
  expect(git(worktree, 'rev-parse', 'HEAD')).toBe(head);
  expect(git(worktree, 'status', '--porcelain', '--untracked-files=all')).toBe('');
  expect(read(worktree, 'new/untracked.txt')).toBeUndefined();
  expect(filesOf(repository, commit!)).toMatchObject({
    'own.txt': 'mine',
    'README.md': 'changed',
    'new/untracked.txt': 'new',
  });
});

test('what git ignores is neither kept nor removed', async () => {
  const { repository, worktree, input, branch } = await startWork();
  const head = commitFiles(worktree, { '.gitignore': 'build/\n' });
  write(worktree, { 'build/cache.bin': 'large', 'notes.txt': 'kept' });
  const { commit } = await checkpoint({ ...input, head, reset: branch });
  expect(Object.keys(filesOf(repository, commit!))).not.toContain('build/cache.bin');
  expect(read(worktree, 'build/cache.bin')).toBe('large');
});

test('twice for the same run keeps the later one, with the earlier in the log of the ref', async () => {
  const { repository, worktree, input } = await startWork();
  write(worktree, { 'notes.txt': 'first' });
  const first = await checkpoint(input);
  write(worktree, { 'notes.txt': 'second' });
  const second = await checkpoint(input);
  expect(hiddenRefs(repository).map(({ commit }) => commit)).toEqual([second.commit]);
  const log = git(repository, 'reflog', 'show', '--format=%H', 'refs/signalbox/task-1/run-1');
  expect(log.split('\n')).toEqual([second.commit, first.commit]);
});

test('a worktree that is not there has nothing to keep', async () => {
  const { worktree, input } = await startWork();
  rmSync(worktree, { recursive: true });
  expect(await checkpoint(input)).toEqual({ commit: null });
});

test('a repository that the agent has made inside the worktree does not keep the rest from being kept', async () => {
  const { repository, worktree, input } = await startWork();
  mkdirSync(join(worktree, 'nested'));
  git(join(worktree, 'nested'), 'init', '--quiet');
  write(worktree, { 'nested/inner.txt': 'inner', 'notes.txt': 'kept' });
  const { commit } = await checkpoint(input);
  expect(filesOf(repository, commit!)).toMatchObject({ 'notes.txt': 'kept' });
});

test('a lock that another git holds for a moment is waited for', async () => {
  const { worktree, head, input, branch } = await startWork();
  write(worktree, { 'notes.txt': 'kept' });
  const lock = join(git(worktree, 'rev-parse', '--absolute-git-dir'), 'index.lock');
  writeFileSync(lock, '');
  const kept = checkpoint({ ...input, reset: branch });
  setTimeout(() => rmSync(lock), 300);
  expect((await kept).commit).not.toBeNull();
  expect(git(worktree, 'rev-parse', 'HEAD')).toBe(head);
  expect(read(worktree, 'notes.txt')).toBeUndefined();
});
