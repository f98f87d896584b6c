/** What follows a commit: listeners, the log, and failures that must not lead back behind it. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { assign, fromCallback, fromPromise, sendTo, setup } from 'xstate';
import { actorRef } from '../../src/domain/actor-ref.ts';
import { openMemoryStore } from '../../src/persistence/memory.ts';
import { openSqliteStore } from '../../src/persistence/sqlite/store.ts';
import type { Store } from '../../src/persistence/store.ts';
import { openReader } from '../../src/runtime/index.ts';
import { createFakeClock } from '../support/clock.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const counter = setup({
  types: {} as { context: { count: number }; events: { type: 'count' } | { type: 'tick' } },
  actions: { add: assign({ count: ({ context }) => context.count + 1 }) },
}).createMachine({
  id: 'counter',
  context: { count: 0 },
  initial: 'even',
  states: {
    even: { on: { count: { target: 'odd', actions: 'add' } } },
    odd: { on: { count: { target: 'even', actions: 'add' } } },
  },
});

/** Tells its promise's outcome, and has a deadline all the time. */
const worker = setup({
  types: {} as { context: { results: number } },
  actors: { work: fromPromise(async () => 'done') },
  actions: { keep: assign({ results: ({ context }) => context.results + 1 }) },
}).createMachine({
  id: 'worker',
  context: { results: 0 },
  after: { 60000: { actions: 'keep' } },
  initial: 'idle',
  states: {
    idle: { on: { go: 'working' } },
    working: { invoke: { id: 'work', src: 'work', onDone: { target: 'idle', actions: 'keep' } } },
  },
});

const stopper = () => {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  return controller;
};

test('many listeners hear every transition with its position; one that throws is reported and stops nobody', async () => {
  const heard: number[] = [];
  const { runtime, faults, settle } = await startTestRuntime({
    kinds: [kindOf(counter)],
    listeners: [
      () => {
        throw new Error('a listener of no use');
      },
    ],
  });
  const end = runtime.listen(({ position }) => void heard.push(position));
  await runtime.create('counter', 'c', {});
  await runtime.send('c', { type: 'count' });
  end();
  await runtime.send('c', { type: 'count' });
  await settle();
  expect(heard).toEqual((await runtime.log('c', { after: 0, limit: 2 })).map(({ position }) => position));
  expect(faults).toHaveLength(3);
});

test('each commit is told with its time and what it held; an observer that throws leaves it stored', async () => {
  const commits: { ms: number; transitions: number }[] = [];
  const { runtime, faults, context } = await startTestRuntime({
    kinds: [kindOf(counter)],
    observer: {
      onCommit(commit) {
        commits.push(commit);
        throw new Error('an observer of no use');
      },
    },
  });
  await runtime.create('counter', 'c', {});
  // What comes in one round shares a commit.
  await Promise.all([runtime.send('c', { type: 'count' }), runtime.send('c', { type: 'count' })]);
  expect(commits.map(({ transitions }) => transitions)).toEqual([1, 2]);
  expect(commits.every(({ ms }) => ms >= 0 && ms < 10_000)).toBe(true);
  expect(await context('c')).toEqual({ count: 2 });
  expect(faults).toHaveLength(2);
});

test('a listener that throws does not strand the jobs of its turn', async () => {
  const { runtime, settle, context } = await startTestRuntime({
    kinds: [kindOf(worker)],
    listeners: [
      () => {
        throw new Error('a listener of no use');
      },
    ],
  });
  await runtime.create('worker', 'w', {});
  await runtime.send('w', { type: 'go' });
  await settle();
  expect(await context('w')).toEqual({ results: 1 });
});

