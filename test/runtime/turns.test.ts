/** What happens in one turn, and between two: nobody loses what is his, and a slow store is waited for. */
import { expect, test } from 'vitest';
import { createMachine, fromPromise, raise, setup } from 'xstate';
import { createMemoryDisk, openMemoryStore } from '../../src/persistence/memory.ts';
import type { Commit, Store } from '../../src/persistence/store.ts';
import { createFakeClock } from '../support/clock.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

/** Ends by itself after a second, or at once when it is told to. */
const brief = createMachine({
  id: 'brief',
  initial: 'idle',
  states: {
    idle: { on: { begin: 'waiting', end: 'over' } },
    waiting: { after: { 1000: 'over' }, on: { end: 'over' } },
    over: { type: 'final' },
  },
});

test('I7: an actor that ends takes its own deadlines with it, and those of nobody else in the same turn', async () => {
  const disk = createMemoryDisk();
  const { runtime, settle, advance, state } = await startTestRuntime({ kinds: [kindOf(brief)], disk });
  for (const id of ['a', 'b', 'c', 'd']) await runtime.create('brief', id, {});
  await runtime.send('a', { type: 'begin' });
  // Together, they share a turn: one sets a deadline, one ends that had one, one sets one after that, one does both.
  await Promise.all([
    runtime.send('b', { type: 'begin' }),
    runtime.send('a', { type: 'end' }),
    runtime.send('c', { type: 'begin' }),
    runtime.send('d', { type: 'begin' }),
    runtime.send('d', { type: 'end' }),
  ]);
  await settle();
  expect([...disk.timers.values()].map(({ actorId }) => actorId)).toEqual(['b', 'c']);
  await advance(1_000);
  expect([await state('a'), await state('b'), await state('c')]).toEqual(['over', 'over', 'over']);
});

test('I7: what an actor has put off for itself goes with it, in the same turn too', async () => {
  const putsOff = createMachine({
    id: 'putsOff',
    initial: 'here',
    states: {
      here: { on: { later: { actions: raise({ type: 'later' }, { delay: 5_000, id: 'later' }) }, end: 'over' } },
      over: { type: 'final' },
    },
  });
  const disk = createMemoryDisk();
  const { runtime, settle } = await startTestRuntime({ kinds: [kindOf(putsOff)], disk });
  await runtime.create('putsOff', 'p', {});
  await Promise.all([runtime.send('p', { type: 'later' }), runtime.send('p', { type: 'end' })]);
  await settle();
  expect([...disk.timers.values()]).toEqual([]);
});

test('I7: deadlines of one instant are all kept, though the first to come ends its actor', async () => {
  const { runtime, advance, state } = await startTestRuntime({ kinds: [kindOf(brief)] });
  const ids = Array.from({ length: 300 }, (_, index) => `t${index}`);
  for (const id of ids) await runtime.create('brief', id, {});
  await Promise.all(ids.map(id => runtime.send(id, { type: 'begin' })));
  await advance(1_000);
  expect(new Set(await Promise.all(ids.map(state)))).toEqual(new Set(['over']));
});

const stepping = createMachine({
  id: 'stepping',
  initial: 'one',
  states: { one: { on: { next: 'two' } }, two: { on: { next: 'three' } }, three: { on: { next: 'one' } } },
});

/** A store over a network: it answers when it is let. */
function slowStore() {
  const real = openMemoryStore();
  const waiting: (() => void)[] = [];
  const batches: Commit[] = [];
  const store: Store = {
    ...real,
    async commit(batch) {
      batches.push(batch);
      await new Promise<void>(resolve => waiting.push(resolve));
      return real.commit(batch);
    },
  };
  return {
    store,
    batches,
    async answer() {
      while (waiting.length === 0) await new Promise(resolve => setImmediate(resolve));
      waiting.shift()!();
    },
  };
}

const rounds = async (count: number) => {
  for (let round = 0; round < count; round++) await new Promise(resolve => setImmediate(resolve));
};

test('while a commit is on its way no other turn begins: what comes meanwhile is taken after it, on what it has stored', async () => {
  const { store, batches, answer } = slowStore();
  const clock = createFakeClock();
  const { runtime } = await startTestRuntime({ kinds: [kindOf(stepping)], store, clock });
  const created = runtime.create('stepping', 's', {});
  await answer();
  await created;
  const first = runtime.send('s', { type: 'next' });
  await rounds(5);
  expect(batches.length).toBe(2);
  const second = runtime.send('s', { type: 'next' });
  await rounds(20);
  // Nobody has begun with it: the first is not stored yet.
  expect(batches.length).toBe(2);
  await answer();
  expect(await first).toMatchObject({ outcome: 'applied', state: 'two', seq: 2 });
  await answer();
  expect(await second).toMatchObject({ outcome: 'applied', state: 'three', seq: 3 });
  expect(batches[2]!.actors).toMatchObject([{ id: 's', baseVersion: 2, version: 3 }]);
});

test('a deadline that comes while a commit is on its way waits for it too', async () => {
  const { store, batches, answer } = slowStore();
  const clock = createFakeClock();
  const { runtime, state } = await startTestRuntime({ kinds: [kindOf(brief), kindOf(stepping)], store, clock });
  const made = [runtime.create('brief', 'b', {}), runtime.create('stepping', 's', {})];
  await answer();
  await Promise.all(made);
  const begun = runtime.send('b', { type: 'begin' });
  await answer();
  await begun;
  await rounds(5);
  const stepped = runtime.send('s', { type: 'next' });
  await rounds(5);
  const before = batches.length;
  clock.advance(2_000);
  await rounds(20);
  expect(batches.length).toBe(before);
  await answer();
  await stepped;
  await answer();
  await rounds(5);
  expect(await state('b')).toBe('over');
});

/** Asks another actor, which answers, over and over: more than fits into one commit. */
const asking = setup({ actors: { work: fromPromise(async () => 'done') } }).createMachine({
  id: 'asking',
  initial: 'idle',
  states: {
    idle: { on: { begin: 'working' } },
    working: { invoke: { src: 'work', onDone: 'over' } },
    over: { type: 'final' },
  },
});

test('what was delivered is no dead letter, and leaves nothing behind', async () => {
  const disk = createMemoryDisk();
  const { runtime, settle } = await startTestRuntime({ kinds: [kindOf(asking)], disk, batchSize: 4 });
  const ids = Array.from({ length: 40 }, (_, index) => `a${index}`);
  for (const id of ids) await runtime.create('asking', id, {});
  await Promise.all(ids.map(id => runtime.send(id, { type: 'begin' })));
  await settle();
  const rows = await Promise.all(ids.map(id => runtime.actor(id)));
  expect(new Set(rows.map(row => row?.status))).toEqual(new Set(['done']));
  expect(await runtime.deadLetters()).toEqual({ events: [], outbox: [] });
  expect([disk.inbox.size, disk.jobs.size, disk.timers.size]).toEqual([0, 0, 0]);
});
