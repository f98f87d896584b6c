/** Merging a task's branch into its target, once (I4). */
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { merge } from '../../src/actors/merge.ts';
import { update } from '../../src/actors/update.ts';
import { prepareWorkspace } from '../../src/actors/workspace.ts';
import { commitFiles, createProject, filesOf, git, published, read, write } from './repository.ts';

const asDeveloper = { stage: 'development', role: 'developer', questions: null, objection: null };

/** A task with one published change, ready to be merged. */
async function readyToMerge(options = {}, files: Record<string, string> = { 'src/new.txt': 'new\n' }) {
  const project = createProject(options);
  await prepareWorkspace(project.prepare);
  write(project.task.worktree, files);
  const done = await published({ ...project.task, ...asDeveloper, title: 'Add it' });
  return { ...project, ...done, input: { ...project.task, head: done.head, title: 'Add it', token: 1 } };
}

const tipOf = (repository: string, branch = 'main') => git(repository, 'rev-parse', branch);
const countOf = (repository: string) => Number(git(repository, 'rev-list', '--count', 'main'));

/** All that a merge could have touched. */
const stateOf = (repository: string, worktree: string) => ({
  refs: git(repository, 'for-each-ref'),
  status: [repository, worktree].map(directory => git(directory, 'status', '--porcelain')),
  heads: [repository, worktree].map(directory => git(directory, 'rev-parse', 'HEAD')),
});

test('joins the branch to its target with one merge commit that names the task', async () => {
  const { repository, first, head, codeTree, input } = await readyToMerge({ isTargetCheckedOut: false });
  const merged = await merge(input);
  expect(merged).toEqual({ result: 'merged', commit: tipOf(repository), codeTree });
  expect(git(repository, 'log', '-1', '--format=%P', 'main')).toBe(`${first} ${head}`);
  expect(git(repository, 'log', '-1', '--format=%B', 'main')).toContain(`Signalbox-Merge: task-1:${head}`);
  expect(filesOf(repository, 'main')).toMatchObject({ 'src/new.txt': 'new' });
});

test('touches no checkout when the target is checked out nowhere', async () => {
  const { repository, first, input } = await readyToMerge({ isTargetCheckedOut: false });
  git(repository, 'checkout', '--quiet', '-b', 'mine');
  write(repository, { 'src/code.txt': 'a person is at work here\n', 'src/new.txt': 'and here\n' });
  await merge(input);
  expect(tipOf(repository)).not.toBe(first);
  expect(git(repository, 'symbolic-ref', '--short', 'HEAD')).toBe('mine');
  expect(tipOf(repository, 'mine')).toBe(first);
  expect(read(repository, 'src/code.txt')).toBe('a person is at work here\n');
  expect(read(repository, 'src/new.txt')).toBe('and here\n');
});

test('updates the files of a checkout of the target', async () => {
  const { repository, input } = await readyToMerge();
  await merge(input);
  expect(read(repository, 'src/new.txt')).toBe('new\n');
  expect(git(repository, 'status', '--porcelain')).toBe('');
  expect(git(repository, 'symbolic-ref', '--short', 'HEAD')).toBe('main');
});

test('ends what a merge that was cut off has begun in that checkout', async () => {
  const { repository, input } = await readyToMerge(
    {},
    { 'src/new.txt': 'new\n', 'src/code.txt': 'changed\n', 'b.txt': 'b\n' },
  );
  // Some files are written, one of them half; neither the index nor the branch is.
  write(repository, { 'src/new.txt': 'ne', 'src/code.txt': 'changed\n' });
  await merge(input);
  expect(git(repository, 'status', '--porcelain')).toBe('');
  expect(read(repository, 'src/new.txt')).toBe('new\n');
  expect(read(repository, 'src/code.txt')).toBe('changed\n');
});

test('takes nothing for the remains of a merge that a person has written', async () => {
  const { repository, input } = await readyToMerge({}, { 'src/new.txt': 'new\n', 'src/code.txt': 'changed\n' });
  write(repository, { 'src/new.txt': 'new\n', 'src/code.txt': 'mine\n' });
  await expect(merge(input)).rejects.toMatchObject({ reason: 'targetCheckedOut' });
  expect(read(repository, 'src/new.txt')).toBe('new\n');
  expect(read(repository, 'src/code.txt')).toBe('mine\n');
});

test('leaves changes in that checkout alone when they are in nobody’s way', async () => {
  const { repository, input } = await readyToMerge();
  write(repository, { 'README.md': 'a person is at work here\n' });
  await merge(input);
  expect(read(repository, 'README.md')).toBe('a person is at work here\n');
  expect(read(repository, 'src/new.txt')).toBe('new\n');
});

