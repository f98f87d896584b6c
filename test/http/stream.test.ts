/** What happens, as somebody hears of it who only has a connection: GET /events. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import type { Guard } from '../../src/http/guard.ts';
import { workerId } from '../../src/machines/addresses.ts';
import type { Site } from '../../src/operations/operation.ts';
import type { StoredLogEntry } from '../../src/persistence/store.ts';
import { taskInput } from '../model/cases.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { hasCome, type Listening, listen } from './listener.ts';
import { emptySite, openService } from './place.ts';

// Thousands of requests, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const tasks = ['ET-1', 'ET-2', 'ET-3', 'ET-4'];
const projectOf = (task: string) => (task < 'ET-3' ? 'shop' : 'bank');

async function withTasks(site: Site): Promise<void> {
  for (const id of tasks) await site.runtime.create('task', id, { ...taskInput, project: projectOf(id) } as never);
}

/** Pauses and resumes the tasks in turn, so many times in all. */
async function happen(site: Site, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const type = Math.floor(index / tasks.length) % 2 === 0 ? 'task.pause' : 'task.resume';
    await site.runtime.send(tasks[index % tasks.length]!, { type, by: 'ann' });
  }
}

const logOf = ({ runtime }: Site): Promise<StoredLogEntry[]> => runtime.logAfter(0, 100_000);
const positionsIn = async (site: Site) => (await logOf(site)).map(({ position }) => position);

/** Does something for each, so many at a time. */
async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const one = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, one));
}

/** What is told behind a position, up to the end. */
async function toldAfter(service: Listening, position: number, end: number): Promise<number[]> {
  const isByHeader = position % 2 === 0;
  const path = isByHeader ? '/events?after=3' : `/events?after=${position}`;
  const listener = await listen(service, path, isByHeader ? { 'last-event-id': String(position) } : {});
  await listener.until(hasCome(end));
  listener.leave();
  return listener.ids();
}

test('whoever follows with a token that is taken back is told so, and nothing more', async () => {
  // Nobody waits for a heartbeat.
  const service = await openService(undefined, { times: { heartbeatMs: 600_000 } });
  const { json } = await service.ask('POST', '/tokens', JSON.stringify({ name: 'eve', role: 'viewer' }));
  const answer = await fetch(`${service.url}/events`, { headers: { authorization: `Bearer ${json.token}` } });
  expect(answer.status).toBe(200);
  const told = answer.text();
  await service.ask('POST', '/tokens/eve/revoke', '{}');
  const last = (await told).trim().split('\n\n').at(-1);
  expect(last).toMatch(/^event: problem\ndata: .*"status":401.*"reason":"unauthenticated"/);
});

test('every committed transition is told once and in order, with its position as id', async () => {
  const service = await openService();
  const { site } = service;
  const fromNow = await listen(service, '/events');
  expect(fromNow).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
  expect(fromNow.headers).toMatchObject({
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'close',
  });
  const present = await site.runtime.lastPosition();
  await withTasks(site);
  const fromBeginning = await listen(service, '/events?after=0');
  await happen(site, 100);
  const all = await positionsIn(site);
  await Promise.all([fromNow, fromBeginning].map(listener => listener.until(hasCome(all.at(-1)!))));
  expect(fromNow.ids()).toEqual(all.filter(position => position > present));
  expect(fromBeginning.ids()).toEqual(all);
  expect(JSON.parse(fromNow.heard().at(-1)!.data!)).toMatchObject({
    position: all.at(-1),
    kind: 'task',
    project: 'bank',
    outcome: 'applied',
  });
});

test('whoever was cut off goes on at every position, in the log, in memory and across a restart', async () => {
  const directory = temporaryDirectory();
  const first = await emptySite(directory);
  const service = await openService(first);
  await withTasks(first);
  await happen(first, 150);
  // From here on what comes is kept in memory too.
  const steady = await listen(service, '/events');
  await happen(first, 150);
  const before = await positionsIn(first);
  await steady.until(hasCome(before.at(-1)!));
  await inParallel([0, ...before.slice(0, -1)], 8, async position => {
    const told = await toldAfter(service, position, before.at(-1)!);
    expect(told).toEqual(before.filter(each => each > position));
  });
  await service.server.close();
  await first.close();

  const second = await emptySite(directory);
  const again = await openService(second);
  const listeners = await Promise.all(
    [10, 200, before.at(-1)!].map(position => listen(again, '/events', { 'last-event-id': String(position) })),
  );
  await happen(second, 40);
  const after = await positionsIn(second);
  expect(after.length).toBeGreaterThan(before.length);
  await Promise.all(listeners.map(listener => listener.until(hasCome(after.at(-1)!))));
  for (const [index, position] of [10, 200, before.at(-1)!].entries()) {
    expect(listeners[index]!.ids()).toEqual(after.filter(each => each > position));
  }
  await inParallel(after.filter((_, index) => index % 10 === 0).slice(0, -1), 8, async position => {
    const told = await toldAfter(again, position, after.at(-1)!);
    expect(told).toEqual(after.filter(each => each > position));
  });
});

