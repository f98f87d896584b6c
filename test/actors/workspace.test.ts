/** A task's worktree: prepared for each round, removed at the end, and nothing that was in it ever lost (I12). */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepareWorkspace, removeWorkspace } from '../../src/actors/workspace.ts';
import { SignalboxError } from '../../src/domain/errors.ts';
import { commitFiles, createProject, filesOf, git, hiddenRefs, read, write } from './repository.ts';

const documents = 'docs/work-items/ET-1';

/** What is kept of a task's work under hidden refs: the content of this file in each of them. */
const keptVersions = (repository: string, file: string) =>
  hiddenRefs(repository).map(({ commit }) => filesOf(repository, commit)[file]);

function expectReady(project: ReturnType<typeof createProject>, head: string): void {
  const { worktree, branch } = project.task;
  expect(git(worktree, 'symbolic-ref', '--short', 'HEAD')).toBe(branch);
  expect(git(worktree, 'rev-parse', 'HEAD')).toBe(head);
  expect(git(worktree, 'status', '--porcelain', '--untracked-files=all')).toBe('');
}

test('a first round begins on a branch of its own at the target, in a checkout of its own', async () => {
  const project = createProject();
  const prepared = await prepareWorkspace(project.prepare);
  expect(prepared).toMatchObject({ base: project.first, head: project.first });
  expectReady(project, project.first);
  expect(git(project.repository, 'symbolic-ref', '--short', 'HEAD')).toBe('main');
  expect(hiddenRefs(project.repository)).toEqual([]);
});

test('preparing again changes nothing, whether or not the first answer was heard', async () => {
  const project = createProject();
  const first = await prepareWorkspace(project.prepare);
  expect(await prepareWorkspace(project.prepare)).toEqual(first);
  expect(await prepareWorkspace({ ...project.prepare, ...first })).toEqual(first);
  expectReady(project, project.first);
  expect(hiddenRefs(project.repository)).toEqual([]);
});

test('keeps its base when the target moves on', async () => {
  const project = createProject();
  const first = await prepareWorkspace(project.prepare);
  commitFiles(project.repository, { 'other.txt': 'other' });
  expect(await prepareWorkspace({ ...project.prepare, ...first })).toEqual(first);
});

