/** What a request leaves in the log: who asked what and how it went, never what was in it. */
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../src/service/log.ts';
import { openSite, waysOfAsking } from '../client/data.ts';
import { openService } from './place.ts';

const mark = 'hunter2-in-the-clear';

/** Everything is logged that can be, and nothing is covered because it is known as a secret. */
async function start() {
  const lines: string[] = [];
  const out = { write: (line: string) => lines.push(line) };
  const logger = await createLogger({ level: 'debug', isReadable: false, secrets: () => [], out });
  return { ...(await openService(undefined, { logger })), lines };
}

test('a token in an address is refused wherever it stands, and no line of the log holds it', async () => {
  const { ask, admin, raw, lines } = await start();
  const given = [mark, encodeURIComponent(admin)];
  for (const token of given) {
    for (const [method, path] of [
      ['GET', `/queue?access_token=${token}`],
      ['GET', `/queue?limit=1&token=${token}`],
      ['GET', `/events?api_key=${token}`],
      ['GET', `/health?Auth=${token}`],
      ['GET', `/nothing?apiToken=${token}`],
      ['POST', `/queue/pause?access-token=${token}`],
      ['POST', `/queue/pause?access%5Ftoken=${token}`],
      ['DELETE', `/tasks?token=${token}`],
    ] as const) {
      const body = method === 'POST' ? '{}' : undefined;
      // Whoever has shown a good one beside it is refused too.
      const answer = await ask(method, path, body);
      expect([path, answer.status, answer.json.reason]).toEqual([path, 401, 'unauthenticated']);
      expect(answer.json.detail, path).toBe('A token in an address is not taken.');
      expect(answer.body, path).not.toContain(token);
    }
    const host = `host: localhost\r\nconnection: close`;
    expect(await raw(`GET /queue?token=${token} HTTP/1.1\r\n${host}\r\nx: \u0001\r\n\r\n`)).toContain(
      '400 Bad Request',
    );
  }
  expect(lines.filter(line => given.some(token => line.includes(token)))).toEqual([]);
  expect(lines.filter(line => line.includes('"route":"/queue"')).length).toBe(4);
});

test('neither what was sent with a refused request nor a header of it is in the log', async () => {
  const { ask, lines } = await start();
  const json = JSON.stringify({ reason: mark, [mark]: mark });
  const asked: [string, string | Buffer, Record<string, string | undefined>][] = [
    ['/tasks/ET-1/reject', json, {}],
    ['/tasks/ET-1/reject', `{"reason": ${mark}`, {}],
    ['/tasks/ET-1/reject', JSON.stringify({ reason: mark }), {}],
    ['/tasks', JSON.stringify({ title: mark, project: mark }), {}],
    ['/tasks', JSON.stringify({ title: `${mark}\u0000` }), {}],
    ['/tokens', json, { authorization: `Bearer ${mark}` }],
    ['/tokens', json, { authorization: undefined }],
    ['/tokens', json, { origin: `https://${mark}.example` }],
    ['/tokens', json, { 'content-type': `text/${mark}` }],
    ['/tokens', json, { 'idempotency-key': mark.repeat(20) }],
    ['/tokens', `"${mark}${'x'.repeat(12_000_000)}"`, {}],
    ['/nothing', json, { cookie: mark }],
  ];
  for (const [path, body, headers] of asked) {
    const { status } = await ask('POST', path, body, headers);
    expect([path, status >= 400]).toEqual([path, true]);
  }
  await ask('GET', `/tasks?cursor=${mark}&${mark}=1`, undefined, { 'x-forwarded-for': mark, 'user-agent': mark });
  expect(lines.filter(line => line.includes(mark))).toEqual([]);
  expect(lines.length).toBeGreaterThanOrEqual(asked.length);
});

test('a line says who asked which route, from where, and how it went', async () => {
  const { ask, lines } = await start();
  const { headers } = await ask('POST', '/queue/pause', '{}');
  const line = lines.map(text => JSON.parse(text) as object).find(it => 'route' in it);
  expect(line).toMatchObject({
    ...{ level: 'info', msg: 'ordered', method: 'POST', route: '/queue/pause', status: 200 },
    ...{ by: 'ann', from: '127.0.0.1', request: headers['x-request-id'], ms: expect.any(Number) },
  });
});

test('a line says which task was made or moved, and at which position of its log', async () => {
  const data = await waysOfAsking[0]!.make();
  const lines: Record<string, unknown>[] = [];
  const out = { write: (line: string) => lines.push(JSON.parse(line)) };
  const logger = await createLogger({ level: 'info', isReadable: false, secrets: () => [], out });
  const site = await openSite(data);
  onTestFinished(() => site.close());
  const { ask } = await openService(site, { logger });
  const { json } = await ask('POST', '/tasks', JSON.stringify(data.order));
  await ask('POST', `/tasks/${json.id}/pause`);
  const ordered = lines.filter(({ msg }) => msg === 'ordered');
  expect(ordered).toMatchObject([
    { route: '/tasks', task: json.id },
    { route: '/tasks/:taskId/pause', task: json.id, seq: 2 },
  ]);
});
