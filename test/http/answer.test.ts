/** Requests that mean nothing, or not what they say. */
import { expect, onTestFinished, test } from 'vitest';
import { openApp } from '../../src/app/open.ts';
import { openRemote } from '../../src/client/remote.ts';
import { createAnswers } from '../../src/http/answer.ts';
import type { PlainResponse } from '../../src/operations/http.ts';
import { waysOfAsking } from '../client/data.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function answers() {
  const directory = temporaryDirectory();
  const app = await openApp({ dataDir: directory, mode: 'commit' });
  onTestFinished(() => app.close());
  const here = {
    cwd: directory,
    env: {},
    configurationFile: async () => null,
    configuration: () => Promise.reject(new Error('none')),
  };
  const answer = await createAnswers(Object.assign(app, { here }));
  const carry = (method: string, url: string, body = '', type = 'application/json') =>
    answer({ method, url, headers: { 'content-type': type }, body }, { name: 'ann', role: 'admin' });
  const ask = async (...request: Parameters<typeof carry>) => {
    const response = await carry(...request);
    return { ...response, json: JSON.parse(String(response.body)) as Record<string, unknown> };
  };
  return Object.assign(ask, { stream: async (url: string) => (await carry('GET', url)).body as AsyncIterable<string> });
}

test('what is at no route is answered with a problem document', async () => {
  const ask = await answers();
  for (const [method, url] of [
    ['GET', '/nothing'],
    ['DELETE', '/tasks/ET-1'],
    ['GET', '/tasks/%E0%A4%A'],
    ['GET', '/tasks/a/b/c/d'],
    ['POST', '/tasks/ET-1'],
  ] as const) {
    const { status, headers, json } = await ask(method, url);
    expect([url, status, json.reason]).toEqual([url, 404, 'unknownOperation']);
    expect(headers['content-type']).toBe('application/problem+json');
  }
});

test('a path that is not written plainly reaches nothing', async () => {
  const ask = await answers();
  for (const url of [
    '//x/queue',
    'http://evil/queue',
    '//',
    'http://[',
    '/tasks/%2e%2e/queue',
    '/tasks/../queue',
    '/queue\\x',
    'queue',
    '',
  ]) {
    expect([url, (await ask('GET', url)).json.reason]).toEqual([url, 'badInput']);
  }
  expect((await ask('GET', '/queue?x=//')).json).toMatchObject({ reason: 'badInput' });
  expect((await ask('GET', '/queue')).status).toBe(200);
});

test('what a form of another site can send is not carried out', async () => {
  const ask = await answers();
  for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain', '']) {
    expect((await ask('POST', '/queue/pause', '{}', type)).json, type).toMatchObject({ reason: 'badInput' });
  }
  expect((await ask('POST', '/queue/pause', '{}', 'application/json; charset=utf-8')).status).toBe(200);
});

test('a body that is deep, long or full of mistakes is answered shortly', async () => {
  const ask = await answers();
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  for (const body of [
    `{"data":${deep}}`,
    `{"x":"${'x'.repeat(13_000_000)}"}`,
    JSON.stringify({ title: 'x', agentEnv: Array.from({ length: 200_000 }, () => 1) }),
    JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 1]))),
    JSON.stringify({ ['k'.repeat(1_000_000)]: 1 }),
  ]) {
    const { status, body: answer } = await ask('POST', '/tasks', body);
    expect(status).toBe(400);
    expect(String(answer).length).toBeLessThan(20_000);
  }
  expect((await ask('POST', '/tasks', JSON.stringify({ title: '[[{"\\' }))).json.reason).not.toBe('unknownOperation');
});

test('whoever takes no more of what comes bit by bit ends it, also while nothing happens', async () => {
  const { stream } = await answers();
  const pieces = (await stream('/events'))[Symbol.asyncIterator]();
  const next = pieces.next();
  expect((await pieces.return!()).done).toBe(true);
  expect((await next).value).toContain('event: end');
});

test('a path that is written out goes before one that takes any name', async () => {
  const ask = await answers();
  expect((await ask('GET', '/pipelines/check')).json).toMatchObject({ pipeline: 'default', violations: [] });
  expect((await ask('GET', '/pipelines/default')).json).toMatchObject({ pipeline: { name: 'default' } });
  expect((await ask('POST', '/agents/kill-all', '{}')).json).toMatchObject({ total: 0 });
});

test('a body that is no JSON object is refused, and one that claims another id does not get it', async () => {
  const ask = await answers();
  for (const body of ['{', '[]', '"x"', 'null', '7', '{"reason":']) {
    expect((await ask('POST', '/tasks/ET-1/reject', body)).json, body).toMatchObject({ reason: 'badInput' });
  }
  const { json } = await ask('POST', '/tasks/ET-1/pause', '{"taskId":"ET-2"}');
  expect(json.detail).toContain('"ET-1"');
});

test('keys of the prototype are fields like others: unknown', async () => {
  const ask = await answers();
  const { json } = await ask('POST', '/tasks/ET-1/pause', '{"__proto__":{"x":1},"constructor":1}');
  expect(json).toMatchObject({ status: 400, reason: 'badInput' });
});

test('flags and numbers of a query string are what they say', async () => {
  const { client, order } = await waysOfAsking[1]!.make();
  await client.ask('task.add', { ...order, id: 'ET-1' });
  expect(await client.ask('task.replay', { taskId: 'ET-1', verify: true, at: 1 })).toMatchObject({
    seq: 1,
    difference: null,
  });
  expect(await client.ask('task.replay', { taskId: 'ET-1', verify: false })).not.toHaveProperty('difference');
});

test('an answer that is something else is a failure of its own, and never taken for one', async () => {
  const saying = (body: string, status = 200) =>
    openRemote(async (): Promise<PlainResponse> => ({ status, headers: {}, body }));
  for (const body of ['', '<html>', '{}', '[]', '{"items":7}']) {
    await expect(saying(body).ask('task.list', {}), body).rejects.toMatchObject({ reason: 'badAnswer' });
  }
  await expect(saying('<html>502</html>', 502).ask('task.list', {})).rejects.toMatchObject({ reason: 'badAnswer' });
  const cut = openRemote(async () => ({ status: 200, headers: {}, body: 'event: x\n\n' }));
  await expect(cut.follow('events.follow', {}).next()).rejects.toMatchObject({ reason: 'unreachable' });
  const down = openRemote(() => Promise.reject(new Error('connect ECONNREFUSED')));
  await expect(down.ask('task.list', {})).rejects.toMatchObject({ reason: 'unreachable' });
});

test('what is about the machine on which it is asked cannot be asked from afar', async () => {
  const { client } = await waysOfAsking[1]!.make();
  for (const name of ['doctor', 'init', 'config.check'] as const) {
    await expect(client.ask(name, {})).rejects.toMatchObject({ reason: 'unknownOperation' });
  }
});
