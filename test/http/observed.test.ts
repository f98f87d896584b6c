/** What a service shows of itself: whether it lives, what it counts, and each actor live. */
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { clientOn } from '../../src/client/on-site.ts';
import { addDocs } from '../../src/http/docs.ts';
import { addInspector } from '../../src/http/inspector/routes.ts';
import { addMetrics } from '../../src/http/metrics.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { createInspector } from '../../src/operations/inspector/inspector.ts';
import { emptySite, openService } from './place.ts';

const sockets: WebSocket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate();
});

async function observed() {
  const site = await emptySite();
  const metrics = createMetrics({ version: '1.2.3' });
  metrics.attach(site);
  const viewers: number[] = [];
  const service = await openService(site, {
    watch: { onRequest: request => metrics.observeRequest(request), onReader: () => {} },
    async more(server) {
      await addDocs(server, '1.2.3');
      addMetrics(server, metrics);
      await addInspector(server, { inspector: createInspector(site), onViewer: by => viewers.push(by) });
    },
  });
  const open = (protocols: string[], headers = {}) => {
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/inspect`, protocols, { headers });
    sockets.push(socket);
    const heard: { type: string; sessionId: string }[] = [];
    socket.on('message', data => heard.push(JSON.parse(String(data))));
    const opened = new Promise<string>(resolve => {
      socket.on('open', () => resolve('open'));
      socket.on('unexpected-response', (_, response) => resolve(String(response.statusCode)));
      socket.on('error', () => {});
    });
    const closed = new Promise<{ code: number; reason: string }>(resolve => {
      socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
    return { socket, heard, opened, closed };
  };
  return { ...service, site, open, viewers };
}

const inToken = (token: string) => `signalbox.token.${Buffer.from(token).toString('base64url')}`;

test('whether it lives is told to anybody, whether it is ready with what was looked at', async () => {
  const { ask } = await openService();
  const anybody = { authorization: undefined };
  expect((await ask('GET', '/health', undefined, anybody)).json).toEqual({
    status: 'ok',
    version: '1.2.3',
    uptime: expect.any(Number),
  });
  const ready = await ask('GET', '/health/ready', undefined, anybody);
  expect([ready.status, ready.json.status]).toEqual([200, 'ok']);
  expect(Object.keys(ready.json.checks as object)).toEqual(['database', 'disk', 'worker', 'agents']);
});

test('who cannot read its data any more is alive and not ready', async () => {
  const { ask, site } = await openService();
  await site.store.close();
  expect((await ask('GET', '/health')).status).toBe(200);
  const ready = await ask('GET', '/health/ready');
  expect(ready.status).toBe(503);
  expect(ready.json.checks).toMatchObject({ database: { status: 'failed' } });
});

test('what is counted is read with a token, and counts the requests by their routes', async () => {
  const { ask } = await observed();
  await ask('GET', '/tasks/ET-1');
  expect((await ask('GET', '/metrics', undefined, { authorization: undefined })).status).toBe(401);
  const { headers, body } = await ask('GET', '/metrics');
  expect(headers['content-type']).toContain('text/plain');
  expect(body).toMatch(/signalbox_http_request\w*_count\{[^}]*route="\/tasks\/:taskId"[^}]*\} 1/);
  expect(body).not.toContain('ET-1');
});

test('the API is described, in a document and on pages that load nothing from outside', async () => {
  const { ask } = await observed();
  expect((await ask('GET', '/openapi.json')).json).toMatchObject({ openapi: '3.1.0' });
  const page = await ask('GET', '/docs/');
  expect(page.status).toBe(200);
  const policy = page.headers['content-security-policy'] ?? '';
  expect(policy).toMatch(/default-src 'self'/);
  expect(policy).not.toMatch(/unsafe-eval|https?:\/\//);
  const links = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link!);
  expect(links.length).toBeGreaterThan(2);
  for (const link of links) expect(link).not.toMatch(/^(?:https?:)?\/\//);
});

test('a viewer signs in by a subprotocol and is told of what lives and of what happens', async () => {
  const { open, admin, site } = await observed();
  const viewer = open(['signalbox', inToken(admin)]);
  expect(await viewer.opened).toBe('open');
  expect(viewer.socket.protocol).toBe('signalbox');
  await clientOn(site, { name: 'ann', role: 'admin' }).ask('queue.pause', {});
  await expect.poll(() => viewer.heard.some(({ type }) => type === '@xstate.snapshot')).toBe(true);
  expect(viewer.heard[0]).toMatchObject({ type: '@xstate.actor', sessionId: 'worker' });
});

test('nobody looks without a token, with a wrong one, or out of a page of another site', async () => {
  const { open, ask, admin } = await observed();
  expect(await open(['signalbox']).opened).toBe('401');
  expect(await open(['signalbox', inToken('wrong')]).opened).toBe('401');
  const foreign = { origin: 'https://evil.example' };
  expect(await open(['signalbox', inToken(admin)], foreign).opened).toBe('403');
  expect((await ask('GET', '/inspect', undefined, { authorization: undefined })).status).toBe(401);
  expect((await ask('GET', '/inspect')).status).toBe(426);
});

test('a viewer has nothing to say: few frames are not heard, many or large ones end it', async () => {
  const { open, admin, viewers } = await observed();
  const talker = open(['signalbox', inToken(admin)]);
  await talker.opened;
  for (let count = 0; count < 20; count++) talker.socket.send('{"type":"@xstate.event"}');
  expect(await talker.closed).toEqual({ code: 1008, reason: 'a viewer has nothing to say here' });
  const shouter = open(['signalbox', inToken(admin)]);
  await shouter.opened;
  shouter.socket.send('x'.repeat(10_000));
  expect((await shouter.closed).code).toBe(1009);
  await expect.poll(() => viewers).toEqual([1, -1, 1, -1]);
});

test('when the service stops, viewers are told so', async () => {
  const { open, admin, server } = await observed();
  const viewer = open(['signalbox', inToken(admin)]);
  await viewer.opened;
  const closing = server.close();
  expect(await viewer.closed).toEqual({ code: 1001, reason: 'the service stops' });
  await closing;
});

test('the page of the inspector is there for whoever has no token yet, and works without anything inline', async () => {
  const { ask } = await observed();
  for (const path of ['/inspector', '/inspector.js', '/inspector.css']) {
    expect((await ask('GET', path, undefined, { authorization: undefined })).status).toBe(200);
  }
  const { headers, body } = await ask('GET', '/inspector');
  expect(headers['content-security-policy']).toContain("script-src 'self'");
  expect(body).not.toMatch(/<script>|style=|onclick/);
});
