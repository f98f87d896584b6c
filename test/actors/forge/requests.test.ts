/** What agents ask for by files: read with suspicion, done once in our own name, made harmless. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { performAll, readRequests } from '../../../src/actors/forge/requests.ts';
import { createGiteaForge } from '../../../src/integrations/forges/gitea.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { write } from '../repository.ts';
import { remote, startForge } from './place.ts';

function readFrom(files: Record<string, unknown>) {
  const documents = temporaryDirectory();
  const texts = Object.entries(files).map(([name, it]) => [
    `requests/${name}`,
    typeof it === 'string' ? it : JSON.stringify(it),
  ]);
  write(documents, Object.fromEntries(texts));
  return readRequests(documents);
}

const comment = { kind: 'comment', text: 'It is done.' };

describe('reading', () => {
  test('no folder, or an empty one, asks for nothing', () => {
    const documents = temporaryDirectory();
    expect(readRequests(documents)).toEqual([]);
    mkdirSync(join(documents, 'requests'));
    expect(readRequests(documents)).toEqual([]);
  });

  test('every kind is taken, in the order of the names; other files are left alone', () => {
    const requests = readFrom({
      'd.json': { kind: 'label', labels: ['bug'] },
      'c.json': { kind: 'issue', title: 'Another thing' },
      'b.json': { kind: 'question', text: 'Which one?' },
      'a.json': comment,
      'notes.md': 'not a request',
    });
    expect(requests).toEqual([
      { file: 'a.json', request: comment, problem: null },
      { file: 'b.json', request: { kind: 'question', text: 'Which one?' }, problem: null },
      { file: 'c.json', request: { kind: 'issue', title: 'Another thing', body: '', labels: [] }, problem: null },
      { file: 'd.json', request: { kind: 'label', labels: ['bug'] }, problem: null },
    ]);
  });

  test.each([
    ['no JSON', '{"kind": "comment",', /JSON/],
    ['nothing', '', /JSON/],
    ['a list', [comment], /expected object/i],
    ['a kind that there is not', { kind: 'merge' }, /kind/],
    ['a field that there is not', { ...comment, as: 'root' }, /as/],
    ['an empty text', { kind: 'comment', text: '  ' }, /text/],
    ['a title of two lines', { kind: 'issue', title: 'one\ntwo' }, /one line/],
    ['eleven labels', { kind: 'label', labels: Array.from({ length: 11 }, (_, n) => `l${n}`) }, /labels/],
    ['too much', { kind: 'comment', text: 'x'.repeat(40_000) }, /larger than 32768 bytes/],
  ])('%s is refused in words', (_, content, words) => {
    const [request, ...others] = readFrom({ 'a.json': content });
    expect(others).toEqual([]);
    expect(request).toMatchObject({ file: 'a.json', request: null });
    expect(request!.problem).toMatch(words);
  });

  test('more than ten are refused, each by its name', () => {
    const names = Array.from({ length: 12 }, (_, n) => `${String(n).padStart(2, '0')}.json`);
    const requests = readFrom(Object.fromEntries(names.map(name => [name, comment])));
    expect(requests.map(({ file }) => file)).toEqual(names);
    expect(requests.filter(({ request }) => request === null).map(({ file }) => file)).toEqual(['10.json', '11.json']);
    expect(requests[10]!.problem).toContain('only 10 requests');
  });

  test('what leads out, is no file, or would never end is refused', () => {
    const documents = temporaryDirectory();
    const outside = temporaryDirectory();
    write(outside, { 'secret.json': JSON.stringify(comment) });
    const folder = join(documents, 'requests');
    mkdirSync(join(folder, 'directory.json'), { recursive: true });
    symlinkSync(join(outside, 'secret.json'), join(folder, 'link.json'));
    execFileSync('mkfifo', [join(folder, 'pipe.json')]);
    const requests = readRequests(documents);
    expect(requests.map(({ file, request }) => [file, request])).toEqual([
      ['directory.json', null],
      ['link.json', null],
      ['pipe.json', null],
    ]);
    expect(requests[1]!.problem).toContain('leads out');
  });

  test('a folder that leads out is refused as a whole', () => {
    const documents = temporaryDirectory();
    const outside = temporaryDirectory();
    write(outside, { 'a.json': JSON.stringify(comment) });
    symlinkSync(outside, join(documents, 'requests'));
    expect(readRequests(documents)).toMatchObject([{ file: 'requests', request: null }]);
  });

  test('a folder that is a file asks for nothing and breaks nothing', () => {
    const documents = temporaryDirectory();
    write(documents, { requests: 'no folder' });
    expect(readRequests(documents)).toMatchObject([{ file: 'requests', request: null }]);
  });

  test('odd names come in one harmless line, and two that would look the same are told apart', () => {
    const files = readFrom({
      'a b.json': comment,
      'a_b.json': comment,
      'a\n-->b.json': comment,
      'ä.json': comment,
    }).map(({ file }) => file);
    expect(new Set(files).size).toBe(4);
    expect(files.every(file => /^[\w.~-]+$/.test(file))).toBe(true);
    const long = readFrom({ [`${'x'.repeat(150)}1.json`]: comment, [`${'x'.repeat(150)}2.json`]: comment });
    expect(new Set(long.map(({ file }) => file)).size).toBe(2);
    expect(long.every(({ file }) => file.length <= 100)).toBe(true);
  });
});

/** A pull request at a forge, and a way to ask for things below it. */
async function startAsking() {
  const place = await startForge();
  const { fake, ask, forge } = place;
  await fake.commit(remote, { branch: 'main', files: { 'a.txt': 'a' }, by: 'root' });
  await ask('root', 'POST', '/branches', { new_branch_name: 'work', old_branch_name: 'main' });
  await fake.commit(remote, { branch: 'work', files: { 'b.txt': 'b' }, by: 'maria' });
  const { number } = await ask<{ number: number }>('maria', 'POST', '/pulls', {
    ...{ head: 'work', base: 'main', title: 'Work', body: '' },
  });
  await ask('root', 'POST', '/labels', { name: 'bug', color: '#d73a4a' });
  const order = { forge: 'home', repository: remote, number, taskId: 'task-1', round: 'development-1' };
  return {
    ...place,
    order,
    perform: (files: Record<string, unknown>, more = {}) =>
      performAll(forge, { ...order, requests: readFrom(files), ...more }),
    comments: async () =>
      (await ask<{ body: string }[]>('root', 'GET', `/issues/${number}/comments`)).map(({ body }) => body),
    issues: () => ask<{ title: string; body: string }[]>('root', 'GET', '/issues?type=issues&state=all'),
    labels: async () =>
      (await ask<{ name: string }[]>('root', 'GET', `/issues/${number}/labels`)).map(({ name }) => name),
  };
}

