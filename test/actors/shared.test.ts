/** What worktrees share is noticed when an agent touches it, and put back where that can be done. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { publish } from '../../src/actors/publish.ts';
import { prepareWorkspace } from '../../src/actors/workspace.ts';
import { commitFiles, createProject, filesOf, git, hiddenRefs, published, read, write } from './repository.ts';

const more = { stage: 'development', role: 'developer', title: 'Add the thing', questions: null, objection: null };

async function startWork(options = {}) {
  const project = createProject(options);
  const before = { stash: '' };
  const prepare = async () => {
    const { head } = await prepareWorkspace(project.prepare);
    return { ...project.task, ...more, head };
  };
  return { ...project, before, prepare, worktree: project.task.worktree };
}

test('a setting by which git finds its files or runs programs is put back, and told', async () => {
  const { repository, worktree, prepare } = await startWork();
  git(repository, 'config', '--add', 'remote.origin.url', 'https://example.org/a.git');
  const input = await prepare();
  git(worktree, 'config', 'core.bare', 'true');
  git(worktree, 'config', 'core.hooksPath', '/tmp/evil');
  git(worktree, 'config', 'filter.x.smudge', 'sh -c evil');
  git(worktree, 'config', 'remote.origin.url', 'https://evil.example/a.git');
  git(worktree, 'config', 'user.nickname', 'nobody minds');
  const { noticed } = await published(input);
  expect(git(repository, 'status', '--porcelain')).toBe('');
  expect(git(repository, 'config', 'remote.origin.url')).toBe('https://example.org/a.git');
  expect(() => git(repository, 'config', 'core.hooksPath')).toThrow();
  expect(git(repository, 'config', 'user.nickname')).toBe('nobody minds');
  for (const key of ['core.bare', 'core.hookspath', 'filter.x.smudge', 'remote.origin.url'])
    expect(noticed!.join('\n')).toContain(`${key} of the repository was set`);
  expect((await published(input)).noticed).toEqual([]);
});

test('hooks, rules and the configuration of the user are told where they have changed, and stay', async () => {
  const { directory, repository, prepare } = await startWork();
  vi.stubEnv('HOME', directory);
  write(repository, { '.git/hooks/pre-push': 'theirs' });
  const input = await prepare();
  write(repository, { '.git/hooks/pre-commit': 'evil', '.git/info/attributes': '* merge=ours\n' });
  write(directory, { '.gitconfig': '[user]\n\tname = somebody\n' });
  rmSync(join(repository, '.git/hooks/pre-push'));
  const noticed = (await published(input)).noticed!.join('\n');
  for (const told of ['hooks/pre-commit of the repository was made', 'info/attributes of the repository was made'])
    expect(noticed).toContain(told);
  expect(noticed).toContain('hooks/pre-push of the repository was removed');
  expect(noticed).toContain("the user's .gitconfig was made");
  expect(read(repository, '.git/hooks/pre-commit')).toBe('evil');
  expect((await published(input)).noticed).toEqual([]);
});

test('what was popped from the stash is in the stash again, and out of the work', async () => {
  const { repository, worktree, prepare } = await startWork();
  write(repository, { 'src/code.txt': 'private and half finished\n' });
  git(repository, 'stash', '--quiet');
  const entry = git(repository, 'rev-parse', 'stash@{0}');
  const input = await prepare();
  git(worktree, 'stash', 'pop', '--quiet');
  write(worktree, { 'good.txt': 'good' });
  const { head, noticed } = await published(input);
  expect(filesOf(worktree, head)).toMatchObject({ 'good.txt': 'good', 'src/code.txt': 'one\ntwo\nthree' });
  expect(git(repository, 'rev-parse', 'stash@{0}')).toBe(entry);
  expect(noticed!.join()).toMatch(/taken from the stash/);
});

test('where it was changed further, the work is kept aside and done again', async () => {
  const { repository, worktree, prepare } = await startWork();
  write(repository, { 'src/code.txt': 'private and half finished\n' });
  git(repository, 'stash', '--quiet');
  const input = await prepare();
  git(worktree, 'stash', 'pop', '--quiet');
  write(worktree, { 'src/code.txt': 'private, and more\n', 'good.txt': 'good' });
  expect(await publish(input)).toMatchObject({ result: 'refused', isAdrift: true });
  expect(git(repository, 'stash', 'list').split('\n')).toHaveLength(1);
  const kept = hiddenRefs(repository).find(({ ref }) => ref.includes('mixed-'))!;
  expect(filesOf(repository, kept.commit)).toMatchObject({ 'good.txt': 'good' });
});

test.each(['push', 'update-ref'])('a target that the agent moves itself, by %s, is for people, and said', async way => {
  const { repository, worktree, first, prepare } = await startWork({ isTargetCheckedOut: false });
  const input = await prepare();
  const own = commitFiles(worktree, { 'own.txt': 'mine' });
  if (way === 'push') git(worktree, 'push', '--quiet', '.', 'HEAD:main');
  else git(worktree, 'update-ref', 'refs/heads/main', own);
  const refused = await publish(input);
  expect(refused).toMatchObject({ result: 'refused', isForPeople: true });
  expect(JSON.stringify(refused)).toContain(`update-ref refs/heads/main ${first.slice(0, 12)}`);
  // Once it has been said, whoever tries again has seen to it.
  git(repository, 'update-ref', 'refs/heads/main', first);
  expect(await publish(input)).toMatchObject({ head: own });
});

test('a person who goes on working meanwhile has touched nothing', async () => {
  const { repository, worktree, prepare } = await startWork();
  const input = await prepare();
  commitFiles(repository, { 'of-people.txt': 'theirs' });
  git(repository, 'branch', 'another');
  write(repository, { 'src/code.txt': 'half finished\n' });
  git(repository, 'stash', '--quiet');
  for (const way of ['--ff-only', '--no-ff']) {
    git(worktree, 'merge', '--quiet', way, 'main');
    commitFiles(repository, { [`more${way}.txt`]: 'theirs' });
  }
  write(worktree, { 'good.txt': 'good' });
  expect((await published(input)).noticed).toEqual([]);
  expect(git(repository, 'stash', 'list').split('\n')).toHaveLength(1);
});

test('the lock of a git that was killed goes from our own worktree, and from no other', async () => {
  const { repository, worktree, prepare } = await startWork();
  const input = await prepare();
  write(worktree, { 'good.txt': 'good' });
  const lock = join(git(worktree, 'rev-parse', '--absolute-git-dir'), 'index.lock');
  writeFileSync(lock, '');
  expect(filesOf(worktree, (await published(input)).head)).toHaveProperty(['good.txt']);
  expect(read('/', lock)).toBeUndefined();
  writeFileSync(join(repository, '.git/index.lock'), '');
  await prepare();
  expect(read(repository, '.git/index.lock')).toBe('');
});