test('what an earlier round left lying about is kept under a hidden ref, and then gone', async () => {
  const project = createProject();
  const { head, base } = await prepareWorkspace(project.prepare);
  const { worktree } = project.task;
  write(worktree, { 'src/code.txt': 'half done\n', 'new/file.txt': 'untracked\n' });
  write(worktree, { 'staged.txt': 'staged\n' });
  git(worktree, 'add', 'staged.txt');
  rmSync(join(worktree, 'README.md'));
  await prepareWorkspace({ ...project.prepare, base, head });
  expectReady(project, head);
  expect(existsSync(join(worktree, 'new'))).toBe(false);
  const [kept] = hiddenRefs(project.repository);
  expect(kept!.ref).toMatch(/^refs\/signalbox\/task-1\//);
  expect(filesOf(project.repository, kept!.commit)).toEqual({
    'src/code.txt': 'half done',
    'new/file.txt': 'untracked',
    'staged.txt': 'staged',
  });
});

test('commits that were never published are kept under a hidden ref, and the branch goes back', async () => {
  const project = createProject();
  const { head, base } = await prepareWorkspace(project.prepare);
  const own = commitFiles(project.task.worktree, { 'own.txt': 'mine\n' });
  await prepareWorkspace({ ...project.prepare, base, head });
  expectReady(project, head);
  expect(hiddenRefs(project.repository).map(({ commit }) => commit)).toEqual([own]);
});

test('every leftover is kept, however many rounds leave one', async () => {
  const project = createProject();
  const { head, base } = await prepareWorkspace(project.prepare);
  for (const round of ['first', 'second', 'third']) {
    write(project.task.worktree, { 'notes.txt': round });
    await prepareWorkspace({ ...project.prepare, base, head });
  }
  expect(keptVersions(project.repository, 'notes.txt').toSorted()).toEqual(['first', 'second', 'third']);
});

test('leftovers are noticed in a repository that does not list untracked files', async () => {
  const project = createProject();
  const { head, base } = await prepareWorkspace(project.prepare);
  git(project.repository, 'config', 'status.showUntrackedFiles', 'no');
  write(project.task.worktree, { 'notes.txt': 'left over' });
  await prepareWorkspace({ ...project.prepare, base, head });
  expectReady(project, head);
  expect(keptVersions(project.repository, 'notes.txt')).toEqual(['left over']);
});

test('an agent that left the branch is brought back, and its own branch stays where it was', async () => {
  const project = createProject();
  const { head, base } = await prepareWorkspace(project.prepare);
  git(project.task.worktree, 'checkout', '--quiet', '-b', 'elsewhere');
  const own = commitFiles(project.task.worktree, { 'own.txt': 'mine\n' });
  await prepareWorkspace({ ...project.prepare, base, head });
  expectReady(project, head);
  expect(git(project.repository, 'rev-parse', 'elsewhere')).toBe(own);
});

test('an agent that detached its head without doing anything else is brought back to the branch', async () => {
  const project = createProject();
  const { head, base } = await prepareWorkspace(project.prepare);
  git(project.task.worktree, 'checkout', '--quiet', '--detach');
  await prepareWorkspace({ ...project.prepare, base, head });
  expectReady(project, head);
});

test('a merge that an agent left unfinished is kept as far as it got, and over', async () => {
  const project = createProject();
  const { base } = await prepareWorkspace(project.prepare);
  const head = commitFiles(project.task.worktree, { 'src/code.txt': 'ours\n' });
  const theirs = commitFiles(project.repository, { 'src/code.txt': 'theirs\n' });
  expect(() => git(project.task.worktree, 'merge', theirs)).toThrow();
  await prepareWorkspace({ ...project.prepare, base, head });
  expectReady(project, head);
  expect(() => git(project.task.worktree, 'rev-parse', '--verify', '--quiet', 'MERGE_HEAD')).toThrow();
  expect(keptVersions(project.repository, 'src/code.txt')[0]).toContain('<<<<<<<');
});

test('a worktree directory that was deleted by hand is made again', async () => {
  const project = createProject();
  const { head, base } = await prepareWorkspace(project.prepare);
  rmSync(project.task.worktree, { recursive: true });
  await prepareWorkspace({ ...project.prepare, base, head });
  expectReady(project, head);
});

test('a directory in its place that is no worktree, as a crash leaves it, is replaced', async () => {
  const project = createProject();
  mkdirSync(project.task.worktree, { recursive: true });
  await prepareWorkspace(project.prepare);
  expectReady(project, project.first);
});

test('I12: work in a worktree that has lost its .git file is kept before it is made again', async () => {
  const project = createProject();
  const { head, base } = await prepareWorkspace(project.prepare);
  write(project.task.worktree, { 'hours-of-work.txt': 'precious\n' });
  rmSync(join(project.task.worktree, '.git'));
  await prepareWorkspace({ ...project.prepare, base, head });
  expectReady(project, head);
  expect(keptVersions(project.repository, 'hours-of-work.txt')).toEqual(['precious']);
});

test('a branch that exists is continued, not begun anew', async () => {
  const project = createProject();
  git(project.repository, 'branch', project.task.branch);
  git(project.repository, 'worktree', 'add', '--quiet', join(project.directory, 'aside'), project.task.branch);
  const existing = commitFiles(join(project.directory, 'aside'), { 'earlier.txt': 'work' });
  git(project.repository, 'worktree', 'remove', join(project.directory, 'aside'));
  expect(await prepareWorkspace(project.prepare)).toMatchObject({ base: project.first, head: existing });
  expectReady(project, existing);
});

test('documents of an earlier round are out of the way, and only those', async () => {
  const project = createProject();
  await prepareWorkspace(project.prepare);
  const files = { [`${documents}/review.md`]: 'old verdict', [`${documents}/analysis.md`]: 'stays' };
  const head = commitFiles(project.task.worktree, files);
  const { base } = await prepareWorkspace({ ...project.prepare, head, stale: ['review.md', 'never-written.md'] });
  expect(read(project.task.worktree, `${documents}/review.md`)).toBeUndefined();
  expect(read(project.task.worktree, `${documents}/analysis.md`)).toBe('stays');
  expect(base).toBe(project.first);
});

test('I12: removing an old document never reaches out of the worktree by a link', async () => {
  const project = createProject();
  await prepareWorkspace(project.prepare);
  write(project.directory, { 'home/review.md': 'belongs to a person' });
  mkdirSync(join(project.task.worktree, 'docs/work-items'), { recursive: true });
  symlinkSync(join(project.directory, 'home'), join(project.task.worktree, documents));
  const head = commitFiles(project.task.worktree, {});
  await prepareWorkspace({ ...project.prepare, head, stale: ['review.md'] }).catch(() => {});
  expect(read(project.directory, 'home/review.md')).toBe('belongs to a person');
});

test('a target that does not exist is an error that names it', async () => {
  const project = createProject();
  const failure = await prepareWorkspace({ ...project.prepare, target: 'trunk' }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(SignalboxError);
  expect(failure).toMatchObject({ code: 'unavailable' });
  expect((failure as Error).message).toContain('no branch trunk');
});

test('what is uncommitted in a worktree outlives its removal, and so does the branch', async () => {
  const project = createProject();
  await prepareWorkspace(project.prepare);
  const head = commitFiles(project.task.worktree, { 'own.txt': 'mine\n' });
  write(project.task.worktree, { 'own.txt': 'changed\n', 'notes.txt': 'untracked\n' });
  await removeWorkspace(project.task);
  expect(existsSync(project.task.worktree)).toBe(false);
  expect(git(project.repository, 'worktree', 'list')).not.toContain(project.task.worktree);
  expect(git(project.repository, 'rev-parse', project.task.branch)).toBe(head);
  const [kept] = hiddenRefs(project.repository);
  expect(filesOf(project.repository, kept!.commit)).toMatchObject({ 'own.txt': 'changed', 'notes.txt': 'untracked' });
});

test('removing a clean worktree leaves nothing to keep, and a second removal does nothing', async () => {
  const project = createProject();
  await prepareWorkspace(project.prepare);
  await removeWorkspace(project.task);
  await removeWorkspace(project.task);
  expect(existsSync(project.task.worktree)).toBe(false);
  expect(hiddenRefs(project.repository)).toEqual([]);
});

test('I12: commits on a detached head outlive the removal of their worktree', async () => {
  const project = createProject();
  await prepareWorkspace(project.prepare);
  git(project.task.worktree, 'checkout', '--quiet', '--detach');
  const own = commitFiles(project.task.worktree, { 'own.txt': 'mine\n' });
  await removeWorkspace(project.task);
  expect(git(project.repository, 'for-each-ref', '--contains', own)).not.toBe('');
});

test('a directory that is no worktree of the repository is not removed', async () => {
  const project = createProject();
  write(project.task.worktree, { 'mine.txt': 'not yours' });
  await removeWorkspace(project.task);
  expect(read(project.task.worktree, 'mine.txt')).toBe('not yours');
});

test('what an agent has hidden from git is kept under a hidden ref, and nobody else finds it', async () => {
  const { repository, prepare, task } = createProject();
  await prepareWorkspace(prepare);
  git(task.worktree, 'update-index', '--assume-unchanged', 'src/code.txt');
  write(task.worktree, { 'src/code.txt': 'hidden\n' });
  await prepareWorkspace(prepare);
  expect(read(task.worktree, 'src/code.txt')).toBe('one\ntwo\nthree\n');
  expect(filesOf(repository, hiddenRefs(repository)[0]!.commit)['src/code.txt']).toBe('hidden');
});
