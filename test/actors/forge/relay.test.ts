/** Bringing commits to a forge and from it: nothing of others is lost, and every way to fail has its own word. */
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fetchBranch, holds, pushBranch } from '../../../src/actors/forge/relay.ts';
import { commitFiles, git, read } from '../repository.ts';
import { startForge } from './place.ts';

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => 'it went well',
    error => error,
  );

test('a branch of the forge comes here under a name of its own, and touches no branch and no checkout', async () => {
  const { fake, place, repository } = await startForge();
  const before = git(repository, 'rev-parse', 'main');
  const theirs = await fake.commit('acme/app', { branch: 'main', files: { 'theirs.txt': 'theirs' }, by: 'maria' });
  expect(await fetchBranch(place, 'main')).toBe(theirs);
  expect(git(repository, 'rev-parse', 'refs/remotes/signalbox/home/main')).toBe(theirs);
  expect(git(repository, 'rev-parse', 'main')).toBe(before);
  expect(git(repository, 'status', '--porcelain')).toBe('');
  expect(read(repository, 'theirs.txt')).toBeUndefined();
});

test('a branch that is rewritten at the forge is followed', async () => {
  const { place, bare, repository } = await startForge();
  const old = await fetchBranch(place, 'main');
  const other = git(bare, 'commit-tree', '-m', 'another beginning', 'main^{tree}');
  git(bare, 'update-ref', 'refs/heads/main', other);
  expect(await fetchBranch(place, 'main')).toBe(other);
  expect(await holds(place, { commit: old!, tip: other })).toBe(false);
  expect(git(repository, 'rev-parse', 'signalbox/home/main')).toBe(other);
});

test('a branch that is not there is none, also where one was', async () => {
  const { place, fake, bare } = await startForge();
  expect(await fetchBranch(place, 'nowhere')).toBeUndefined();
  await fake.commit('acme/app', { branch: 'short-lived', files: { 'a.txt': 'a' }, by: 'maria' });
  expect(await fetchBranch(place, 'short-lived')).toBeDefined();
  git(bare, 'update-ref', '-d', 'refs/heads/short-lived');
  expect(await fetchBranch(place, 'short-lived')).toBeUndefined();
});

test('a commit is brought to a branch, and once more without a change', async () => {
  const { place, repository, tipOf } = await startForge();
  const ours = commitFiles(repository, { 'ours.txt': 'ours' });
  await pushBranch(place, 'feature/ours', ours);
  await pushBranch(place, 'feature/ours', ours);
  expect(tipOf('feature/ours')).toBe(ours);
});

test('what others have pushed is a conflict, and not lost', async () => {
  const { place, fake, repository, tipOf } = await startForge();
  const theirs = await fake.commit('acme/app', { branch: 'main', files: { 'theirs.txt': 'theirs' }, by: 'maria' });
  const ours = commitFiles(repository, { 'ours.txt': 'ours' });
  const failure = await failureOf(pushBranch(place, 'main', ours));
  expect(failure).toMatchObject({ failure: 'conflict' });
  expect(failure.message).toContain('somebody else has pushed to main');
  expect(tipOf('main')).toBe(theirs);
});

test('two tasks at once bring and fetch what they want', async () => {
  const { place, repository, tipOf } = await startForge();
  const shas = ['a', 'b', 'c'].map(name => commitFiles(repository, { [`${name}.txt`]: name }));
  await Promise.all([
    ...shas.map((sha, index) => pushBranch(place, `feature/${index}`, sha)),
    ...shas.map(() => fetchBranch(place, 'main')),
  ]);
  expect(shas.map((_, index) => tipOf(`feature/${index}`))).toEqual(shas);
});

test('a local repository that has moved is found where it is', async () => {
  const { place, repository, tipOf } = await startForge();
  await fetchBranch(place, 'main');
  const elsewhere = `${repository}-elsewhere`;
  renameSync(repository, elsewhere);
  const ours = commitFiles(elsewhere, { 'ours.txt': 'ours' });
  await pushBranch({ ...place, repository: elsewhere }, 'feature/ours', ours);
  expect(tipOf('feature/ours')).toBe(ours);
});

