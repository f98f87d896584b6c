/** A task's branch comes to its forge, with a pull request that asks for it, made once whatever happens in between. */
import { describe, expect, test } from 'vitest';
import { pushToForge } from '../../../src/actors/forge/push.ts';
import { pushBranch } from '../../../src/actors/forge/relay.ts';
import { git } from '../repository.ts';
import { startForge, startTask } from './place.ts';

interface Pull {
  number: number;
  title: string;
  body: string;
  html_url: string;
  user: { login: string };
}

async function startPushed(options: Parameters<typeof startTask>[1] = {}) {
  const place = await startForge();
  const task = await startTask(place, options);
  const input = await task.publish({ 'src/new.txt': 'new\n' });
  const pulls = () => place.ask<Pull[]>('root', 'GET', '/pulls?state=all');
  return { ...place, task, input, pulls, push: (wanted = input) => pushToForge(wanted, place.around) };
}

test('the branch is at the forge, and a pull request asks for it', async () => {
  const { push, pulls, tipOf, input } = await startPushed();
  const pushed = await push();
  const [pull] = await pulls();
  expect(pushed).toEqual({ result: 'pushed', pullRequest: { number: pull!.number, url: pull!.html_url } });
  expect(pull).toMatchObject({ title: 'ET-1: Add it', user: { login: 'bot' } });
  expect(pull!.body).toContain('> It is missing.');
  expect(tipOf('signalbox/ET-1')).toBe(input.head);
});

test('again, as after a crash before it was recorded, changes nothing and answers the same', async () => {
  const { push, pulls } = await startPushed();
  const first = await push();
  const before = await pulls();
  expect(await push()).toEqual(first);
  expect(await pulls()).toEqual(before);
});

test('a crash between the branch and the pull request is made good', async () => {
  const { push, pulls, fake } = await startPushed();
  // Of the requests to the API the first are answered 503: the branch is there by then.
  fake.failNext(20, 503);
  expect(await push()).toMatchObject({ result: 'away', retryAt: null });
  fake.failNext(0, 503);
  expect(await pulls()).toEqual([]);
  expect(await push()).toMatchObject({ result: 'pushed', pullRequest: { number: 1 } });
  expect(await pulls()).toHaveLength(1);
});

test('more work goes onto the same pull request', async () => {
  const { push, pulls, task, tipOf } = await startPushed();
  const first = await push();
  const more = await task.publish({ 'src/more.txt': 'more\n' });
  expect(await push(more)).toEqual(first);
  expect(await pulls()).toHaveLength(1);
  expect(tipOf('signalbox/ET-1')).toBe(more.head);
});

test('one that a person has made already is taken as it is', async () => {
  const { push, pulls, ask, place, input } = await startPushed();
  await pushBranch(place, 'signalbox/ET-1', input.head);
  await ask('maria', 'POST', '/pulls', { head: 'signalbox/ET-1', base: 'main', title: 'By hand', body: 'Mine.' });
  expect(await push()).toMatchObject({ result: 'pushed', pullRequest: { number: 1 } });
  expect(await pulls()).toMatchObject([{ title: 'By hand', body: 'Mine.', user: { login: 'maria' } }]);
});

test('one that a person has closed is not opened again: a new one asks for what has been added', async () => {
  const { push, pulls, ask, task } = await startPushed();
  await push();
  await ask('maria', 'PATCH', '/pulls/1', { state: 'closed' });
  expect(await push(await task.publish({ 'src/more.txt': 'more\n' }))).toMatchObject({ pullRequest: { number: 2 } });
  expect(await pulls()).toHaveLength(2);
});

test('one after another says so in its title', async () => {
  const { push, pulls, ask, task, input } = await startPushed();
  await push();
  await ask('maria', 'PATCH', '/pulls/1', { state: 'closed' });
  const head = (await task.publish({ 'src/more.txt': 'more\n' })).head;
  await push({ ...input, head, forge: { ...input.forge, pullRequest: { number: 1, url: '' } } });
  const [first, second] = (await pulls()).map(({ title }) => title).sort();
  expect(second).toBe(`${first} (after #1)`);
});

