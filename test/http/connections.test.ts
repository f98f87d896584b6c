/** Who holds a connection to a server, and for how long: with times that are short enough to be waited for. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openService, type Service } from './place.ts';

const times = { headersMs: 300, requestMs: 600, stallMs: 300, heartbeatMs: 100 };
const never = 3_600_000;
const patience = { timeout: 20_000, interval: 10 };

/** A connection that reads nothing but what it is asked to. */
async function connection({ port }: Service, text = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (text !== '') await new Promise(sent => socket.write(text, sent));
  return socket;
}

const gone = (socket: Socket) => new Promise(resolve => socket.once('close', resolve).resume());

async function answerOn(socket: Socket): Promise<string> {
  let text = '';
  for await (const piece of socket.setEncoding('utf8')) text += piece;
  return text;
}

const connections = ({ server }: Service) =>
  new Promise<number>((resolve, reject) =>
    server.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

const arrived = (service: Service, count: number) =>
  vi.waitUntil(async () => (await connections(service)) === count, patience);

const headOf = (service: Service, length: number) =>
  [
    'POST /queue/pause HTTP/1.1',
    `host: 127.0.0.1:${service.port}`,
    `authorization: Bearer ${service.admin}`,
    'content-type: application/json',
    `content-length: ${length}`,
  ].join('\r\n');

test('headers that take too long are cut off', async () => {
  const service = await openService(undefined, { times: { ...times, requestMs: never } });
  expect(await answerOn(await connection(service, 'GET /tasks HTTP/1.1\r\nhost: a'))).toContain('"reason":"tooSlow"');
});

test('so is a connection on which nothing is ever asked', async () => {
  const service = await openService(undefined, { times: { ...times, requestMs: never } });
  expect(await answerOn(await connection(service))).toContain('408 Request Timeout');
});

test('a body that takes too long is cut off, and nothing of it is carried out', async () => {
  const service = await openService(undefined, { times: { ...times, headersMs: 600 } });
  const socket = await connection(service, `${headOf(service, 20)}\r\n\r\n{`);
  expect(await answerOn(socket)).toContain('"reason":"tooSlow"');
  expect((await service.ask('GET', '/queue')).json.worker).not.toMatch(/draining/);
});

test('a reader that takes nothing of its answer is dropped', async () => {
  const service = await openService(undefined, {
    times: { ...times, headersMs: never, requestMs: never },
    more: server => void server.get('/large', { config: { isOpen: true } }, async () => 'x'.repeat(50_000_000)),
  });
  await connection(service, `GET /large HTTP/1.1\r\nhost: 127.0.0.1:${service.port}\r\n\r\n`);
  await arrived(service, 1);
  await arrived(service, 0);
});

test('one that reads gets all of it', async () => {
  const size = 5_000_000;
  const service = await openService(undefined, {
    times,
    more: server => void server.get('/large', { config: { isOpen: true } }, async () => 'x'.repeat(size)),
  });
  const request = `GET /large HTTP/1.1\r\nhost: 127.0.0.1:${service.port}\r\nconnection: close\r\n\r\n`;
  const socket = await connection(service, request);
  expect((await answerOn(socket)).length).toBeGreaterThan(size);
});

test('a server that closes waits for nobody who has asked nothing', async () => {
  const service = await openService(undefined, { times: { headersMs: never, requestMs: never } });
  const silent = await connection(service);
  const half = await connection(service, 'GET /tasks HTTP/1.1\r\nhost: a');
  await arrived(service, 2);
  const ended = Promise.all([gone(silent), gone(half)]);
  await service.server.close();
  await ended;
});

test('nor for the next request on a connection that it has answered', async () => {
  const asked = Promise.withResolvers<void>();
  const go = Promise.withResolvers<string>();
  const service = await openService(undefined, {
    times: { headersMs: never, requestMs: never },
    more: server =>
      void server.get('/slow', { config: { isOpen: true } }, () => {
        asked.resolve();
        return go.promise;
      }),
  });
  const socket = await connection(service, `GET /slow HTTP/1.1\r\nhost: 127.0.0.1:${service.port}\r\n\r\n`);
  await asked.promise;
  const closed = service.server.close();
  go.resolve('answered');
  expect(await answerOn(socket)).toMatch(/^HTTP\/1\.1 200 [\s\S]*answered$/);
  await closed;
});

test('nor for ever for a body that does not come', async () => {
  const service = await openService(undefined, { times: { headersMs: 500, requestMs: 500 } });
  const half = await connection(service, `${headOf(service, 20)}\r\n\r\n{`);
  await arrived(service, 1);
  const ended = gone(half);
  await service.server.close();
  await ended;
});

test('nor for a reader of events who takes none of them', async () => {
  const service = await openService(undefined, { times: { ...times, stallMs: never } });
  await flood(service);
  const reader = await connection(service, requestForEvents(service));
  await arrived(service, 1);
  await once(reader, 'readable');
  await service.server.close();
});

test('a reader of events who takes none of them is told why and dropped, and the others go on', async () => {
  const service = await openService(undefined, { times: { ...times, headersMs: never, requestMs: never } });
  await flood(service);
  const stuck = await connection(service, requestForEvents(service));
  const reading = await connection(service, requestForEvents(service));
  let read = '';
  reading.setEncoding('utf8').on('data', piece => {
    read += piece;
  });
  await arrived(service, 2);
  await arrived(service, 1);
  await service.ask('POST', '/queue/pause', '{}');
  await vi.waitUntil(() => read.includes('worker.drain'), patience);
  expect(reading.destroyed).toBe(false);
  // Only now, when the server has long let go of it.
  expect((await answerOn(stuck)).length).toBeGreaterThan(0);
});

const requestForEvents = ({ port, admin }: Service) =>
  `GET /events?after=0 HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${admin}\r\n\r\n`;

/** More than what the system takes for a connection on which nothing is read. */
async function flood({ site }: Service): Promise<void> {
  const text = 'x'.repeat(100_000);
  for (let index = 0; index < 150; index++) {
    await site.runtime.send('worker', { type: 'worker.drain', by: text }, { source: 'test' });
  }
}