test('a read that fails after a commit leads to nothing but another read: no event is taken twice', async () => {
  let pulse = () => {};
  const heart = setup({
    types: {} as { context: { beats: number; rings: number } },
    actors: {
      pulse: fromCallback(({ sendBack }) => {
        pulse = () => sendBack({ type: 'beat' });
      }),
    },
    actions: {
      count: assign({ beats: ({ context }) => context.beats + 1 }),
      ring: assign({ rings: ({ context }) => context.rings + 1 }),
    },
  }).createMachine({
    id: 'heart',
    context: { beats: 0, rings: 0 },
    invoke: { id: 'pulse', src: 'pulse' },
    initial: 'beating',
    on: { beat: { actions: 'count' } },
    states: { beating: { after: { 60000: { target: 'beating', reenter: true, actions: 'ring' } } } },
  });
  const clock = createFakeClock();
  const real = openMemoryStore();
  let failing = 0;
  const store: Store = {
    ...real,
    nextTimer() {
      if (failing > 0) {
        failing -= 1;
        throw new Error('the disk is busy');
      }
      return real.nextTimer();
    },
  };
  const { runtime, faults, settle, context } = await startTestRuntime({ kinds: [kindOf(heart)], store, clock });
  await runtime.create('heart', 'h', {});
  await settle();
  // In one turn: a report, and a deadline; and then the next deadline cannot be looked up for a while.
  failing = 3;
  pulse();
  clock.advance(60_000);
  await settle();
  for (let second = 0; second < 5; second++) {
    clock.advance(1_000);
    await settle();
  }
  expect(faults).toHaveLength(3);
  expect(await context('h')).toEqual({ beats: 1, rings: 1 });
  // It hears of what comes, and of the next deadline.
  pulse();
  clock.advance(60_000);
  await settle();
  expect(await context('h')).toEqual({ beats: 2, rings: 2 });
  expect(await runtime.verify()).toMatchObject({ differences: [] });
});

test('a creation that is refused leaves nothing, and neither does what it would have made', async () => {
  const orphan = setup({ actions: { call: sendTo(({ self }) => self._parent!, { type: 'hello' }) } }).createMachine({
    id: 'orphan',
    entry: 'call',
  });
  const picky = setup({
    types: {} as { input: { size: number } },
    actions: {
      measure: assign(({ context }) => {
        if ((context as { size: number }).size > 3) throw new Error('too large');
        return {};
      }),
    },
  }).createMachine({ id: 'picky', context: ({ input }) => ({ size: input.size }), entry: 'measure' });
  const mother = setup({ actors: { child: counter } }).createMachine({
    id: 'mother',
    initial: 'alone',
    states: { alone: { on: { go: 'together' } }, together: { invoke: { id: 'child', src: 'child' } } },
  });
  // The mother's child is of a kind that nobody knows.
  const { runtime, settle, transitions } = await startTestRuntime({
    kinds: [kindOf(orphan), kindOf(picky), kindOf(mother)],
  });
  await expect(runtime.create('orphan', 'o', {})).rejects.toMatchObject({ reason: 'refusedCreation' });
  await expect(runtime.create('picky', 'p', { size: 4 })).rejects.toMatchObject({
    reason: 'refusedCreation',
    message: 'p cannot be made: too large',
  });
  await settle();
  expect(await runtime.actors({ limit: 10 })).toEqual([]);
  expect(transitions).toEqual([]);
  // The same id is free for a better one.
  expect(await runtime.create('picky', 'p', { size: 2 })).toMatchObject({ outcome: 'applied' });
  await runtime.create('mother', 'm', {});
  expect(await runtime.send('m', { type: 'go' })).toMatchObject({ outcome: 'rejected', state: 'alone' });
  expect((await runtime.actors({ limit: 10 })).map(({ id }) => id)).toEqual(['m', 'p']);
});

test('a stopped sender and its late events lead nowhere but to the log', async () => {
  const ping = setup({
    types: {} as { events: { type: 'ping'; to: string } },
    actions: { pass: sendTo(({ event }) => actorRef(event.to), { type: 'count' }) },
  }).createMachine({ id: 'ping', on: { ping: { actions: 'pass' } } });
  const { runtime, settle, context } = await startTestRuntime({ kinds: [kindOf(ping), kindOf(counter)] });
  await runtime.create('ping', 'p', {});
  await runtime.create('counter', 'c', {});
  const position = await runtime.lastPosition();
  await runtime.send('p', { type: 'ping', to: 'c' });
  await settle();
  expect(await context('c')).toEqual({ count: 1 });
  const { value } = await runtime.logSince(position, stopper().signal).next();
  expect((value as { actorId: string }[]).map(({ actorId }) => actorId)).toEqual(['p', 'c']);
});