test.each([
  ['a lock', 'refs/heads/main.lock'],
  ['a ref that was never written to the end', 'refs/heads/main'],
  ['a relay without a configuration', 'config'],
])('%s that a crash has left does not stand in the way', async (_, file) => {
  const { place, fake, relays, repository, tipOf } = await startForge();
  await fetchBranch(place, 'main');
  const relay = join(relays, readdirSync(relays)[0]!);
  if (file === 'config') rmSync(join(relay, file));
  else writeFileSync(join(relay, file), '');
  const theirs = await fake.commit('acme/app', { branch: 'main', files: { 'theirs.txt': 'theirs' }, by: 'maria' });
  expect(await fetchBranch(place, 'main')).toBe(theirs);
  const ours = commitFiles(repository, { 'ours.txt': 'ours' });
  await pushBranch(place, 'feature/ours', ours);
  expect(tipOf('feature/ours')).toBe(ours);
});

test('what the local repository replaces or grafts deceives nobody', async () => {
  const { place, repository } = await startForge();
  const tip = (await fetchBranch(place, 'main'))!;
  const ours = commitFiles(repository, { 'ours.txt': 'ours' });
  const forged = git(repository, 'commit-tree', '-p', ours, '-m', 'as if it were merged', `${ours}^{tree}`);
  git(repository, 'replace', tip, forged);
  expect(git(repository, 'log', '--format=%H', tip)).toContain(ours);
  expect(await holds(place, { commit: ours, tip })).toBe(false);
  git(repository, 'update-ref', 'refs/remotes/signalbox/home/main', ours);
  expect(await fetchBranch(place, 'main')).toBe(tip);
});

describe('what goes wrong', () => {
  test('a token that is not taken is one', async () => {
    const { place, forge } = await startForge();
    const bad = { ...place, forge: { ...forge, credentials: { username: 'bot', password: 'not-it' } } };
    const head = git(place.repository, 'rev-parse', 'HEAD');
    const failure = await failureOf(pushBranch(bad, 'feature/ours', head));
    expect(failure).toMatchObject({ failure: 'unauthorized' });
    expect(failure.message).toBe('home does not take the token for acme/app');
  });

  test('an account that may not push is told so', async () => {
    const { place, fake, forge } = await startForge();
    await fake.createRepository('acme/closed', { 'a.txt': 'a' }, {});
    const head = git(place.repository, 'rev-parse', 'HEAD');
    const failure = await failureOf(pushBranch({ ...place, forge, remote: 'acme/closed' }, 'x', head));
    expect(failure).toMatchObject({ failure: 'forbidden' });
    expect(failure.message).toContain('the account may not do that in acme/closed');
  });

  test('a protected branch is forbidden, in the words of the server', async () => {
    const { place, repository, refusePushes } = await startForge();
    refusePushes('Gitea: Not allowed to push to protected branch main');
    const ours = commitFiles(repository, { 'ours.txt': 'ours' });
    const failure = await failureOf(pushBranch(place, 'main', ours));
    expect(failure).toMatchObject({ failure: 'forbidden' });
    expect(failure.message).toBe('home does not take the push: Gitea: Not allowed to push to protected branch main');
  });

  test('the words of the server are told without what stands around them', async () => {
    const { place, repository, refusePushes } = await startForge();
    refusePushes('error:\nerror: error: Not allowed to push\nto protected branch main\nerror: ');
    const failure = await failureOf(pushBranch(place, 'main', commitFiles(repository, { 'ours.txt': 'ours' })));
    expect(failure.message).toBe('home does not take the push: Not allowed to push to protected branch main');
  });

  test('a repository that is not there is not found', async () => {
    const { place } = await startForge();
    const failure = await failureOf(fetchBranch({ ...place, remote: 'acme/gone' }, 'main'));
    expect(failure).toMatchObject({ failure: 'notFound' });
  });

  test('a server that is down, and one that has a bad day, are unreachable, and all goes well after', async () => {
    const { place, fake, repository, tipOf, forge } = await startForge();
    const ours = commitFiles(repository, { 'ours.txt': 'ours' });
    fake.down();
    expect(await failureOf(pushBranch(place, 'feature/ours', ours))).toMatchObject({ failure: 'unreachable' });
    expect(await failureOf(fetchBranch(place, 'main'))).toMatchObject({ failure: 'unreachable' });
    fake.up();
    const broken = { ...place, forge: { ...forge, cloneUrl: () => `${fake.url}/api/v1/broken` } };
    fake.failNext(1, 503);
    expect(await failureOf(fetchBranch(broken, 'main'))).toMatchObject({ failure: 'unreachable' });
    await pushBranch(place, 'feature/ours', ours);
    expect(tipOf('feature/ours')).toBe(ours);
  });
});
