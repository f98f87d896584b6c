/** The client of Gitea on a server's bad days, and the fake that plays them. */
import { expect, onTestFinished, test } from 'vitest';
import { createGiteaForge } from '../../../src/integrations/forges/gitea.ts';
import { isPassing } from '../../../src/integrations/outside.ts';
import { startFakeGitea } from '../../../src/testing/forges/gitea.ts';
import { pushFiles } from './git.ts';

const repository = 'acme/shop';

async function start({ tries = 5 }: { tries?: number } = {}) {
  const fake = await startFakeGitea({ accounts: ['root', 'signalbox-bot', 'maria'], organisations: ['acme'] });
  onTestFinished(fake.close);
  await fake.createRepository(repository, { 'README.md': '# Shop\n' }, { 'signalbox-bot': 'admin', maria: 'write' });
  const forge = createGiteaForge({
    name: 'codehost',
    url: `${fake.url}/`,
    token: fake.tokenOf('signalbox-bot'),
    timeoutMs: 2_000,
    mergePatience: { tries, pauseMs: 1 },
  });
  return { fake, forge };
}

async function startWithOne(options?: { tries: number }) {
  const { fake, forge } = await start(options);
  const sha = await pushFiles(forge, repository, { branch: 'task/one', files: { 'a.txt': 'a\n' } });
  const wanted = { head: 'task/one', base: 'main', title: 'Add a', body: '' };
  const { number } = await forge.openPullRequest(repository, wanted);
  return { fake, forge, sha, number, words: { sha, title: 'Merge', message: '' } };
}

/** A client whose writes are done by the server, and nobody hears of it. */
const losingOf = (fake: Awaited<ReturnType<typeof start>>['fake']) =>
  createGiteaForge({
    name: 'codehost',
    url: fake.url,
    token: fake.tokenOf('signalbox-bot'),
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      if (init?.method === 'POST') throw new TypeError('fetch failed');
      return response;
    },
  });

test('says that a server is not there, and goes on when it is back', async () => {
  const { fake, forge } = await start();
  fake.down();
  const error = await forge.account().catch(error => error);
  expect(error).toMatchObject({ failure: 'unreachable', status: null });
  expect(isPassing(error)).toBe(true);
  fake.up();
  expect((await forge.account()).login).toBe('signalbox-bot');
});

test('asks for its account once, and again when that has failed', async () => {
  const { fake, forge } = await start();
  fake.failNext(1, 503);
  await expect(forge.account()).rejects.toMatchObject({ failure: 'unreachable', status: 503 });
  await forge.account();
  fake.failNext(1, 503);
  expect((await forge.account()).login).toBe('signalbox-bot');
});

test('says when a limit lets it ask again', async () => {
  const { fake, forge } = await start();
  fake.limit({ perMinute: 2 });
  await forge.version();
  await forge.version();
  const error = await forge.version().catch(error => error);
  expect(error).toMatchObject({ failure: 'limited', status: 429 });
  expect(error.retryAt).toBeGreaterThan(Date.now() + 30_000);
  fake.limit(null);
  expect(await forge.version()).toMatch(/fake/);
});

test('does not wait for ever', async () => {
  const { fake } = await start();
  fake.latency(500);
  const hasty = createGiteaForge({ name: 'codehost', url: fake.url, token: fake.tokenOf('maria'), timeoutMs: 50 });
  await expect(hasty.account()).rejects.toMatchObject({ failure: 'unreachable' });
});

test('merges as soon as the server has worked out that it can', async () => {
  const { fake, forge, number, words } = await startWithOne();
  fake.holdBackMerges(3);
  expect((await forge.merge(repository, number, words)).result).toBe('merged');
});

test('says that the server is still working it out, where there can be no conflict', async () => {
  const { fake, forge, number, words } = await startWithOne({ tries: 2 });
  fake.holdBackMerges(100);
  expect(await forge.merge(repository, number, words)).toMatchObject({ result: 'notYet' });
});

test('finds out what has become of a merge whose answer was lost', async () => {
  const { fake, forge, number, words } = await startWithOne();
  const losing = losingOf(fake);
  await expect(losing.merge(repository, number, words)).rejects.toMatchObject({ failure: 'unreachable' });
  const main = await forge.branch(repository, 'main');
  expect(await forge.merge(repository, number, words)).toEqual({ result: 'merged', commit: main!.sha });
});

test('finds out what has become of a pull request whose answer was lost', async () => {
  const { fake, forge } = await start();
  await fake.commit(repository, { branch: 'task/two', files: { 'b.txt': 'b\n' }, by: 'maria' });
  const wanted = { head: 'task/two', base: 'main', title: 'Add b', body: '' };
  const losing = losingOf(fake);
  await expect(losing.openPullRequest(repository, wanted)).rejects.toMatchObject({ failure: 'unreachable' });
  expect((await forge.openPullRequest(repository, wanted)).number).toBe(1);
});

test('refuses a push without credentials, and one of somebody who may not', async () => {
  const { fake } = await start();
  const push = (token: string) =>
    pushFiles(createGiteaForge({ name: 'codehost', url: fake.url, token }), repository, {
      branch: 'task/one',
      files: { 'a.txt': 'a\n' },
    });
  await expect(push('nobody')).rejects.toThrow(/Authentication failed|could not read Username/);
  await fake.createRepository('acme/other', { 'README.md': '' });
  const stranger = createGiteaForge({ name: 'codehost', url: fake.url, token: fake.tokenOf('maria') });
  const files = { 'a.txt': 'a\n' };
  await expect(pushFiles(stranger, 'acme/other', { branch: 'task/one', files })).rejects.toThrow(/403/);
});

test('names no credentials in the address that git is given', async () => {
  const { fake, forge } = await start();
  expect(forge.cloneUrl(repository)).toBe(`${fake.url}/acme/shop.git`);
  expect(forge.credentials.password).toBe(fake.tokenOf('signalbox-bot'));
});
