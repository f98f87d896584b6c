/** Whoever follows goes on when a service is stopped and started again, and is told nothing twice. */
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { eventsIn, type ServerEvent } from '../../src/client/events.ts';
import { openLocal } from '../../src/client/local.ts';
import { openRemote, type Transport } from '../../src/client/remote.ts';
import { toService } from '../../src/client/transport.ts';
import { noPauses, type Pauses, usualPauses } from '../../src/client/unbroken.ts';
import { workerId } from '../../src/machines/addresses.ts';
import type { FeedEntry } from '../../src/operations/feed-entry.ts';
import type { Site } from '../../src/operations/operation.ts';
import { silentLogger } from '../../src/service/log.ts';
import { openSocket } from '../../src/service/socket.ts';
import { emptySite, openService, type Service } from '../http/place.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const happen = async ({ runtime }: Site, count: number) => {
  for (let index = 0; index < count; index++) await runtime.send(workerId, { type: 'noise' });
};

/** Pauses that end when the test says so. */
function createPauses(): Pauses & { waited: number[]; begun(): Promise<void>; end(): void } {
  const waited: number[] = [];
  let begin = () => {};
  let end = () => {};
  let begun = new Promise<void>(resolve => {
    begin = resolve;
  });
  return {
    beforeMs: [1, 2, 3, 4],
    waited,
    wait(ms) {
      waited.push(ms);
      return new Promise(resolve => {
        end = resolve;
        begin();
      });
    },
    begun: () => begun,
    end() {
      begun = new Promise(resolve => {
        begin = resolve;
      });
      end();
    },
  };
}

/** A service that is stopped and started on the same data; nobody is reached while there is none. */
async function createPlace() {
  const directory = temporaryDirectory();
  let site = await emptySite(directory);
  let service: Service | undefined = await openService(site);
  const carry: Transport = (request, signal) => {
    if (service === undefined) return Promise.reject(new Error('connect ECONNREFUSED'));
    return toService(service.url, service.admin).carry(request, signal);
  };
  return {
    carry,
    site: () => site,
    async stop() {
      const { server } = service!;
      service = undefined;
      await server.close();
    },
    async start() {
      await site.close();
      site = await emptySite(directory);
      service = await openService(site);
    },
  };
}

const positions = (entries: readonly FeedEntry[]) => entries.map(({ position }) => position);
const nextRound = () => new Promise<void>(resolve => setImmediate(resolve));

/** Everything that is told, as it comes, and what ended it. */
function hear(following: AsyncGenerator<FeedEntry>) {
  const seen: FeedEntry[] = [];
  const over = (async () => {
    for await (const entry of following) seen.push(entry);
  })().catch((error: unknown) => error);
  const until = async (position: number) => {
    while ((seen.at(-1)?.position ?? 0) < position) await nextRound();
  };
  return { seen, over, until };
}

test('who follows is told everything once, however often the service stops and starts', async () => {
  const place = await createPlace();
  const pauses = createPauses();
  const end = new AbortController();
  const start = await place.site().runtime.lastPosition();
  const reached: string[] = [];
  const following = openRemote(place.carry, undefined, pauses).follow(
    'events.follow',
    {},
    { signal: end.signal, onPlace: position => void reached.push(position) },
  );
  const { seen, over, until } = hear(following);
  // The first time it stops nothing has been told yet but where he stands.
  while (reached.length === 0) await nextRound();
  for (let restart = 0; restart < 3; restart++) {
    await place.stop();
    await pauses.begun();
    await happen(place.site(), 2);
    // One attempt is in vain.
    pauses.end();
    await pauses.begun();
    await place.start();
    await happen(place.site(), 2);
    pauses.end();
    await until(await place.site().runtime.lastPosition());
    await happen(place.site(), 2);
    await until(await place.site().runtime.lastPosition());
  }
  expect(positions(seen)).toEqual((await place.site().runtime.logAfter(start, 1_000)).map(({ position }) => position));
  expect(seen.length).toBeGreaterThanOrEqual(18);
  expect(pauses.waited).toEqual([1, 2, 1, 2, 1, 2]);
  end.abort();
  expect(await over).toBeUndefined();
});

