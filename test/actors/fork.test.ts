/** The branch of a fork: what another task had published by then, with its documents under a name of its own. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { update } from '../../src/actors/update.ts';
import { prepareWorkspace } from '../../src/actors/workspace.ts';
import { commitFiles, createProject, filesOf, git, hiddenRefs } from './repository.ts';

const [theirs, own] = ['docs/work-items/ET-1', 'docs/work-items/ET-2'];

/** A task that has published a plan and code, and a fork of it that is about to begin. */
async function forkable(
  files: Record<string, string> = { [`${theirs}/plan.md`]: 'The plan.', 'src/code.txt': 'more\n' },
) {
  const project = createProject();
  const { base } = await prepareWorkspace(project.prepare);
  const commit = Object.keys(files).length === 0 ? base : commitFiles(project.task.worktree, files);
  const forkedFrom = { taskId: 'task-1', seq: 7, stage: 'review', commit, workItem: 'ET-1' };
  const worktree = join(project.directory, 'worktrees', 'task-2');
  const task = { ...project.task, taskId: 'task-2', workItem: 'ET-2', branch: 'signalbox/ET-2', worktree };
  return { ...project, base, commit, other: project.task, fork: { ...task, base, head: '', stale: [], forkedFrom } };
}

test('begins with a commit of its own that adds the documents under its own name, and nothing else', async () => {
  const { repository, commit, base, fork } = await forkable();
  const prepared = await prepareWorkspace(fork);
  expect(prepared.base).toBe(base);
  expect(git(repository, 'rev-parse', `${prepared.head}^`)).toBe(commit);
  expect(git(repository, 'rev-parse', fork.branch)).toBe(prepared.head);
  expect(git(repository, 'diff', '--name-status', commit, prepared.head)).toBe(`A\t${own}/plan.md`);
  expect(git(repository, 'log', '-1', '--format=%s%n%(trailers:key=Signalbox-Fork)', prepared.head)).toBe(
    'ET-2: begin as task-1 was\nSignalbox-Fork: task-1:7',
  );
  expect(filesOf(fork.worktree, 'HEAD')).toMatchObject({
    [`${own}/plan.md`]: 'The plan.',
    [`${theirs}/plan.md`]: 'The plan.',
  });
  expect(git(fork.worktree, 'status', '--porcelain')).toBe('');
});

test('the other task is left as it is, also with what it has not published', async () => {
  const { repository, other, commit, fork } = await forkable();
  execFileSync('sh', ['-c', 'echo half > half.txt'], { cwd: other.worktree });
  const head = (await prepareWorkspace(fork)).head;
  commitFiles(fork.worktree, { 'src/code.txt': 'something else\n' });
  expect(git(repository, 'rev-parse', other.branch)).toBe(commit);
  expect(git(other.worktree, 'status', '--porcelain', '--untracked-files=all')).toBe('?? half.txt');
  expect(Object.keys(filesOf(repository, head))).not.toContain('half.txt');
  expect(hiddenRefs(repository)).toEqual([]);
});

test('preparing again changes nothing, wherever it has ended before', async () => {
  const { repository, fork } = await forkable();
  const first = await prepareWorkspace(fork);
  expect(await prepareWorkspace(fork)).toEqual(first);
  expect(await prepareWorkspace({ ...fork, ...first })).toEqual(first);
  // As somebody leaves it who made the branch, and then no worktree.
  git(repository, 'worktree', 'remove', fork.worktree);
  expect(await prepareWorkspace(fork)).toEqual(first);
  expect(hiddenRefs(repository, 'task-2')).toEqual([]);
});

test('both land, whichever is first: neither is in the way of the other one’s documents', async () => {
  for (const order of ['other', 'fork'] as const) {
    const { repository, other, commit, fork } = await forkable();
    const { head } = await prepareWorkspace(fork);
    const ends = {
      other: commitFiles(other.worktree, {
        [`${theirs}/plan.md`]: 'The plan, once more.',
        [`${theirs}/review.md`]: 'Good.',
      }),
      fork: commitFiles(fork.worktree, { [`${own}/plan.md`]: 'Another plan.', [`${own}/review.md`]: 'Better.' }),
    };
    const [first, second] = order === 'other' ? ([ends.other, fork] as const) : ([ends.fork, other] as const);
    git(repository, 'merge', '--quiet', '--no-ff', '-m', 'Land', first);
    const input = { ...second, head: second === fork ? ends.fork : ends.other, title: 't', token: null };
    expect(await update(input), `${order} first, from ${commit} and ${head}`).toMatchObject({ result: 'updated' });
    expect(filesOf(second.worktree, 'HEAD')).toMatchObject({
      [`${theirs}/plan.md`]: 'The plan, once more.',
      [`${theirs}/review.md`]: 'Good.',
      [`${own}/plan.md`]: 'Another plan.',
      [`${own}/review.md`]: 'Better.',
    });
  }
});

test('documents that the commit has under its name already give way', async () => {
  const { fork } = await forkable({ [`${theirs}/plan.md`]: 'The plan.', [`${own}/old.md`]: 'Old.' });
  const { head } = await prepareWorkspace(fork);
  const documents = Object.keys(filesOf(fork.worktree, head)).filter(file => file.startsWith(own!));
  expect(documents).toEqual([`${own}/plan.md`]);
});

test('a commit without documents is told from the other task’s all the same; one that is everybody’s is not', async () => {
  const coded = await forkable({ 'src/code.txt': 'more\n' });
  const { head } = await prepareWorkspace(coded.fork);
  expect(head).not.toBe(coded.commit);
  expect(git(coded.repository, 'rev-parse', `${head}^{tree}`)).toBe(
    git(coded.repository, 'rev-parse', `${coded.commit}^{tree}`),
  );
  const untouched = await forkable({});
  expect(await prepareWorkspace(untouched.fork)).toMatchObject({ base: untouched.first, head: untouched.first });
});

test('names that are no text come out as they went in', async () => {
  const { repository, other, fork } = await forkable();
  execFileSync('sh', ['-c', "printf x > \"$(printf 'caf\\351')\"; printf y > 'a\tb'"], { cwd: other.worktree });
  const commit = commitFiles(other.worktree, {});
  const { head } = await prepareWorkspace({ ...fork, forkedFrom: { ...fork.forkedFrom, commit } });
  expect(git(repository, 'diff', '--name-status', commit, head)).toBe(`A\t${own}/plan.md`);
});

test('a commit that is gone is no beginning', async () => {
  const { repository, fork } = await forkable();
  const gone = { ...fork, forkedFrom: { ...fork.forkedFrom, commit: 'f'.repeat(40) } };
  await expect(prepareWorkspace(gone)).rejects.toMatchObject({ reason: 'commitGone' });
  expect(git(repository, 'branch', '--list', fork.branch)).toBe('');
});

test('I16: a branch of that name that somebody else has made is neither taken for it nor moved', async () => {
  const { repository, first, fork } = await forkable();
  git(repository, 'branch', fork.branch, first);
  await expect(prepareWorkspace(fork)).rejects.toMatchObject({ reason: 'branchTaken' });
  expect(git(repository, 'rev-parse', fork.branch)).toBe(first);
});
