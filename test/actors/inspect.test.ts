import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasChanged, inspect } from '../../src/actors/inspect.ts';
import { prepareWorkspace } from '../../src/actors/workspace.ts';
import { commitFiles, createProject, git } from './repository.ts';

async function startWorktree() {
  const project = createProject();
  const { head } = await prepareWorkspace(project.prepare);
  const { worktree } = project.task;
  const documents = 'docs/work-items/ET-1';
  async function look() {
    const inspected = await inspect({ worktree, head });
    // Both ways of looking say the same.
    expect(await hasChanged({ worktree, head, documents })).toBe(inspected.isChanged);
    return inspected;
  }
  return { worktree, documents: join(worktree, documents), look };
}

test('a worktree as it was handed over has not changed, and looking does not change it', async () => {
  const { worktree, look } = await startWorktree();
  const first = await look();
  expect(first.isChanged).toBe(false);
  expect(await look()).toEqual(first);
  expect(git(worktree, 'status', '--porcelain')).toBe('');
});

test('every change is seen: new files, edits of the same length, commits, and what comes back', async () => {
  const { worktree, look } = await startWorktree();
  const clean = await look();
  writeFileSync(join(worktree, 'new.txt'), 'aaaa');
  const added = await look();
  expect(added.isChanged).toBe(true);
  writeFileSync(join(worktree, 'new.txt'), 'bbbb');
  const edited = await look();
  expect(edited.fingerprint).not.toBe(added.fingerprint);
  rmSync(join(worktree, 'new.txt'));
  expect(await look()).toEqual(clean);
  commitFiles(worktree, { 'new.txt': 'bbbb' }, 'Add it');
  const committed = await look();
  expect(committed.isChanged).toBe(true);
  expect(committed.fingerprint).not.toBe(edited.fingerprint);
});

test('a worktree that is none any more is an error, not an unchanged one', async () => {
  const { worktree, look } = await startWorktree();
  rmSync(join(worktree, '.git'));
  await expect(look()).rejects.toThrow(/no git worktree/);
});

test('a change that the agent hides from git is seen all the same, and the flag is its own', async () => {
  const { worktree, look } = await startWorktree();
  git(worktree, 'update-index', '--skip-worktree', 'src/code.txt');
  writeFileSync(join(worktree, 'src/code.txt'), 'hidden\n');
  expect((await look()).isChanged).toBe(true);
  expect(git(worktree, 'ls-files', '-v', 'src')).toBe('S src/code.txt');
});

test('a document is a change, once it is not committed any more; what a tool leaves beside it is none', async () => {
  const { worktree, documents, look } = await startWorktree();
  mkdirSync(documents, { recursive: true });
  expect((await look()).isChanged).toBe(false);
  writeFileSync(join(documents, 'plan.md'), 'plan');
  expect((await look()).isChanged).toBe(true);
  rmSync(join(documents, 'plan.md'));
  expect((await look()).isChanged).toBe(false);
  expect(git(worktree, 'status', '--porcelain')).toBe('');
});
