/** News from outside: for several actors, on record, in one commit; and how it is found out whom they are for. */
import { expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import { createMemoryDisk } from '../../src/persistence/memory.ts';
import type { Announcement } from '../../src/runtime/index.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

const station = setup({
  types: {} as {
    context: { name: string; heard: number };
    input: { name: string };
    events: { type: string; to?: string };
  },
  actions: { count: assign(({ context }) => ({ heard: context.heard + 1 })) },
}).createMachine({
  id: 'station',
  context: ({ input }) => ({ name: input.name, heard: 0 }),
  initial: 'open',
  states: {
    open: {
      on: {
        news: { actions: 'count' },
        rename: { actions: assign(({ event }) => ({ name: event.to ?? '' })) },
        close: 'closed',
      },
    },
    closed: { type: 'final' },
  },
});
const record = setup({
  types: {} as { context: object; input: object; events: { type: 'again' | 'end' } },
  actions: { nothing: assign({}) },
}).createMachine({
  id: 'record',
  context: ({ input }) => ({ ...input }),
  initial: 'kept',
  states: { kept: { on: { again: { actions: 'nothing' }, end: 'ended' } }, ended: { type: 'final' } },
});

const kinds = [
  kindOf(station as never, { links: ({ context }) => [`station ${(context as { name: string }).name}`] }),
  kindOf(record as never),
];

async function startStations(disk = createMemoryDisk()) {
  const system = await startTestRuntime({ kinds, disk });
  const { runtime } = system;
  const announcement = (id: string, to: string[], dedupeKey: string | null = null): Announcement => ({
    kind: 'record',
    id,
    source: 'post',
    again: { type: 'again' },
    async notices() {
      const found = await Promise.all(to.map(name => runtime.linked(`station ${name}`)));
      return found.flat().map(({ actorId }) => ({ actorId, event: { type: 'news' }, dedupeKey }));
    },
    input: receipts => ({ did: receipts.map(({ outcome }) => outcome) }),
  });
  return {
    ...system,
    announcement,
    announce: (...args: Parameters<typeof announcement>) => runtime.announce(announcement(...args)),
  };
}

test('everybody hears it, and the record says what it did, in one commit', async () => {
  const { runtime, announce, context, store } = await startStations();
  for (const name of ['a', 'b']) await runtime.create('station', name, { name });
  const commits: number[] = [];
  store.watch(() => commits.push(1));
  const { isNew, receipts } = await announce('r1', ['a', 'b']);
  expect(commits).toHaveLength(1);
  expect([isNew, receipts.map(({ outcome }) => outcome)]).toEqual([true, ['applied', 'applied']]);
  expect(await context('r1')).toMatchObject({ did: ['applied', 'applied'] });
});

test('a second time it is told to nobody, and the record knows', async () => {
  const { runtime, announce, context } = await startStations();
  await runtime.create('station', 'a', { name: 'a' });
  await announce('r1', ['a']);
  expect(await announce('r1', ['a'])).toMatchObject({ isNew: false, receipt: { seq: 2, outcome: 'applied' } });
  expect(await context('a')).toMatchObject({ heard: 1 });
});

test('fifty at once are told once', async () => {
  const { runtime, announce, context } = await startStations();
  await runtime.create('station', 'a', { name: 'a' });
  const all = await Promise.all(Array.from({ length: 50 }, () => announce('r1', ['a'])));
  expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
  expect(await context('a')).toMatchObject({ heard: 1 });
});

test('the same news under another name is on record and changes nothing', async () => {
  const { runtime, announce, context } = await startStations();
  await runtime.create('station', 'a', { name: 'a' });
  await announce('r1', ['a'], 'the news');
  await announce('r2', ['a'], 'the news');
  expect(await context('r2')).toMatchObject({ did: ['duplicate'] });
  expect(await context('a')).toMatchObject({ heard: 1 });
});

test('what an actor is called is true from the commit on that makes it so, and across a restart', async () => {
  const disk = createMemoryDisk();
  const { runtime } = await startStations(disk);
  await runtime.create('station', 'a', { name: 'a' });
  await runtime.send('a', { type: 'rename', to: 'b' });
  expect([await runtime.linked('station a'), await runtime.linked('station b')]).toEqual([
    [],
    [{ actorId: 'a', isLiving: true }],
  ]);
  const later = await startStations(disk);
  await later.runtime.send('a', { type: 'rename', to: 'c' });
  expect([await later.runtime.linked('station b'), await later.runtime.linked('station c')]).toEqual([
    [],
    [{ actorId: 'a', isLiving: true }],
  ]);
});

test('one that has ended keeps its name, behind those that live', async () => {
  const { runtime } = await startStations();
  for (const id of ['a', 'b']) await runtime.create('station', id, { name: 'same' });
  await runtime.send('a', { type: 'close' });
  expect(await runtime.linked('station same')).toEqual([
    { actorId: 'b', isLiving: true },
    { actorId: 'a', isLiving: false },
  ]);
});

test('one that goes in this very moment hears nothing, and the others do', async () => {
  const { runtime, announcement, context } = await startStations();
  await runtime.create('station', 'a', { name: 'a' });
  const given = announcement('r1', ['a']);
  const gone = { actorId: 'gone', event: { type: 'news' }, dedupeKey: null };
  const { receipts } = await runtime.announce({ ...given, notices: async () => [gone, ...(await given.notices())] });
  expect(receipts.map(({ outcome }) => outcome)).toEqual(['ignored', 'applied']);
  expect(await context('a')).toMatchObject({ heard: 1 });
});

test('what was removed long ago is not told again', async () => {
  const { runtime, announce, context, clock } = await startStations();
  await runtime.create('station', 'a', { name: 'a' });
  await announce('r1', ['a']);
  await runtime.send('r1', { type: 'end' });
  clock.advance(1_000);
  await runtime.prune({ kind: 'record', endedBefore: clock.now(), limit: 10, entries: 10 });
  expect(await runtime.actor('r1')).toBeUndefined();
  expect(await announce('r1', ['a'])).toMatchObject({ isNew: false, receipt: { outcome: 'duplicate' } });
  expect(await context('a')).toMatchObject({ heard: 1 });
});

test('an actor is made of the news, once, in the commit of its record', async () => {
  const { runtime, context } = await startStations();
  const made = (id: string): Announcement => ({
    kind: 'record',
    id,
    source: 'post',
    again: { type: 'again' },
    notices: async () => [{ actorId: 's1', kind: 'station', input: { name: 'made' } }],
    input: receipts => ({ did: receipts.map(({ outcome }) => outcome) }),
  });
  await runtime.announce(made('r1'));
  await runtime.announce(made('r2'));
  expect([await context('s1'), await context('r1'), await context('r2')]).toMatchObject([
    { name: 'made', heard: 0 },
    { did: ['applied'] },
    { did: ['duplicate'] },
  ]);
  expect((await runtime.log('s1', { after: 0, limit: 5 })).map(({ source }) => source)).toEqual(['post']);
});