test('the log is followed from any position, without a gap or a double, while it grows', async () => {
  const { runtime } = await startTestRuntime({ kinds: [kindOf(counter)] });
  await runtime.create('counter', 'c', {});
  for (let count = 0; count < 300; count++) await runtime.send('c', { type: 'count' });
  const stop = stopper();
  const seen: number[] = [];
  const following = (async () => {
    for await (const page of runtime.logSince(10, stop.signal)) {
      seen.push(...page.map(({ seq }) => seq));
      if (seen.at(-1) === 601) stop.abort();
    }
  })();
  for (let count = 0; count < 300; count++) await runtime.send('c', { type: 'count' });
  await following;
  expect(seen).toEqual(Array.from({ length: 591 }, (_, index) => index + 11));
});

test('whoever only looks hears of what another process commits', async () => {
  const file = join(temporaryDirectory(), 'signalbox.db');
  const owner = await startTestRuntime({ kinds: [kindOf(counter)], store: openSqliteStore({ file }) });
  await owner.runtime.create('counter', 'c', {});
  const store = openSqliteStore({ file, readonly: true });
  const looker = openReader(store, async () => [kindOf(counter)]);
  const isOdd = looker.until(async () => ((await looker.actor('c'))?.state === 'odd' ? true : undefined));
  await owner.runtime.send('c', { type: 'count' });
  expect(await isOdd).toBe(true);
  await store.close();
  await owner.store.close();
});

test('whoever waits for what never comes can stop waiting', async () => {
  const { runtime } = await startTestRuntime({ kinds: [kindOf(counter)] });
  const stop = stopper();
  const waiting = runtime.until(async () => undefined, stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('whoever listens to a store and throws changes nothing of what was stored', async () => {
  for (const store of [openMemoryStore(), openSqliteStore({ file: join(temporaryDirectory(), 'store.sqlite') })]) {
    const { runtime, faults, settle } = await startTestRuntime({ store, kinds: [kindOf(counter)] });
    runtime.onChange(() => {
      throw new Error('a listener of no use');
    });
    await runtime.create('counter', 'c', {});
    expect(await runtime.send('c', { type: 'count' })).toMatchObject({ outcome: 'applied', seq: 2 });
    await settle();
    expect(faults).toEqual([]);
  }
});

test('whoever waits hears that the runtime has stopped, and whoever follows comes to an end', async () => {
  const { runtime } = await startTestRuntime({ kinds: [kindOf(counter)] });
  await runtime.create('counter', 'c', {});
  const waiting = Array.from({ length: 20 }, () =>
    runtime.until(async () => undefined).catch((error: unknown) => error),
  );
  const following = (async () => {
    for await (const _ of runtime.logSince(0, stopper().signal));
    return 'over';
  })();
  await runtime.stop({ drainMs: 0 });
  for (const end of await Promise.all(waiting)) expect(end).toMatchObject({ reason: 'stopped' });
  expect(await following).toBe('over');
});

test('beside a process that commits all the time, what was committed is seen meanwhile', async () => {
  const file = join(temporaryDirectory(), 'store.sqlite');
  const { runtime } = await startTestRuntime({ store: openSqliteStore({ file }), kinds: [kindOf(counter)] });
  await runtime.create('counter', 'c', {});
  const foreign = openSqliteStore({ file, readonly: true });
  onTestFinished(() => void foreign.close());
  const reader = openReader(foreign, async () => [kindOf(counter)]);
  let isSeen = false;
  const seen = reader
    .until(async () => ((await foreign.actor('c'))!.version > 50 ? true : undefined))
    .then(() => {
      isSeen = true;
    });
  // Commits closer together than the moment after which one is looked for.
  let count = 0;
  while (!isSeen) {
    await runtime.send('c', { type: 'count' });
    count += 1;
    await new Promise(resolve => setTimeout(resolve, 5));
    expect(count).toBeLessThan(1_000);
  }
  await seen;
});