test.each([
  ['a changed file', { 'src/code.txt': 'changed by a person\n' }],
  ['an untracked file', { 'src/new.txt': 'made by a person\n' }],
])('%s in the way is an error that says what to do; nothing is moved or overwritten', async (_, files) => {
  const changes = { 'src/new.txt': 'new\n', 'src/code.txt': 'one\ntwo\nTHREE\n' };
  const { repository, first, input } = await readyToMerge({}, changes);
  write(repository, files as unknown as Record<string, string>);
  const failure: unknown = await merge(input).catch(error => error);
  expect(failure).toMatchObject({ code: 'conflict' });
  expect((failure as Error).message).toMatch(/main.*commit or stash/s);
  expect((failure as Error).message).toContain(repository);
  expect(tipOf(repository)).toBe(first);
  const [file, text] = Object.entries(files)[0]!;
  expect(read(repository, file)).toBe(text);
  // And once the way is free, it goes through.
  git(repository, 'stash', '--quiet', '--include-untracked');
  expect(await merge(input)).toMatchObject({ result: 'merged' });
});

test('I4: a second call, as after a crash before the merge was recorded, adds nothing and answers the same', async () => {
  const { repository, input } = await readyToMerge();
  const first = await merge(input);
  const log = git(repository, 'log', '--format=%H %P', 'main');
  expect(await merge(input)).toEqual(first);
  expect(await merge({ ...input, token: 2 })).toEqual(first);
  expect(git(repository, 'log', '--format=%H %P', 'main')).toBe(log);
});

test('I4: a crash between the merge and the move of the branch that follows it is made good', async () => {
  const { repository, head, input } = await readyToMerge();
  const first = await merge(input);
  git(input.worktree, 'reset', '--quiet', '--hard', head);
  expect(await merge(input)).toEqual(first);
  expect(tipOf(repository, input.branch)).toBe(tipOf(repository));
});

test('the same merge is the same commit, wherever and whenever it is made', async () => {
  const { repository, directory, input } = await readyToMerge({ isTargetCheckedOut: false });
  const copy = join(directory, 'copy');
  cpSync(repository, copy, { recursive: true });
  const merged = await merge(input);
  const second = () => Math.floor(Date.now() / 1_000);
  const before = second();
  await expect.poll(second, { timeout: 3_000 }).toBeGreaterThan(before);
  const again = await merge({ ...input, repository: copy });
  expect(again).toEqual(merged);
});

test('a target that has moved on is not merged into: what came there is part of nothing that was judged', async () => {
  const { repository, input } = await readyToMerge();
  commitFiles(repository, { 'theirs.txt': 'theirs\n' });
  const before = stateOf(repository, input.worktree);
  expect(await merge(input)).toEqual({ result: 'moved' });
  expect(stateOf(repository, input.worktree)).toEqual(before);
});

test('it is brought into the branch first, and what lands is the very tree that the branch has then', async () => {
  const { repository, head, codeTree, input } = await readyToMerge();
  const theirs = commitFiles(repository, { 'theirs.txt': 'theirs\n' });
  const updated = await update(input);
  if (updated.result !== 'updated') throw new Error(updated.result);
  expect(updated.codeTree).not.toBe(codeTree);
  expect(updated.isOnlyDocuments).toBe(false);
  expect(git(input.worktree, 'log', '-1', '--format=%H %P')).toBe(`${updated.head} ${head} ${theirs}`);
  expect(await update({ ...input, head: updated.head })).toEqual({ result: 'current' });
  // As after a crash before it was recorded.
  expect(await update(input)).toEqual(updated);
  const merged = await merge({ ...input, head: updated.head });
  expect(merged).toMatchObject({ result: 'merged', codeTree: updated.codeTree });
  expect(git(repository, 'rev-parse', 'main^{tree}')).toBe(git(repository, 'rev-parse', `${updated.head}^{tree}`));
  expect(git(repository, 'log', '-1', '--format=%P', 'main')).toBe(`${theirs} ${updated.head}`);
  expect(filesOf(repository, 'main')).toMatchObject({ 'theirs.txt': 'theirs', 'src/new.txt': 'new' });
});

test('a branch that is there already, or has nothing but documents to add, needs no new judgement', async () => {
  const { repository, input } = await readyToMerge();
  expect(await update(input)).toEqual({ result: 'current' });
  await merge(input);
  write(input.worktree, { 'docs/work-items/ET-1/deployment.md': 'It is out.\n' });
  const { head } = await published({ ...input, ...asDeveloper, stage: 'deploy', role: 'deployer' });
  commitFiles(repository, { 'theirs.txt': 'theirs\n' });
  expect(await update({ ...input, head })).toMatchObject({ result: 'updated', isOnlyDocuments: true });
});