test('a service that does not come back is given up, with what was wrong', async () => {
  const place = await createPlace();
  const waited: number[] = [];
  const pauses: Pauses = { beforeMs: [1, 2, 3], wait: async ms => void waited.push(ms) };
  const { over, until } = hear(openRemote(place.carry, undefined, pauses).follow('events.follow', { after: 0 }));
  await until(1);
  await place.stop();
  expect(await over).toMatchObject({ reason: 'unreachable' });
  expect(waited).toEqual([1, 2, 3]);
  expect(usualPauses.beforeMs.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(25_000);
});

test('who is not there from the beginning is not waited for, and neither is what does not pass', async () => {
  const never: Pauses = { beforeMs: [1], wait: () => Promise.reject(new Error('nobody waits')) };
  const down = openRemote(() => Promise.reject(new Error('connect ECONNREFUSED')), undefined, never);
  await expect(down.follow('events.follow', {}).next()).rejects.toMatchObject({ reason: 'unreachable' });
  const place = await createPlace();
  const beyond = openRemote(place.carry, undefined, never).follow('events.follow', { after: 9_999 });
  await expect(beyond.next()).rejects.toMatchObject({ reason: 'beyondLog' });
  // Without pauses it is told at once, and whoever asked decides.
  const { over, until } = hear(openRemote(place.carry, undefined, noPauses).follow('events.follow', { after: 0 }));
  await until(1);
  await place.stop();
  expect(await over).toMatchObject({ reason: 'stopped' });
});

test('who waits for a service to come back can stop waiting', async () => {
  const place = await createPlace();
  const end = new AbortController();
  const pauses: Pauses = { ...usualPauses, beforeMs: [600_000] };
  const options = { signal: end.signal };
  const { over, until } = hear(
    openRemote(place.carry, undefined, pauses).follow('events.follow', { after: 0 }, options),
  );
  await until(1);
  await place.stop();
  end.abort();
  expect(await over).toBeUndefined();
});

test('at a data directory what follows goes on from the disk when whoever worked there leaves', async () => {
  const directory = temporaryDirectory();
  const site = await emptySite(directory);
  const door = await openSocket(site, silentLogger);
  const local = openLocal({ cwd: directory, env: {}, data: directory, warn: () => {} }, { name: 'ann', role: 'admin' });
  const end = new AbortController();
  onTestFinished(() => end.abort());
  await happen(site, 5);
  const { seen, over, until } = hear(local.follow('events.follow', { after: 0 }, { signal: end.signal }));
  await until(await site.runtime.lastPosition());
  await door.close();
  await happen(site, 5);
  await until(await site.runtime.lastPosition());
  const log = await site.runtime.logAfter(0, 1_000);
  expect(positions(seen)).toEqual(log.map(({ position }) => position));
  end.abort();
  expect(await over).toBeUndefined();
});

test('events are the same however what arrives is cut', async () => {
  const written = [
    ':\nid: 7\n\n',
    'id: 8\ndata: {"a":1}\n\n',
    ':\n\n',
    'data: one\ndata: two\n\n',
    'event: problem\ndata: {}\n\n',
    'event: nothing\n\n',
    'id: 9\ndata: cut off\n',
  ].join('');
  const expected = [
    { event: 'message', data: null, id: '7' },
    { event: 'message', data: '{"a":1}', id: '8' },
    { event: 'message', data: 'one\ntwo', id: null },
    { event: 'problem', data: '{}', id: null },
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(written.length), { maxLength: 40 }), async cuts => {
      const at = [0, ...cuts.sort((a, b) => a - b), written.length];
      const pieces = at.slice(1).map((cut, index) => written.slice(at[index], cut));
      const events: ServerEvent[] = [];
      for await (const event of eventsIn(pieces)) events.push(event);
      expect(events).toEqual(expected);
    }),
  );
});