const all = {
  'a.json': comment,
  'b.json': { kind: 'question', text: 'Which one?' },
  'c.json': { kind: 'issue', title: 'Another thing', body: 'Seen on the way.', labels: ['bug', 'nowhere'] },
  'd.json': { kind: 'label', labels: ['bug', 'nowhere'] },
  'e.json': '{',
};

describe('doing', () => {
  test('each is done in our name, and told', async () => {
    const { perform, comments, issues, labels } = await startAsking();
    const { type, results } = await perform(all);
    expect(type).toBe('requests.done');
    expect(results.map(({ file, outcome }) => [file, outcome.split(':')[0]])).toEqual([
      ['a.json', 'done'],
      ['b.json', 'done'],
      ['c.json', 'done'],
      ['d.json', 'done, but there is no label nowhere'],
      ['e.json', 'refused'],
    ]);
    const [first, second] = await comments();
    expect(first).toContain('It is done.');
    expect(second).toContain('**The agent asks:**\n\nWhich one?');
    expect(await issues()).toMatchObject([{ title: 'Another thing', labels: [{ name: 'bug' }] }]);
    expect(await labels()).toEqual(['bug']);
  });

  test('done twice is done once; the same in another round is done again', async () => {
    const { perform, comments, issues, labels } = await startAsking();
    const first = await perform(all);
    expect(await perform(all)).toEqual(first);
    expect([await comments(), await issues(), await labels()].map(({ length }) => length)).toEqual([2, 1, 1]);
    await perform(all, { round: 'development-2' });
    expect([await comments(), await issues(), await labels()].map(({ length }) => length)).toEqual([4, 2, 1]);
  });

  test('two odd names that look the same are two comments', async () => {
    const { perform, comments } = await startAsking();
    await perform({ 'a b.json': { kind: 'comment', text: 'first' }, 'a_b.json': { kind: 'comment', text: 'second' } });
    const bodies = await comments();
    expect(bodies.some(body => body.includes('first')) && bodies.some(body => body.includes('second'))).toBe(true);
  });

  test('a forge that goes down half way is thrown on, and then all of it is done once', async () => {
    const { perform, fake, comments, issues } = await startAsking();
    fake.limit({ perMinute: 4 });
    await expect(perform(all)).rejects.toMatchObject({ name: 'OutsideError', failure: 'limited' });
    fake.limit(null);
    fake.down();
    await expect(perform(all)).rejects.toMatchObject({ name: 'OutsideError', failure: 'unreachable' });
    fake.up();
    await perform(all);
    expect([await comments(), await issues()].map(({ length }) => length)).toEqual([2, 1]);
  });

  test('a token that is not taken is thrown on: it will be replaced', async () => {
    const { order, fake, clientOf } = await startAsking();
    const stranger = createGiteaForge({ name: 'home', url: fake.url, token: 'not-it' });
    const requests = readFrom({ 'a.json': comment });
    await expect(performAll(stranger, { ...order, requests })).rejects.toMatchObject({ failure: 'unauthorized' });
    await expect(performAll(clientOf('bot'), { ...order, requests })).resolves.toBeDefined();
  });

  test('what the forge refuses is told in its words, and the next is done', async () => {
    const { perform, comments } = await startAsking();
    const { results } = await perform({ 'a.json': comment }, { number: 4_711 });
    expect(results[0]!.outcome).toMatch(/^refused by home: /);
    expect(await comments()).toEqual([]);
  });

  test('without a pull request only issues are opened, and without a forge nothing is done', async () => {
    const { perform, issues, order } = await startAsking();
    const { results } = await perform(all, { number: null });
    expect(results.filter(({ outcome }) => outcome === 'refused: there is no pull request yet')).toHaveLength(3);
    expect(await issues()).toHaveLength(1);
    const requests = readFrom({ 'a.json': comment });
    const nowhere = await performAll(undefined, { ...order, forge: null, repository: null, requests });
    expect(nowhere.results).toEqual([{ file: 'a.json', outcome: 'refused: the project is at no forge' }]);
  });

  test('mentions, closing words, commands and marks of ours are made harmless', async () => {
    const { perform, comments, issues, forge, order } = await startAsking();
    const marker = '<!-- signalbox:task-1 -->';
    const text = `@maria closes #1\nFixes acme/app#2\n/close\n&commat;maria &num;1 &#64;maria\n:x:\n  /merge\n${marker}`;
    await perform({
      'a.json': { kind: 'comment', text },
      'b.json': { kind: 'issue', title: 'Closes #1 for @maria', body: text },
    });
    const [issue] = await issues();
    for (const said of [...(await comments()), issue!.title, issue!.body]) {
      expect(said).not.toMatch(/@\w|\bcloses\b|\bfixes\b|#\d/i);
      expect(said).not.toMatch(/^\s*[:/]\w/m);
      expect(said).not.toMatch(/&(?:commat|num|#64);/);
      expect(said).not.toContain(marker);
    }
    // What the task itself keeps under that mark is a comment of its own.
    await forge.keepComment(remote, order.number, { marker, body: 'How it stands.' });
    expect(await comments()).toHaveLength(2);
  });
});
