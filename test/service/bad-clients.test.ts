/** Clients that mean no good, at a process of its own: whoever works through it hardly notices them. */
import { once } from 'node:events';
import { readdirSync, readFileSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ask, makePlace, patience, token } from './process.ts';

vi.setConfig({ testTimeout: 300_000 });

const program = fileURLToPath(new URL('served.ts', import.meta.url));
const wanted = 5_000;

/** Descriptors that a process may open, and what this test needs for itself. */
const allowed = Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1_024);
const possible = Math.min(wanted, Math.floor(allowed / 2) - 200);
if (possible < wanted) writeSync(2, `\nOnly ${possible} idle connections: ${allowed} descriptors are allowed here.\n`);

async function start(times: object, limit?: number) {
  const place = await makePlace();
  const argv = [process.execPath, '--expose-gc', program, place.data, JSON.stringify(times)];
  const words = limit === undefined ? argv : ['sh', '-c', `ulimit -n ${limit}; exec "$@"`, 'sh', ...argv];
  const child = execa(words[0]!, words.slice(1), {
    cwd: place.directory,
    env: { SIGNALBOX_API_TOKEN: token },
    reject: false,
    forceKillAfterDelay: false,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const next = async () => {
    const line = await Promise.race([once(lines, 'line'), child]);
    if (!Array.isArray(line)) throw new Error(`It has ended: ${line.stderr}`);
    return JSON.parse(line[0]) as { url: string; held: number };
  };
  const { url } = await next();
  const pid = child.pid!;
  const headers = { authorization: `Bearer ${token}` };
  return {
    place,
    url,
    port: Number(new URL(url).port),
    get: (path: string) => ask(url, { method: 'GET', path, headers }),
    post: (path: string, body: object) => ask(url, { method: 'POST', path, body, headers }),
    /** Resident memory in megabytes. */
    memory: () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024,
    /** What is still needed of it: how late the rest is given back depends on the machine. */
    async held() {
      const told = next();
      child.kill('SIGUSR2');
      return (await told).held;
    },
    descriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    async stop() {
      child.kill('SIGTERM');
      return (await child).exitCode;
    },
  };
}

type Served = Awaited<ReturnType<typeof start>>;

async function connection({ port }: Served, text = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return socket;
}

const gone = (socket: Socket) =>
  new Promise<string>(resolve => {
    let text = '';
    socket.setEncoding('utf8').on('data', piece => {
      text += piece;
    });
    socket.once('close', () => resolve(text));
  });

const request = (line: string, ...headers: string[]) =>
  [line, 'host: 127.0.0.1', `authorization: Bearer ${token}`, ...headers, '', ''].join('\r\n');

const answersAll = async (served: Served) => {
  for (const path of ['/tasks', '/queue', '/agents']) expect((await served.get(path)).status, path).toBe(200);
  expect((await served.post('/queue/resume', {})).status).toBe(200);
};

test(`${possible} connections on which nothing happens keep nobody from an answer, and cost little`, async () => {
  const served = await start({ headersMs: 120_000, requestMs: 120_000 });
  await answersAll(served);
  const [memory, descriptors] = [served.memory(), served.descriptors()];
  const sockets: Socket[] = [];
  while (sockets.length < possible) {
    const some = Math.min(250, possible - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => connection(served)))));
    await answersAll(served);
  }
  await vi.waitUntil(() => served.descriptors() >= descriptors + possible, patience);
  await answersAll(served);
  // Some ten kilobytes for each.
  expect(served.memory() - memory).toBeLessThan(150);
  for (const socket of sockets) socket.destroy();
  await vi.waitUntil(() => served.descriptors() <= descriptors + 10, patience);
  await answersAll(served);
  expect(await served.stop()).toBe(0);
});

test('whoever sends slowly, or in halves, is cut off in time', async () => {
  const served = await start({ headersMs: 500, requestMs: 1_000 });
  await answersAll(served);
  const descriptors = served.descriptors();
  const head = 'POST /queue/pause HTTP/1.1';
  const json = 'content-type: application/json';
  const slow = [
    'G',
    'GET /tasks HTTP/1.1\r\nhost: 127.0.0.1\r\nx-one: ',
    request(head, json, 'content-length: 100'),
    `${request(head, json, 'content-length: 100')}{"project": `,
    `${request(head, json, 'transfer-encoding: chunked')}5\r\n{"pro\r\n`,
  ];
  const sockets = await Promise.all(slow.map(text => connection(served, text)));
  // One letter after another is no sign of life.
  const drips = sockets.map(socket => setInterval(() => socket.write('a'), 50));
  onTestFinished(() => drips.forEach(clearInterval));
  const ends = await Promise.all(sockets.map(gone));
  drips.forEach(clearInterval);
  // A chunk whose length is no number is refused at once for what it is.
  for (const end of ends) expect(end).toMatch(/^HTTP\/1\.1 (408|400)/);
  expect((await served.get('/queue')).json.worker).not.toMatch(/draining/);
  await vi.waitUntil(() => served.descriptors() <= descriptors + 5, patience);
  await answersAll(served);
});

test('a reader of events who never reads costs no memory, and is dropped', async () => {
  const served = await start({ stallMs: 2_000, heartbeatMs: 500 });
  await served.post('/tasks', { id: 'ET-1', title: 'x', repository: served.place.repository, agent: 'true' });
  const large = { text: 'x'.repeat(19_000) };
  // Each is on record, taken or not.
  const flood = async (times: number) => {
    for (let index = 0; index < times; index++) await served.post('/tasks/ET-1/answer', large);
  };
  await flood(300);
  const [held, descriptors] = [await served.held(), served.descriptors()];
  const readers = await Promise.all(
    Array.from({ length: 60 }, () => connection(served, request('GET /events?after=0 HTTP/1.1'))),
  );
  await vi.waitUntil(() => served.descriptors() >= descriptors + readers.length, patience);
  await flood(300);
  // Sixty who were each kept everything for would hold 60 × 11 MB; a batch, and what was written of it, is about 3 MB.
  expect((await served.held()) - held).toBeLessThan(330);
  await vi.waitUntil(() => served.descriptors() <= descriptors + 5, patience);
  await answersAll(served);
});

test('whoever connects and vanishes leaves nothing behind', async () => {
  const served = await start({});
  await answersAll(served);
  const [memory, descriptors] = [served.memory(), served.descriptors()];
  const last = ['', 'GET /tas', request('GET /tasks?limit=1000 HTTP/1.1'), request('GET /events?after=0 HTTP/1.1')];
  for (let index = 0; index < 200; index++) {
    const socket = await connection(served, last[index % last.length]);
    if (index % 2 === 0) socket.resetAndDestroy();
    else socket.destroy();
  }
  await vi.waitUntil(() => served.descriptors() <= descriptors + 5, patience);
  expect(served.memory() - memory).toBeLessThan(80);
  await answersAll(served);
  expect(await served.stop()).toBe(0);
});

test('more connections than there are descriptors leave enough of them for the work', async () => {
  const served = await start({ headersMs: 120_000, requestMs: 120_000 }, 200);
  const sockets = await Promise.all(Array.from({ length: 400 }, () => connection(served)));
  // The service itself has room for no more than half of them.
  await vi.waitUntil(() => sockets.filter(({ destroyed }) => destroyed).length >= 300, patience);
  const added = await served.place.signalbox(
    ...['task', 'add', '--id', 'ET-1', '--title', 'x', '--repo', served.place.repository],
    ...served.place.agent(),
  );
  expect(added).toMatchObject({ code: 0, stderr: '' });
  await vi.waitUntil(() => served.place.calls().length > 0, patience);
});
