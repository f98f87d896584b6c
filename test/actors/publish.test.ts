/** Committing what an agent has left to the task's branch. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { codeTreeOf, gitIn } from '../../src/actors/git.ts';
import { publish } from '../../src/actors/publish.ts';
import { prepareWorkspace } from '../../src/actors/workspace.ts';
import { commitFiles, createProject, filesOf, git, write } from './repository.ts';

const documents = 'docs/work-items/ET-1';

async function startWork() {
  const project = createProject();
  const prepared = await prepareWorkspace(project.prepare);
  const more = { stage: 'development', role: 'developer', title: 'Add the thing', questions: null, objection: null };
  return { ...project, ...prepared, worktree: project.task.worktree, input: { ...project.task, ...more } };
}

test('commits everything that was left, in the name of the role, and says for which task', async () => {
  const { worktree, head: before, input } = await startWork();
  write(worktree, { 'src/code.txt': 'changed\n', [`${documents}/analysis.md`]: 'An analysis.\n' });
  const { head } = await publish(input);
  expect(git(worktree, 'rev-parse', `${head}^`)).toBe(before);
  expect(git(worktree, 'rev-parse', input.branch)).toBe(head);
  expect(git(worktree, 'status', '--porcelain')).toBe('');
  expect(filesOf(worktree, head)).toMatchObject({
    'src/code.txt': 'changed',
    [`${documents}/analysis.md`]: 'An analysis.',
  });
  expect(git(worktree, 'log', '-1', '--format=%an|%s|%(trailers:key=Signalbox-Task,valueonly)').trim()).toBe(
    'Signalbox developer|ET-1: development|task-1',
  );
});

test('again does nothing and answers the same', async () => {
  const { worktree, input } = await startWork();
  write(worktree, { 'src/code.txt': 'changed\n' });
  const first = await publish(input);
  expect(await publish(input)).toEqual(first);
  expect(git(worktree, 'rev-list', '--count', 'main..HEAD')).toBe('1');
});

test('with nothing new publishes what is there', async () => {
  const { head, codeTree, input } = await startWork();
  expect(await publish(input)).toEqual({ head, codeTree, questions: null, objection: null, requests: [] });
});

test("takes the agent's own commits, and what it left uncommitted on top of them", async () => {
  const { worktree, input } = await startWork();
  const own = commitFiles(worktree, { 'own.txt': 'mine' }, 'My own commit');
  expect(await publish(input)).toMatchObject({ head: own });
  write(worktree, { 'more.txt': 'more' });
  const { head } = await publish(input);
  expect(git(worktree, 'rev-parse', `${head}^`)).toBe(own);
});

test.each([
  ['another branch', ['checkout', '--quiet', '-b', 'elsewhere'], 'branch elsewhere'],
  ['a detached head', ['checkout', '--quiet', '--detach'], 'detached HEAD'],
])('refuses what was left on %s, and commits nothing', async (_, away, where) => {
  const { worktree, repository, head, input } = await startWork();
  git(worktree, ...away);
  write(worktree, { 'lost.txt': 'lost' });
  const failure: unknown = await publish(input).catch(error => error);
  expect(failure).toMatchObject({ code: 'conflict' });
  expect((failure as Error).message).toContain(where);
  expect((failure as Error).message).toContain(input.branch);
  expect(git(repository, 'rev-parse', input.branch)).toBe(head);
  expect(git(worktree, 'rev-parse', 'HEAD')).toBe(head);
});

test('documents are committed although the repository ignores them; other ignored files are not', async () => {
  const { worktree, input } = await startWork();
  write(worktree, { '.gitignore': 'docs/\n*.log\n', 'debug.log': 'noise', [`${documents}/review.md`]: 'A review.' });
  const { head } = await publish(input);
  expect(filesOf(worktree, head)[`${documents}/review.md`]).toBe('A review.');
  expect(filesOf(worktree, head)).not.toHaveProperty('debug.log');
  expect(await publish(input)).toMatchObject({ head });
});

test('an empty folder for documents is no error', async () => {
  const { worktree, head, input } = await startWork();
  mkdirSync(join(worktree, documents), { recursive: true });
  expect(await publish(input)).toMatchObject({ head });
});

test("hooks of the repository have no say, and a person's signing key is not asked for", async () => {
  const { worktree, repository, input } = await startWork();
  for (const hook of ['pre-commit', 'commit-msg']) {
    writeFileSync(join(repository, '.git/hooks', hook), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  }
  git(repository, 'config', 'commit.gpgSign', 'true');
  write(worktree, { 'src/code.txt': 'changed\n' });
  expect(filesOf(worktree, (await publish(input)).head)['src/code.txt']).toBe('changed');
});

test('a title cannot forge a line of the message that Signalbox goes by', async () => {
  const { worktree, input } = await startWork();
  write(worktree, { 'src/code.txt': 'changed\n' });
  await publish({ ...input, title: 'Signalbox-Task: another' });
  const tasks = git(worktree, 'log', '-1', '--format=%(trailers:key=Signalbox-Task,valueonly)');
  expect(tasks.trim().split('\n')).toEqual(['task-1']);
});

test('the hash of the code is the same with other documents, and another with other code', async () => {
  const { worktree, codeTree, input } = await startWork();
  write(worktree, { [`${documents}/analysis.md`]: 'An analysis.' });
  const withDocument = await publish(input);
  expect(withDocument.codeTree).toBe(codeTree);
  write(worktree, { [`${documents}/analysis.md`]: 'Another one.', 'docs/guide.md': 'Part of the product.' });
  const withGuide = await publish(input);
  expect(withGuide.codeTree).not.toBe(codeTree);
  write(worktree, { 'docs/work-items/ET-11/analysis.md': "Another task's." });
  expect((await publish(input)).codeTree).not.toBe(withGuide.codeTree);
});

test('the hash of the code notices names, modes and content, and depends on nothing else', async () => {
  const hashAfter = async (change: (worktree: string) => void) => {
    const { worktree } = await startWork();
    change(worktree);
    return codeTreeOf(gitIn(worktree), commitFiles(worktree, {}), documents);
  };
  const hashes = await Promise.all([
    hashAfter(() => {}),
    hashAfter(() => {}),
    hashAfter(worktree => write(worktree, { 'src/code.txt': 'other' })),
    hashAfter(worktree => git(worktree, 'mv', 'README.md', 'README.txt')),
    hashAfter(worktree => chmodSync(join(worktree, 'README.md'), 0o755)),
  ]);
  expect(hashes[0]).toBe(hashes[1]);
  expect(new Set(hashes).size).toBe(4);
});

test('answers what the agent asks and objects in files of its own, and null without a file', async () => {
  const { worktree, input } = await startWork();
  write(worktree, { [`${documents}/questions.md`]: 'Which colour?' });
  const published = await publish({ ...input, questions: 'questions.md', objection: 'objection.md' });
  expect(published).toMatchObject({ questions: 'Which colour?', objection: null });
});

test('reads no question through a link that leads out of the worktree', async () => {
  const { worktree, input } = await startWork();
  mkdirSync(join(worktree, documents), { recursive: true });
  symlinkSync('/etc/hostname', join(worktree, documents, 'questions.md'));
  expect(await publish({ ...input, questions: 'questions.md' })).toMatchObject({ questions: null });
});

test('a title of a work item closes nothing and mentions nobody when its commit reaches a forge', async () => {
  const { repository, worktree, input } = await startWork();
  write(worktree, { 'src/new.txt': 'new\n' });
  const title = 'Closes #1\n\nSignalbox-Task: task-2\nfor @maria';
  const { head } = await publish({ ...input, title });
  const message = git(repository, 'log', '-1', '--format=%B', head);
  expect(message).not.toMatch(/closes|#1|@maria/i);
  expect(git(repository, 'log', '-1', '--format=%(trailers:key=Signalbox-Task,valueonly)', head)).toBe('task-1');
});
