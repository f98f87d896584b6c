/** Pull requests: opened once, found again. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { pushFiles } from '../git.ts';
import { openOne } from './support.ts';

export const pullRequestBehaviour: Behaviour = place => {
  test('opens a pull request', async () => {
    const { forge } = place();
    const { repository, sha, pull } = await openOne(place());
    const us = await forge.account();
    expect(pull).toMatchObject({ title: 'Add a file', body: 'Why.', state: 'open', isDraft: false, author: us.login });
    expect(pull.head).toEqual({ branch: 'task/one', sha, repository });
    expect(pull).toMatchObject({ base: { branch: 'main' }, mergeCommit: null });
    expect(pull.url).toMatch(/^https?:/);
    expect(await forge.pullRequest(repository, pull.number)).toEqual(pull);
    expect(await forge.findPullRequest(repository, { head: 'task/one', base: 'main' })).toEqual(pull);
  });

  test('opens a pull request once', async () => {
    const { forge } = place();
    const { repository, pull } = await openOne(place());
    const again = await forge.openPullRequest(repository, { head: 'task/one', base: 'main', title: 'B', body: '' });
    expect(again).toMatchObject({ number: pull.number, title: 'Add a file' });
  });

  test('answers the same pull request to two who open it at once', async () => {
    const { forge, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    await pushFiles(forge, repository, { branch: 'task/one', files: { 'a.txt': 'a\n' } });
    const wanted = { head: 'task/one', base: 'main', title: 'Add a', body: '' };
    const [one, two] = await Promise.all([
      forge.openPullRequest(repository, wanted),
      forge.openPullRequest(repository, wanted),
    ]);
    expect(one.number).toBe(two.number);
  });

  test('opens another one when the first is closed', async () => {
    const { forge, people } = place();
    const { repository, pull } = await openOne(place());
    await people.closePullRequest(repository, pull.number);
    expect(await forge.pullRequest(repository, pull.number)).toMatchObject({ state: 'closed', mergeCommit: null });
    expect(await forge.findPullRequest(repository, { head: 'task/one', base: 'main' })).toBeUndefined();
    const second = await forge.openPullRequest(repository, { head: 'task/one', base: 'main', title: 'B', body: '' });
    expect(second.number).toBeGreaterThan(pull.number);
  });

  test('refuses to open a pull request with nothing in it', async () => {
    const { forge, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    const sha = await pushFiles(forge, repository, { branch: 'task/one', files: { 'a.txt': 'a\n' } });
    await pushFiles(forge, repository, { branch: 'task/two', from: 'task/one', files: { 'b.txt': 'b\n' } });
    const wanted = { head: 'task/one', base: 'task/two', title: 'Nothing', body: '' };
    expect(sha).not.toBe('');
    await expect(forge.openPullRequest(repository, wanted)).rejects.toMatchObject({ failure: 'conflict' });
  });

  test('says that there is no branch to open a pull request from', async () => {
    const { forge, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    const wanted = { head: 'task/none', base: 'main', title: 'Nothing', body: '' };
    await expect(forge.openPullRequest(repository, wanted)).rejects.toMatchObject({
      failure: expect.stringMatching(/notFound|invalid/),
    });
  });

  test('never takes the pull request of a fork for ours', async () => {
    const { forge, reviewer, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    const fork = await people.fork(repository);
    await pushFiles(reviewer, fork, { branch: 'task/one', files: { 'theirs.txt': 'theirs\n' } });
    const theirs = await people.openFromFork(repository, { fork, head: 'task/one', base: 'main', title: 'Theirs' });
    expect(await forge.findPullRequest(repository, { head: 'task/one', base: 'main' })).toBeUndefined();
    await pushFiles(forge, repository, { branch: 'task/one', files: { 'ours.txt': 'ours\n' } });
    const ours = await forge.openPullRequest(repository, { head: 'task/one', base: 'main', title: 'Ours', body: '' });
    expect(ours.number).not.toBe(theirs);
    expect(await forge.pullRequest(repository, theirs)).toMatchObject({ head: { repository: fork } });
  });

  test('knows no pull request of a number that nobody has used', async () => {
    const { forge, people } = place();
    const repository = await people.makeRepository({ 'README.md': '# One\n' });
    expect(await forge.pullRequest(repository, 999)).toBeUndefined();
  });
};