interface Filter {
  path: string;
  passes(entry: StoredLogEntry): boolean;
}

const filters: Filter[] = [
  { path: '', passes: () => true },
  { path: 'task=ET-2', passes: ({ actorId }) => actorId === 'ET-2' },
  { path: 'project=shop', passes: ({ actorId }) => actorId === 'ET-1' || actorId === 'ET-2' },
  { path: 'types=task.pause', passes: ({ type }) => type === 'task.pause' },
  {
    path: 'types=task.pause,%20xstate.init',
    passes: ({ type }) => type !== 'task.resume' && !type.startsWith('worker'),
  },
  { path: 'task=ET-3&types=task.resume', passes: ({ actorId, type }) => actorId === 'ET-3' && type === 'task.resume' },
  {
    path: 'project=bank&types=task.pause',
    passes: ({ actorId, type }) => actorId > 'ET-2' && actorId < 'F' && type === 'task.pause',
  },
  { path: 'project=bank&task=ET-1', passes: () => false },
  { path: 'types=nothing', passes: () => false },
  { path: 'task=ET-9', passes: () => false },
];

test('two hundred who want different things are each told exactly that, while it happens', async () => {
  const service = await openService(undefined, { times: { heartbeatMs: 50 } });
  const { site } = service;
  await withTasks(site);
  const present = await site.runtime.lastPosition();
  const following = Array.from({ length: 200 }, async (_, index) => {
    const filter = filters[index % filters.length]!;
    // Some begin at the beginning, some now.
    const start = index % 3 === 0 ? 0 : present;
    const listener = await listen(service, `/events?after=${start}&${filter.path}`);
    return { listener, filter, start };
  });
  await happen(site, 60);
  const followers = await Promise.all(following);
  await happen(site, 340);
  const log = await logOf(site);
  const end = log.at(-1)!.position;
  // Also whoever was told nothing gets on: the next sign of life says how far.
  await Promise.all(followers.map(({ listener }) => listener.until(hasCome(end))));
  for (const { listener, filter, start } of followers) {
    const wanted = log.filter(entry => entry.position > start && filter.passes(entry));
    expect([filter.path, listener.ids()]).toEqual([filter.path, wanted.map(({ position }) => position)]);
  }
});

test('a position that is none is refused before anything is promised', async () => {
  const service = await openService();
  await withTasks(service.site);
  const last = await service.site.runtime.lastPosition();
  const refused = [
    ...['abc', '-1', '1.5', '1e3', '0x10', '9'.repeat(15), '9'.repeat(30), '1 2', 'NaN', '٣'].map(id => ({
      id,
      path: '/events',
    })),
    ...['abc', '-1', '1.5', '', '%20', '1&after=2', String(last + 1)].map(after => ({
      path: `/events?after=${after}`,
    })),
    ...['task=', 'project=', 'types=', 'nonsense=1'].map(query => ({ path: `/events?${query}` })),
  ];
  for (const { path, id } of refused as { path: string; id?: string }[]) {
    // Written as the bytes that a browser would send.
    const headers = id === undefined ? {} : { 'last-event-id': Buffer.from(id).toString('latin1') };
    const { status, headers: answered, json } = await service.ask('GET', path, undefined, headers);
    const isBeyond = id === '9'.repeat(15) || path.endsWith(`=${last + 1}`);
    const expected = isBeyond ? [404, 'beyondLog'] : [400, 'badInput'];
    expect([path, id, status, json.reason]).toEqual([path, id, ...expected]);
    expect(answered['content-type']).toContain('application/problem+json');
  }
  // Nothing at all is the present, as when a browser connects for the first time.
  const now = await listen(service, '/events', { 'last-event-id': '' });
  await now.until(hasCome(last));
  expect(now.ids()).toEqual([]);
});

test('who hears nothing is told that all is well, and how far it is; he misses nothing when he is cut off', async () => {
  const service = await openService(undefined, { times: { heartbeatMs: 10 } });
  const { site } = service;
  await withTasks(site);
  const start = await site.runtime.lastPosition();
  const listener = await listen(service, '/events?types=task.cancel');
  expect(listener.text()).toMatch(new RegExp(`^:\nid: ${start}\n\n`));
  await listener.until(heard => heard.length > 5);
  await happen(site, 30);
  const end = await site.runtime.lastPosition();
  await listener.until(hasCome(end));
  expect(listener.ids()).toEqual([]);
  listener.leave();
  await site.runtime.send('ET-1', { type: 'task.cancel', by: 'ann' });
  const { id } = listener.heard().at(-1)!;
  const next = await listen(service, '/events?types=task.cancel', { 'last-event-id': id! });
  await next.until(() => next.ids().length === 1);
});

