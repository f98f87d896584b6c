/** Requests that mean nothing, or not what they say: a clear answer, and nothing has changed. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openRemote } from '../../src/client/remote.ts';
import type { PlainResponse } from '../../src/operations/http.ts';
import { waysOfAsking } from '../client/data.ts';
import { openService } from './place.ts';

const problem = 'application/problem+json';

test('what is at no route is answered with a problem document', async () => {
  const { ask } = await openService();
  for (const [method, path] of [
    ['GET', '/nothing'],
    ['GET', '/tasks/a/b/c/d'],
    ['POST', '/tasks/ET-1/undo'],
  ] as const) {
    const { status, headers, json } = await ask(method, path);
    expect([path, status, json.reason]).toEqual([path, 404, 'unknownOperation']);
    expect(headers['content-type']).toContain(problem);
  }
});

test('a method that a route does not take is answered with those that it takes', async () => {
  const { ask } = await openService();
  for (const [method, path, allow] of [
    ['DELETE', '/tasks/ET-1', 'GET, HEAD'],
    ['POST', '/tasks/ET-1', 'GET, HEAD'],
    ['PUT', '/tasks', 'GET, HEAD, POST'],
    ['GET', '/tasks/ET-1/pause', 'POST'],
  ] as const) {
    const { status, headers, json } = await ask(method, path);
    expect([path, status, json.reason, headers.allow]).toEqual([path, 405, 'badMethod', allow]);
  }
});

test('a path that is not written plainly reaches nothing', async () => {
  const { ask } = await openService();
  for (const path of ['//x/queue', '//', '/tasks/%2e%2e/queue', '/tasks/../queue', '/tasks/..', '/queue\\x', '/x//']) {
    const { status, json } = await ask('GET', path);
    expect([path, status, json.reason]).toEqual([path, 400, 'badRequest']);
  }
  expect((await ask('GET', '/tasks/%E0%A4%A')).json).toMatchObject({ status: 400, reason: 'badRequest' });
  expect((await ask('GET', '/queue?x=//')).json).toMatchObject({ reason: 'badInput' });
  expect((await ask('GET', '/queue')).status).toBe(200);
});

test('what a form of another site can send is not carried out', async () => {
  const { ask } = await openService();
  for (const type of [
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'text/plain',
    'application/json; charset=latin1',
    undefined,
  ]) {
    const { status, json } = await ask('POST', '/queue/pause', '{}', { 'content-type': type });
    expect([type, status, json.reason]).toEqual([type, 415, 'badMediaType']);
  }
  const packed = await ask('POST', '/queue/pause', '{}', { 'content-encoding': 'gzip' });
  expect(packed.json).toMatchObject({ reason: 'badMediaType' });
  for (const type of ['application/json; charset=utf-8', 'application/json;charset="UTF-8"']) {
    expect((await ask('POST', '/queue/pause', '{}', { 'content-type': type })).status).toBe(200);
  }
});

test('a body that is no JSON says where it stops being JSON, and repeats nothing of it', async () => {
  const { ask } = await openService();
  const said = async (body: string | Buffer) => {
    const { status, json } = await ask('POST', '/tasks/ET-1/reject', body);
    return [status, json.reason, json.detail];
  };
  expect(await said('{"reason": secret}')).toEqual([
    400,
    'badJson',
    'The body is not JSON: something is wrong at line 1, column 12 (position 11).',
  ]);
  expect(await said('{"reason":\n "x",\n y}')).toEqual([400, 'badJson', expect.stringContaining('line 3, column 2')]);
  expect(await said('{"reason":')).toEqual([400, 'badJson', expect.stringContaining('ends too early')]);
  expect(await said('{"reason":"a","reason":"b"}')).toEqual([400, 'badJson', expect.stringContaining('a name twice')]);
  expect(await said('{"reason":"a","\\u0072eason":"b"}')).toEqual([400, 'badJson', expect.stringContaining('twice')]);
  expect(await said(Buffer.from([0x7b, 0xff, 0x7d]))).toEqual([400, 'badJson', expect.stringContaining('UTF-8')]);
  for (const body of ['[]', '"x"', 'null', '7']) expect((await said(body))[1]).toBe('badJson');
  // The same name in two objects is none twice, nor is one that is a value.
  expect((await said('{"reason":"reason","a":{"x":1},"b":{"x":[{"x":"x"}]}}'))[1]).toBe('badInput');
});

test('a body that is deep, long or full of mistakes is answered shortly', async () => {
  const { ask } = await openService();
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  for (const [body, status] of [
    [`{"data":${deep}}`, 400],
    [`{"x":"${'x'.repeat(13_000_000)}"}`, 413],
    [JSON.stringify({ title: 'x', agentEnv: Array.from({ length: 200_000 }, () => 1) }), 400],
    [JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 1]))), 400],
    [JSON.stringify({ ['k'.repeat(1_000_000)]: 1 }), 400],
  ] as const) {
    const answer = await ask('POST', '/tasks', body);
    expect(answer.status).toBe(status);
    expect(answer.body.length).toBeLessThan(20_000);
    expect(answer.headers['content-type']).toContain(problem);
  }
});

test('a path that is written out goes before one that takes any name', async () => {
  const { ask } = await openService();
  expect((await ask('GET', '/pipelines/check')).json).toMatchObject({ pipeline: 'default', violations: [] });
  expect((await ask('GET', '/pipelines/default')).json).toMatchObject({ pipeline: { name: 'default' } });
  expect((await ask('POST', '/agents/kill-all', '{}')).json).toMatchObject({ total: 0 });
});

test('a body that claims another id does not get it', async () => {
  const { ask } = await openService();
  const { json } = await ask('POST', '/tasks/ET-1/pause', '{"taskId":"ET-2"}');
  expect(json.detail).toContain('"ET-1"');
});

test('keys of the prototype are fields like others: unknown', async () => {
  const { ask } = await openService();
  const { json } = await ask('POST', '/tasks/ET-1/pause', '{"__proto__":{"x":1},"constructor":1}');
  expect(json).toMatchObject({ status: 400, reason: 'badInput' });
  expect((await ask('GET', '/tasks?__proto__=1')).status).toBe(400);
});

test('text with half a character or a NUL is refused wherever it stands', async () => {
  const { ask } = await openService();
  for (const text of ['\\ud800', 'a\\u0000b']) {
    for (const body of [`{"title":"${text}","project":"x"}`, `{"title":"x","pipeline":{"${text}":1}}`]) {
      const { status, json } = await ask('POST', '/tasks', body);
      expect([body, status, json.reason]).toEqual([body, 400, 'badInput']);
    }
  }
  expect((await ask('GET', '/tasks?tag=%00')).json).toMatchObject({ reason: 'badInput' });
});

test('a file that never ends is not read', async () => {
  const { ask } = await openService();
  const { status, json } = await ask('GET', `/pipelines/${encodeURIComponent('/dev/zero')}`);
  expect([status, json.reason]).toEqual([400, 'badFile']);
});

test('a backup into a directory that there is not is refused, and names the field', async () => {
  const { ask } = await openService();
  const { json } = await ask('POST', '/data/backup', '{"file":"/no/such/directory/copy.db"}');
  expect(json).toMatchObject({ status: 400, reason: 'badInput', remedy: { field: 'file' } });
});

test('a token that there is already stays as it is, and its log too', async () => {
  const { ask, site } = await openService();
  await ask('POST', '/tokens', '{"name":"ci","role":"viewer"}');
  const position = await site.runtime.lastPosition();
  const { json } = await ask('POST', '/tokens', '{"name":"ci","role":"admin"}');
  expect(json).toMatchObject({ status: 409, reason: 'tokenTaken' });
  expect(await site.runtime.lastPosition()).toBe(position);
});

test('a snapshot or list that has not changed is not sent again', async () => {
  const { ask } = await openService();
  const first = await ask('GET', '/tasks');
  expect(first.headers.etag).toMatch(/^W\/"/);
  const again = await ask('GET', '/tasks', undefined, { 'if-none-match': first.headers.etag! });
  expect([again.status, again.body]).toEqual([304, '']);
  const head = await ask('HEAD', '/tasks');
  expect([head.status, head.headers.etag, head.body]).toEqual([200, first.headers.etag, '']);
});

test('a large answer is sent smaller to whoever can read that', async () => {
  const { url, admin } = await openService();
  const headers = { authorization: `Bearer ${admin}`, 'accept-encoding': 'gzip' };
  const answer = await fetch(`${url}/config/schema`, { headers });
  expect(answer.headers.get('content-encoding')).toBe('gzip');
  expect(await answer.json()).toHaveProperty('properties');
  const { body } = await (await openService()).ask('GET', '/config/schema');
  expect(() => gunzipSync(body)).toThrow();
});

test('what is no HTTP is answered as far as it can be, and the next one is served', async () => {
  const { raw, ask } = await openService();
  const host = 'host: localhost';
  for (const text of [
    'nonsense\r\n\r\n',
    `GET /queue HTTP/1.1\r\n${host}\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n`,
    `POST /queue/pause HTTP/1.1\r\n${host}\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    `POST /queue/pause HTTP/1.1\r\n${host}\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n`,
    `GET /queue HTTP/1.1\r\n${host}\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`,
    'GET /queue HTTP/1.1\r\n\r\n',
  ]) {
    const answer = await raw(text);
    expect([text.slice(0, 40), /^HTTP\/1\.1 4\d\d /.test(answer)]).toEqual([text.slice(0, 40), true]);
  }
  expect((await ask('GET', '/queue')).status).toBe(200);
});

test('a connection on which nothing was asked keeps nobody from stopping', async () => {
  const { server, port } = await openService();
  const socket = connect(port, '127.0.0.1');
  await once(server.server, 'connection');
  const ended = once(socket, 'close');
  await server.close();
  await ended;
});

test('requests that come in one piece are answered one after another', async () => {
  const { raw, admin } = await openService();
  const one = (path: string, more = '') =>
    `GET ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${admin}\r\n${more}\r\n`;
  const answer = await raw(`${one('/queue')}${one('/nothing')}${one('/tasks', 'connection: close\r\n')}`);
  expect([...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '404', '200']);
});

test('flags and numbers of a query string are what they say', async () => {
  const { client, order } = await waysOfAsking[2]!.make();
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
  const { client } = await waysOfAsking[2]!.make();
  for (const name of ['doctor', 'init', 'config.check'] as const) {
    await expect(client.ask(name, {})).rejects.toMatchObject({ reason: 'unknownOperation' });
  }
});