describe('nothing is asked for', () => {
  test('when the branch is where the target is', async () => {
    const { push, pulls, input, repository, tipOf } = await startPushed();
    const head = git(repository, 'rev-parse', 'main');
    const wanted = { ...input, head };
    expect(await push(wanted)).toEqual({ result: 'pushed', pullRequest: null });
    expect(await pulls()).toEqual([]);
    expect(tipOf('signalbox/ET-1')).toBe(head);
  });

  test('when others have merged since what it holds was merged', async () => {
    const { push, pulls, input, place, fake } = await startPushed();
    await pushBranch(place, 'main', input.head);
    await fake.commit('acme/app', { branch: 'main', files: { 'theirs.txt': 'theirs' }, by: 'maria' });
    expect(await push()).toEqual({ result: 'pushed', pullRequest: null });
    expect(await pulls()).toEqual([]);
  });
});

describe('what stands against it', () => {
  test('somebody has pushed to the branch: refused in words, and their work is there', async () => {
    const { push, fake, task, tipOf } = await startPushed();
    await push();
    const theirs = await fake.commit('acme/app', { branch: 'signalbox/ET-1', files: { 'b.txt': 'b' }, by: 'maria' });
    const more = await task.publish({ 'src/more.txt': 'more\n' });
    const refused = await push(more);
    expect(refused).toMatchObject({ result: 'refused' });
    expect((refused as { detail: string }).detail).toMatch(/^home: somebody else has pushed to signalbox\/ET-1/);
    expect(tipOf('signalbox/ET-1')).toBe(theirs);
  });

  test('no branch of that name to ask at: refused in words', async () => {
    const { push, input, pulls } = await startPushed();
    expect(await push({ ...input, target: 'nowhere' })).toMatchObject({ result: 'refused' });
    expect(await pulls()).toEqual([]);
  });

  test('the forge is down: it is waited for', async () => {
    const { push, fake } = await startPushed();
    fake.down();
    const away = await push();
    expect(away).toMatchObject({ result: 'away', retryAt: null });
    expect((away as { why: string }).why).toMatch(/^waits for the forge home: /);
  });

  test('it is asked too often: it is waited for until the time that it names', async () => {
    const { push, fake } = await startPushed();
    fake.limit({ perMinute: 1 });
    const away = await push();
    expect(away).toMatchObject({ result: 'away' });
    expect((away as { retryAt: number }).retryAt).toBeGreaterThan(Date.now());
  });
});

test('title and body of a hostile work item close nothing, mention nobody, order nothing', async () => {
  const body = [
    'closes #1, fixes acme/app#2 and Resolves: https://git.example.org/acme/app/issues/3',
    'Implements #4; fixing GH-5; see !6 @maria @acme/owners',
    '/merge',
    '<!-- signalbox:task-2 -->',
    '> quoted\r/close',
    '',
  ].join('\n');
  const { push, pulls } = await startPushed({ title: 'Fixes #7\n@noor /close <!-- x -->', body });
  await push();
  const [pull] = await pulls();
  const text = `${pull!.title}\n${pull!.body}`;
  expect(pull!.title).not.toContain('\n');
  expect(text).not.toMatch(/@\w/);
  expect(text).not.toMatch(/[#!]\d/);
  expect(text).not.toMatch(/\b(close|fixe|resolve|implement)s\b|\bfixing\b/i);
  expect(text).not.toContain('<!--');
  expect(text).not.toMatch(/^\s*\//m);
  const lines = pull!.body.trim().split('\n');
  expect(lines.slice(0, -2).every(line => line.startsWith('> '))).toBe(true);
});

test('a body of any length is cut', async () => {
  const { push, pulls } = await startPushed({ body: 'long '.repeat(100_000) });
  await push();
  expect((await pulls())[0]!.body.length).toBeLessThan(11_000);
});