/** Readers that the server has. */
function counting() {
  let readers = 0;
  let wake = () => {};
  const watch = {
    onRequest: () => {},
    onReader(_: string, by: 1 | -1) {
      readers += by;
      wake();
    },
  };
  const until = async (count: number) => {
    while (readers !== count) {
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    }
  };
  return { watch, until };
}

const large = 'x'.repeat(20_000);

/** More than connections hold that nobody reads. */
async function muchHappens({ runtime }: Site): Promise<number> {
  for (let round = 0; round < 15; round++) {
    await Promise.all(Array.from({ length: 100 }, () => runtime.send(workerId, { type: 'noise', text: large })));
  }
  return runtime.lastPosition();
}

test('a reader who stands still is waited for, costs no memory, is dropped in the end, and goes on later', async () => {
  const { watch, until } = counting();
  let read = 0;
  const given = await emptySite();
  const runtime = {
    ...given.runtime,
    logAfter(position: number, limit: number) {
      read += 1;
      return given.runtime.logAfter(position, limit);
    },
  };
  const site = Object.assign({}, given, { runtime });
  const service = await openService(site, { watch, times: { stallMs: 2_000 } });
  const end = await muchHappens(site);
  const slow = await listen(service, '/events?after=0');
  slow.pause();
  await until(1);
  const quick = await listen(service, '/events?after=0');
  await quick.until(hasCome(end));
  quick.leave();
  // The slow one is dropped without having been read for.
  await until(0);
  const all = await positionsIn(site);
  const pages = Math.ceil(all.length / 32);
  expect(read).toBeLessThan(2 * pages);
  slow.read();
  await slow.over;
  const got = slow.ids();
  expect(got.length).toBeLessThan(all.length);
  const rest = await toldAfter(service, got.at(-1) ?? 0, end);
  expect([...got, ...rest]).toEqual(all);
});

test('who reads on when he was dropped is told why', async () => {
  const { watch, until } = counting();
  const service = await openService(undefined, { watch, times: { stallMs: 200, lastWordMs: 60_000 } });
  await muchHappens(service.site);
  const slow = await listen(service, '/events?after=0');
  slow.pause();
  await until(1);
  await until(0);
  slow.read();
  await slow.over;
  const last = slow.heard().at(-1)!;
  expect([last.event, JSON.parse(last.data!)]).toMatchObject(['problem', { reason: 'tooSlow' }]);
});

test('who is gone before he was answered is not told of anything', async () => {
  const { watch, until } = counting();
  const site = await emptySite();
  let arrived = () => {};
  const arrival = new Promise<void>(resolve => {
    arrived = resolve;
  });
  let letIn = () => {};
  const gate = new Promise<void>(resolve => {
    letIn = resolve;
  });
  const guard: Guard = {
    async identify() {
      arrived();
      await gate;
      return { name: 'ann', role: 'admin' };
    },
  };
  let begun = 0;
  const counted = {
    ...watch,
    onReader: (name: string, by: 1 | -1) => {
      begun += by === 1 ? 1 : 0;
      watch.onReader(name, by);
    },
  };
  const service = await openService(site, { watch: counted, guard });
  const gone = new Promise<void>(resolve => {
    service.server.server.once('connection', socket => socket.once('close', () => resolve()));
  });
  const socket = connect(service.port, '127.0.0.1');
  socket.write('GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await arrival;
  socket.destroy();
  await gone;
  letIn();
  while (begun === 0) await new Promise(resolve => setImmediate(resolve));
  await until(0);
});

test('when the service stops everybody is told so and goes on at the next one; nobody holds it up', async () => {
  const directory = temporaryDirectory();
  const site = await emptySite(directory);
  const service = await openService(site, { times: { stallMs: 60_000, lastWordMs: 500 } });
  const end = await muchHappens(site);
  const listeners = await Promise.all(
    ['/events', '/events?after=0', '/events?types=nothing'].map(path => listen(service, path)),
  );
  await listeners[1]!.until(hasCome(end));
  const accepted = once(service.server.server, 'connection') as Promise<[Socket]>;
  const stuck = await listen(service, '/events?after=0');
  stuck.pause();
  await untilBlocked((await accepted)[0]);
  await service.server.close();
  await Promise.all(listeners.map(({ over }) => over));
  for (const listener of listeners) {
    const last = listener.heard().at(-1)!;
    expect([last.event, JSON.parse(last.data!)]).toMatchObject(['problem', { status: 503, reason: 'stopped' }]);
  }
  stuck.read();
  await stuck.over;
  const all = await positionsIn(site);
  expect(stuck.ids()).toEqual(all.slice(0, stuck.ids().length));
});

/** Resolves when nothing that is to be written gets through any more. */
async function untilBlocked(socket: Socket): Promise<void> {
  let left = -1;
  for (let same = 0; same < 200; ) {
    await new Promise(resolve => setImmediate(resolve));
    same = socket.writableLength > 0 && socket.writableLength === left ? same + 1 : 0;
    left = socket.writableLength;
  }
}