test('attributes are those of the branch, whatever a person has checked out', async () => {
  const { repository, directory, input } = await readyToMerge({ isTargetCheckedOut: false }, { 'log.md': 'ours\n' });
  git(input.worktree, 'checkout', '--quiet', input.branch);
  commitFiles(input.worktree, { '.gitattributes': 'log.md merge=union\n' });
  const head = git(input.worktree, 'rev-parse', 'HEAD');
  const other = join(directory, 'other');
  git(repository, 'worktree', 'add', '--quiet', other, 'main');
  commitFiles(other, { 'log.md': 'theirs\n' });
  expect(await update({ ...input, head })).toMatchObject({ result: 'updated' });
  expect(read(input.worktree, 'log.md')).toContain('theirs');
});

test('a conflict names the files and touches nothing', async () => {
  const { repository, input } = await readyToMerge({}, { 'src/code.txt': 'ours\n', 'with space.txt': 'ours\n' });
  commitFiles(repository, { 'src/code.txt': 'theirs\n', 'with space.txt': 'theirs\n' });
  const before = stateOf(repository, input.worktree);
  const conflict = await update(input);
  expect(conflict).toMatchObject({ result: 'conflict' });
  const detail = conflict.result === 'conflict' ? conflict.detail : '';
  expect(detail.split('\n').slice(1)).toEqual(['src/code.txt', 'with space.txt']);
  expect(stateOf(repository, input.worktree)).toEqual(before);
});

test('a file in conflict is named as it is written, in any language', async () => {
  const { repository, input } = await readyToMerge({}, { 'größe.txt': 'ours\n' });
  commitFiles(repository, { 'größe.txt': 'theirs\n' });
  const conflict = await update(input);
  expect(conflict.result === 'conflict' && conflict.detail).toContain('größe.txt');
});

test('merges the commit that was judged, not what has been added to the branch since', async () => {
  const { repository, head, input } = await readyToMerge();
  git(input.worktree, 'checkout', '--quiet', '--detach');
  commitFiles(input.worktree, { 'unjudged.txt': 'never seen by a gate' });
  git(repository, 'branch', '--force', input.branch, git(input.worktree, 'rev-parse', 'HEAD'));
  await merge(input);
  expect(git(repository, 'log', '-1', '--format=%P', 'main').split(' ')[1]).toBe(head);
  expect(filesOf(repository, 'main')).not.toHaveProperty('unjudged.txt');
});

test('what the task adds after its own merge follows without another merge commit', async () => {
  const { repository, input } = await readyToMerge();
  const merged = await merge(input);
  expect(tipOf(repository, input.branch)).toBe(tipOf(repository));
  write(input.worktree, { 'docs/work-items/ET-1/deployment.md': 'It is out.\n' });
  const { head } = await published({ ...input, ...asDeveloper, stage: 'deploy', role: 'deployer' });
  expect(await merge({ ...input, head })).toMatchObject({ result: 'merged', commit: head });
  expect(git(repository, 'rev-parse', 'main^')).toBe(merged.result === 'merged' && merged.commit);
  expect(countOf(repository)).toBe(4);
});

test('a branch that is simply ahead of the target still gets a merge commit of its own', async () => {
  const { repository, first, head, input } = await readyToMerge();
  await merge(input);
  expect(tipOf(repository)).not.toBe(head);
  expect(git(repository, 'rev-parse', 'main^1')).toBe(first);
});

test('a checkout of the target whose directory is gone does not stand in the way', async () => {
  const { repository, directory, input } = await readyToMerge({ isTargetCheckedOut: false });
  const gone = join(directory, 'gone');
  git(repository, 'worktree', 'add', '--quiet', gone, 'main');
  rmSync(gone, { recursive: true });
  expect(await merge(input)).toMatchObject({ result: 'merged' });
});

test('a target that was deleted is an error that names it', async () => {
  const { repository, input } = await readyToMerge({ isTargetCheckedOut: false });
  git(repository, 'branch', '--delete', '--force', 'main');
  const failure: unknown = await merge(input).catch(error => error);
  expect(failure).toMatchObject({ code: 'unavailable' });
  expect((failure as Error).message).toContain('no branch main');
});

test('hooks of the repository have no say', async () => {
  const { repository, input } = await readyToMerge();
  const marker = join(repository, '.git/hook-ran');
  for (const hook of ['post-merge', 'reference-transaction', 'pre-merge-commit', 'post-checkout']) {
    const script = `#!/bin/sh\ntouch '${marker}'\nexit 1\n`;
    writeFileSync(join(repository, '.git/hooks', hook), script, { mode: 0o755 });
  }
  expect(await merge(input)).toMatchObject({ result: 'merged' });
  expect(existsSync(marker)).toBe(false);
});
