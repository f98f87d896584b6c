import { expect, test } from 'vitest';
import { assign, createMachine, fromCallback, fromPromise, raise, sendTo, setup } from 'xstate';
import { actorRef } from '../../src/domain/actor-ref.ts';
import { SignalboxError } from '../../src/domain/errors.ts';
import { createMemoryDisk, openMemoryStore } from '../../src/persistence/memory.ts';
import type { Store } from '../../src/persistence/store.ts';
import { openReader, startRuntime, untilStopped } from '../../src/runtime/index.ts';
import { createFakeClock } from '../support/clock.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';
import { child, family, timed, worker } from './machines.ts';

const published: string[] = [];
const workerKind = kindOf(worker, { effects: { publish: ({ text }: { text: string }) => void published.push(text) } });

test('I2: a second event with the same key is answered duplicate and changes nothing, across a restart too', async () => {
  const disk = createMemoryDisk();
  const first = await startTestRuntime({ kinds: [workerKind], disk });
  await first.runtime.create('worker', 'w', {});
  expect(await first.runtime.send('w', { type: 'go', word: 'one' }, { dedupeKey: 'd1' })).toMatchObject({
    outcome: 'applied',
  });
  await first.settle();
  const second = await startTestRuntime({ kinds: [workerKind], disk });
  const receipts = await Promise.all([
    second.runtime.send('w', { type: 'go', word: 'one' }, { dedupeKey: 'd1' }),
    second.runtime.send('w', { type: 'go', word: 'two' }, { dedupeKey: 'd2' }),
    second.runtime.send('w', { type: 'go', word: 'two' }, { dedupeKey: 'd2' }),
  ]);
  expect(receipts.map(({ outcome }) => outcome)).toEqual(['duplicate', 'applied', 'duplicate']);
  await second.settle();
  expect(await second.context('w')).toEqual({ results: ['ONE', 'TWO'] });
});

test('I15: every event is recorded with what it did and why', async () => {
  const { runtime, settle } = await startTestRuntime({ kinds: [workerKind] });
  await runtime.create('worker', 'w', {});
  await runtime.send('w', { type: 'unheard' }, { source: 'cli' });
  await runtime.send('w', { type: 'bad' });
  await runtime.send('w', { type: 'quit' });
  await runtime.send('w', { type: 'go', word: 'late' });
  await settle();
  const log = await runtime.log('w', { after: 0, limit: 100 });
  expect(log.map(({ seq, type, outcome, from, to, reason }) => [seq, type, outcome, from, to, reason])).toEqual([
    [1, 'xstate.init', 'applied', '', 'idle', null],
    [2, 'unheard', 'ignored', 'idle', 'idle', 'nothing waits for unheard in idle'],
    [3, 'bad', 'rejected', 'idle', 'idle', expect.stringContaining('the guard explodes')],
    [4, 'quit', 'applied', 'idle', 'ended', null],
    [5, 'go', 'ignored', 'ended', 'ended', 'w has ended'],
  ]);
  expect(JSON.parse((await runtime.actor('w'))!.snapshot)).toMatchObject({ status: 'done', output: { results: [] } });
});

test('I13: an ended actor is moved by nothing', async () => {
  const machine = createMachine({
    id: 'ends',
    initial: 'open',
    on: { reopen: '.open' },
    states: { open: { on: { close: 'closed' } }, closed: { type: 'final' } },
  });
  const { runtime, state } = await startTestRuntime({ kinds: [kindOf(machine)] });
  await runtime.create('ends', 'e', {});
  await runtime.send('e', { type: 'close' });
  expect(await runtime.send('e', { type: 'reopen' })).toMatchObject({ outcome: 'ignored', state: 'closed' });
  expect(await state('e')).toBe('closed');
});

test('an event whose guard throws is parked; a person can send it again once the machine is fixed', async () => {
  let isBroken = true;
  const machine = setup({
    guards: {
      fragile: () => {
        if (isBroken) throw new Error('not today');
        return true;
      },
    },
  }).createMachine({
    id: 'fragile',
    initial: 'a',
    states: { a: { on: { go: { guard: 'fragile', target: 'b' } } }, b: {} },
  });
  const { runtime, state } = await startTestRuntime({ kinds: [kindOf(machine)] });
  await runtime.create('fragile', 'f', {});
  expect(await runtime.send('f', { type: 'go' }, { dedupeKey: 'k' })).toMatchObject({
    outcome: 'rejected',
    state: 'a',
  });
  const [letter] = (await runtime.deadLetters()).events;
  expect(letter).toMatchObject({ actorId: 'f', event: { type: 'go' }, error: expect.stringContaining('not today') });
  isBroken = false;
  await runtime.retryDeadLetter(`event:${letter!.position}`);
  expect(await state('f')).toBe('b');
  expect((await runtime.deadLetters()).events).toEqual([]);
  await expect(runtime.retryDeadLetter('event:99')).rejects.toMatchObject({ code: 'not_found' });
});

test('promises report their result or their error; a promise that was running at a crash runs again', async () => {
  const disk = createMemoryDisk();
  const started: string[] = [];
  let release = (_: string) => {};
  const slow = setup({
    actors: {
      slow: fromPromise<string, { job: { ref: string } }>(({ input }) => {
        started.push(input.job.ref);
        return new Promise(resolve => {
          release = resolve;
        });
      }),
    },
    actions: { keep: assign({ got: ({ event }) => (event as unknown as { output: string }).output }) },
  }).createMachine({
    id: 'slow',
    context: { got: '' },
    invoke: { id: 'job', src: 'slow', input: {} as never, onDone: { actions: 'keep' } },
  });
  const first = await startTestRuntime({ kinds: [kindOf(slow)], disk });
  await first.runtime.create('slow', 's', {});
  await first.settle();
  // The first process is gone without a word; what its promise says afterwards reaches nobody.
  const forgotten = release;
  const second = await startTestRuntime({ kinds: [kindOf(slow)], disk });
  await second.settle();
  expect(started).toEqual(['s.job.1', 's.job.1']);
  forgotten('from the dead');
  await second.settle();
  expect(await second.context('s')).toEqual({ got: '' });
  release('alive');
  await second.settle();
  expect(await second.context('s')).toEqual({ got: 'alive' });
  expect(await second.store.jobs('s')).toEqual([]);
});

test('a result that comes after the actor has moved on is ignored', async () => {
  let release = (_: string) => {};
  const machine = setup({
    actors: {
      job: fromPromise(
        () =>
          new Promise<string>(resolve => {
            release = resolve;
          }),
      ),
    },
  }).createMachine({
    id: 'mover',
    initial: 'waiting',
    states: {
      waiting: { invoke: { id: 'job', src: 'job', onDone: 'done' }, on: { leave: 'left' } },
      left: { on: { back: 'waiting' } },
      done: {},
    },
  });
  const { runtime, settle, state } = await startTestRuntime({ kinds: [kindOf(machine)] });
  await runtime.create('mover', 'm', {});
  await settle();
  const late = release;
  await runtime.send('m', { type: 'leave' });
  await runtime.send('m', { type: 'back' });
  await settle();
  late('of the first visit');
  await settle();
  expect(await state('m')).toBe('waiting');
  release('of the second');
  await settle();
  expect(await state('m')).toBe('done');
});

test('named actions are delivered in order with the same key at every attempt, then become a dead letter', async () => {
  const seen: string[] = [];
  let isDown = true;
  const machine = setup({
    actions: { call: (_, _params: { n: number }) => {} },
  }).createMachine({
    id: 'caller',
    on: { call: { actions: { type: 'call', params: ({ event }) => ({ n: (event as unknown as { n: number }).n }) } } },
  });
  const effects = {
    call: ({ n }: { n: number }, { idempotencyKey, attempt }: { idempotencyKey: string; attempt: number }) => {
      seen.push(`${n} ${idempotencyKey} ${attempt}`);
      if (isDown && n === 1) throw new Error('down');
    },
  };
  const letters: string[] = [];
  const outbox = { attempts: 3, baseMs: 100, capMs: 1_000, patienceMs: 60_000 };
  const { runtime, settle, clock } = await startTestRuntime({
    kinds: [kindOf(machine, { effects })],
    outbox,
    observer: { onDeadLetter: ({ error }) => void letters.push(error) },
  });
  await runtime.create('caller', 'c', {});
  await runtime.send('c', { type: 'call', n: 1 });
  await runtime.send('c', { type: 'call', n: 2 });
  await settle();
  expect(seen).toEqual(['1 c:2:0 1']);
  for (let wait = 0; wait < 4; wait++) {
    clock.advance(100 * 2 ** wait);
    await settle();
  }
  expect(seen).toEqual(['1 c:2:0 1', '1 c:2:0 2', '1 c:2:0 3', '2 c:3:0 1']);
  expect(letters).toEqual(['down']);
  expect((await runtime.deadLetters()).outbox).toMatchObject([{ key: 'c:2:0', attempts: 3, error: 'down' }]);
  isDown = false;
  await runtime.retryDeadLetter('c:2:0');
  await settle();
  expect(seen.at(-1)).toBe('1 c:2:0 1');
  expect((await runtime.deadLetters()).outbox).toEqual([]);
});

test('an action that was not settled before a crash is delivered again after it, and only that one', async () => {
  const disk = createMemoryDisk();
  published.length = 0;
  const first = await startTestRuntime({ kinds: [workerKind], disk });
  await first.runtime.create('worker', 'w', {});
  await first.runtime.send('w', { type: 'note' });
  await first.settle();
  // Committed, and the process ends before anything is delivered.
  const cut = await startTestRuntime({ kinds: [workerKind], disk, effects: 'none' });
  await cut.runtime.send('w', { type: 'note' });
  expect(published).toEqual(['note']);
  const third = await startTestRuntime({ kinds: [workerKind], disk });
  await third.settle();
  expect(published).toEqual(['note', 'note']);
  expect((await third.store.outbox('w')).map(({ state }) => state)).toEqual(['delivered', 'delivered']);
});

test('I7: a timer fires at the same instant however often the process restarts, and overdue ones fire in order', async () => {
  const disk = createMemoryDisk();
  const clock = createFakeClock(0);
  const kinds = [kindOf(timed)];
  const first = await startTestRuntime({ kinds, disk, clock });
  await first.runtime.create('timed', 't', {});
  await first.runtime.send('t', { type: 'start' });
  const due = await first.store.nextTimer();
  for (let restart = 0; restart < 3; restart++) {
    clock.set(clock.now() + 2);
    const again = await startTestRuntime({ kinds, disk, clock });
    expect(await again.store.nextTimer()).toBe(due);
  }
  clock.set(1_000_000);
  const late = await startTestRuntime({ kinds, disk, clock });
  await late.advance(20);
  expect(await late.state('t')).toBe('idle');
  expect(await late.context('t')).toMatchObject({ log: ['rang'] });
});

test('a child machine is an actor of its own, with a name that follows from its parent, and ends with it', async () => {
  const { runtime, settle, state, store } = await startTestRuntime({ kinds: [kindOf(family), kindOf(child)] });
  await runtime.create('family', 'f', {});
  await runtime.send('f', { type: 'invite' });
  expect(await state('f.guest.2')).toBe('adding');
  await runtime.send('f.guest.2', { type: 'add' });
  await runtime.send('f', { type: 'leave' });
  await settle();
  expect(await runtime.actor('f.guest.2')).toMatchObject({ status: 'stopped', parentId: 'f' });
  expect(await store.timers('f.guest.2')).toEqual([]);
  await runtime.send('f', { type: 'invite' });
  await runtime.send('f', { type: 'dismiss' });
  await settle();
  const stopped = (await runtime.actors({ parentId: 'f', limit: 10 })).map(({ id, status }) => `${id} ${status}`);
  expect(stopped).toEqual(['f.guest.2 stopped', 'f.guest.4 done']);
  expect(await runtime.verify()).toMatchObject({ differences: [] });
});

test('a child that breaks down is an error for its parent, and without onError for the parent of that one', async () => {
  const bad = setup({
    actions: {
      breakDown: assign(() => {
        throw new Error('no context');
      }),
    },
  }).createMachine({ id: 'bad', entry: 'breakDown' });
  const careful = setup({ actors: { bad } }).createMachine({
    id: 'careful',
    initial: 'trying',
    states: { trying: { invoke: { id: 'bad', src: 'bad', onError: 'consoled' } }, consoled: {} },
  });
  const careless = setup({ actors: { bad } }).createMachine({ id: 'careless', invoke: { id: 'bad', src: 'bad' } });
  const { runtime, settle, state } = await startTestRuntime({ kinds: [bad, careful, careless].map(m => kindOf(m)) });
  await runtime.create('careful', 'x', {});
  await runtime.create('careless', 'y', {});
  await settle();
  expect(await state('x')).toBe('consoled');
  expect(await runtime.actor('y')).toMatchObject({ status: 'error' });
  expect(JSON.parse((await runtime.actor('y'))!.snapshot).error).toEqual({ name: 'Error', message: 'no context' });
});

test('I3: an event to another actor commits with the transition that sends it; a wrong address becomes a dead letter', async () => {
  const ping = setup({
    types: {} as { events: { type: 'ping'; to: string } | { type: 'pong' }; context: { pongs: number } },
    actions: {
      pass: sendTo(({ event }) => actorRef('to' in event ? event.to : ''), { type: 'pong' }),
      count: assign({ pongs: ({ context }) => context.pongs + 1 }),
    },
  }).createMachine({
    id: 'ping',
    context: { pongs: 0 },
    on: { ping: { actions: 'pass' }, pong: { actions: 'count' } },
  });
  const { runtime, settle, context, transitions } = await startTestRuntime({ kinds: [kindOf(ping)] });
  await runtime.create('ping', 'a', {});
  await runtime.create('ping', 'b', {});
  await runtime.send('a', { type: 'ping', to: 'b' });
  expect(await context('b')).toEqual({ pongs: 1 });
  expect(transitions.at(-1)).toMatchObject({ actorId: 'b', type: 'pong', source: 'actor:a' });
  await runtime.send('a', { type: 'ping', to: 'nobody' });
  await settle();
  expect((await runtime.deadLetters()).events).toMatchObject([
    { actorId: 'nobody', error: 'There is no actor nobody.' },
  ]);
});

test('a cascade larger than a batch is finished over several commits, and over a crash between them', async () => {
  const chain = setup({
    types: {} as { events: { type: 'hop'; left: number }; context: { hops: number } },
    actions: {
      hop: sendTo(actorRef('c'), ({ event }) => ({ type: 'hop', left: event.left - 1 })),
      count: assign({ hops: ({ context }) => context.hops + 1 }),
    },
    guards: { isLeft: ({ event }) => event.left > 0 },
  }).createMachine({
    id: 'chain',
    context: { hops: 0 },
    on: { hop: [{ guard: 'isLeft', actions: ['count', 'hop'] }, { actions: 'count' }] },
  });
  const disk = createMemoryDisk();
  const real = openMemoryStore(disk);
  let commits = 0;
  const dying: Store = {
    ...real,
    commit(batch) {
      commits += 1;
      if (commits > 3) throw new SignalboxError('fenced', 'takenOver', 'gone');
      return real.commit(batch);
    },
  };
  const first = await startTestRuntime({ kinds: [kindOf(chain)], store: dying, batchSize: 10 });
  await first.runtime.create('chain', 'c', {});
  await first.runtime.send('c', { type: 'hop', left: 100 });
  await first.settle();
  expect((await first.context('c')).hops).toBeLessThan(100);
  const second = await startTestRuntime({ kinds: [kindOf(chain)], disk, batchSize: 10 });
  await second.settle();
  expect(await second.context('c')).toEqual({ hops: 101 });
  expect(await second.runtime.verify()).toMatchObject({ differences: [] });
});

test('events that arrive together share a commit', async () => {
  const disk = createMemoryDisk();
  const real = openMemoryStore(disk);
  let commits = 0;
  const counting: Store = {
    ...real,
    commit(batch) {
      commits += 1;
      return real.commit(batch);
    },
  };
  const { runtime } = await startTestRuntime({ kinds: [kindOf(timed)], store: counting });
  await runtime.create('timed', 't', {});
  commits = 0;
  await Promise.all(Array.from({ length: 100 }, () => runtime.send('t', { type: 'poke' })));
  expect(commits).toBe(1);
});

test('a commit that fails answers everybody who waits, changes nothing, and what the runtime owes is tried again', async () => {
  const disk = createMemoryDisk();
  const real = openMemoryStore(disk);
  let isFull = false;
  const store: Store = {
    ...real,
    commit(batch) {
      if (isFull) throw new SignalboxError('unavailable', 'storeUnusable', 'the disk is full');
      return real.commit(batch);
    },
  };
  const { runtime, settle, clock, faults, context, state } = await startTestRuntime({ kinds: [workerKind], store });
  await runtime.create('worker', 'w', {});
  isFull = true;
  await expect(runtime.send('w', { type: 'go', word: 'lost' })).rejects.toMatchObject({ code: 'unavailable' });
  expect(await state('w')).toBe('idle');
  isFull = false;
  clock.advance(2_000);
  await runtime.send('w', { type: 'go', word: 'kept' });
  // The promise has its result, and the disk is full again when it is to be stored.
  isFull = true;
  await settle();
  expect(await state('w')).toBe('working');
  isFull = false;
  clock.advance(2_000);
  await settle();
  expect(await context('w')).toEqual({ results: ['KEPT'] });
  expect(faults.length).toBeGreaterThan(1);
});

test('I9: a runtime whose store was taken over stops and says so', async () => {
  const disk = createMemoryDisk();
  const first = await startTestRuntime({ kinds: [workerKind], disk });
  await first.runtime.create('worker', 'w', {});
  openMemoryStore(disk);
  await expect(first.runtime.send('w', { type: 'note' })).rejects.toMatchObject({ code: 'fenced' });
  await expect(first.runtime.send('w', { type: 'note' })).rejects.toMatchObject({ code: 'fenced' });
});

test('I11: an actor finishes on the definition it began with, rebuilt after a restart, until it is migrated', async () => {
  const build = (definition: unknown) => {
    const { word } = definition as { word: string };
    return setup({ actions: { say: assign({ said: word }) } }).createMachine({
      id: 'sayer',
      context: { said: '' },
      on: { say: { actions: 'say' } },
    });
  };
  const disk = createMemoryDisk();
  const old = await startTestRuntime({ kinds: [{ name: 'sayer', definition: { word: 'old' }, build }], disk });
  await old.runtime.create('sayer', 'a', {});
  const kinds = [{ name: 'sayer', definition: { word: 'new' }, build }];
  const now = await startTestRuntime({ kinds, disk });
  await now.runtime.create('sayer', 'b', {});
  for (const id of ['a', 'b']) await now.runtime.send(id, { type: 'say' });
  expect([await now.context('a'), await now.context('b')]).toEqual([{ said: 'old' }, { said: 'new' }]);
  await now.runtime.migrate('a', { word: 'new' });
  await now.runtime.send('a', { type: 'say' });
  expect(await now.context('a')).toEqual({ said: 'new' });
  expect(await now.runtime.verify()).toMatchObject({ differences: [] });
});

test('a snapshot whose state is gone parks the event instead of guessing, and others go on', async () => {
  const make = (states: object) => () =>
    createMachine({ id: 'changing', initial: 'a', on: { go: '.b' }, states } as never);
  const disk = createMemoryDisk();
  const before = await startTestRuntime({
    kinds: [{ name: 'changing', definition: 1, build: make({ a: {}, b: {} }) }],
    disk,
  });
  await before.runtime.create('changing', 'x', {});
  await before.runtime.send('x', { type: 'go' });
  const after = await startTestRuntime({
    kinds: [
      {
        name: 'changing',
        definition: 1,
        build: () => createMachine({ id: 'changing', initial: 'a', states: { a: {} } }),
      },
    ],
    disk,
  });
  expect(await after.runtime.send('x', { type: 'go' })).toMatchObject({ outcome: 'rejected' });
  expect((await after.runtime.deadLetters()).events[0]?.error).toContain('cannot be restored');
});

test('I6: replay gives the snapshot of any point of the log, and finds a snapshot that was tampered with', async () => {
  const disk = createMemoryDisk();
  const { runtime, settle } = await startTestRuntime({ kinds: [workerKind], disk });
  await runtime.create('worker', 'w', {});
  await runtime.send('w', { type: 'go', word: 'one' });
  await settle();
  expect(await runtime.replay('w', { at: 2 })).toMatchObject({ seq: 2, state: 'working' });
  expect((await runtime.replay('w')).snapshot).toBe((await runtime.actor('w'))!.snapshot);
  await expect(runtime.replay('w', { at: 99 })).rejects.toMatchObject({ code: 'not_found' });
  const row = disk.actors.get('w')!;
  disk.actors.set('w', { ...row, snapshot: row.snapshot.replace('ONE', 'TWO') });
  expect((await runtime.verify()).differences).toMatchObject([{ actorId: 'w' }]);
});

test('context that is not JSON is refused with the path of what is wrong', async () => {
  const machine = setup({ actions: { stamp: assign({ deep: () => ({ when: new Date(0) }) }) } }).createMachine({
    id: 'dated',
    context: { deep: {} },
    on: { stamp: { actions: 'stamp' } },
  });
  const { runtime } = await startTestRuntime({ kinds: [kindOf(machine)] });
  await runtime.create('dated', 'd', {});
  expect(await runtime.send('d', { type: 'stamp' })).toMatchObject({
    outcome: 'rejected',
    reason: 'context.deep.when is a Date; only JSON can be stored',
  });
});

test('a machine that cannot be made durable is refused with everything that is wrong', async () => {
  const machine = createMachine({
    id: 'sloppy',
    initial: 'a',
    states: {
      a: { entry: () => {}, after: { typo: 'b' }, on: { go: { guard: () => true, target: 'b', actions: 'missing' } } },
      b: { invoke: { src: fromPromise(async () => 1) } },
    },
  } as never);
  const problems = await startTestRuntime({ kinds: [kindOf(machine)] }).catch(error => (error as Error).message);
  for (const part of ['inline action', "delay 'typo'", 'inline guard', "action 'missing'", 'inline invoke']) {
    expect(problems).toContain(part);
  }
});

test('a child spawned inside assign is refused: it would never run', async () => {
  const machine = setup({
    actors: { job: fromPromise(async () => 1) },
    actions: { hide: assign({ ref: ({ spawn }) => void spawn('job', { id: 'hidden' }) }) },
  }).createMachine({ id: 'hider', context: { ref: undefined }, on: { go: { actions: 'hide' } } });
  const { runtime } = await startTestRuntime({ kinds: [kindOf(machine)] });
  await runtime.create('hider', 'h', {});
  expect(await runtime.send('h', { type: 'go' })).toMatchObject({
    outcome: 'rejected',
    reason: expect.stringContaining('use invoke or spawnChild'),
  });
});

test('emitted events reach observers after the commit', async () => {
  const { runtime, transitions } = await startTestRuntime({ kinds: [workerKind] });
  await runtime.create('worker', 'w', {});
  await runtime.send('w', { type: 'note' });
  expect(transitions.find(({ type }) => type === 'note')?.emitted).toEqual([{ type: 'noted' }]);
});

test('an idle actor beyond the cache is in no memory and comes back when it is needed', async () => {
  const { runtime, context } = await startTestRuntime({ kinds: [kindOf(timed)], cacheSize: 3 });
  for (let i = 0; i < 20; i++) await runtime.create('timed', `t${i}`, {});
  expect(runtime.load.cached).toBe(3);
  await runtime.send('t0', { type: 'start' });
  expect(await context('t0')).toMatchObject({ count: 1 });
});

test('only as many jobs run at once as there is room for, and all run in the end', async () => {
  let running = 0;
  let most = 0;
  const machine = setup({
    actors: {
      job: fromPromise(async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise(resolve => setImmediate(resolve));
        running -= 1;
      }),
    },
  }).createMachine({
    id: 'busy',
    initial: 'working',
    states: { working: { invoke: { id: 'job', src: 'job', onDone: 'done' } }, done: { type: 'final' } },
  });
  const disk = createMemoryDisk();
  const idle = await startTestRuntime({ kinds: [kindOf(machine)], disk, effects: 'none' });
  for (let i = 0; i < 40; i++) await idle.runtime.create('busy', `b${i}`, {});
  const { runtime, settle } = await startTestRuntime({ kinds: [kindOf(machine)], disk, jobConcurrency: 4 });
  for (let i = 40; i < 60; i++) await runtime.create('busy', `b${i}`, {});
  await expect
    .poll(async () => {
      await settle();
      return (await runtime.actors({ kind: 'busy', status: 'done', limit: 100 })).length;
    })
    .toBe(60);
  expect(most).toBe(4);
});

test('stop lets a promise finish and commits its result, and ends callbacks', async () => {
  let finish = () => {};
  let isWatching = true;
  const machine = setup({
    actors: {
      job: fromPromise(
        () =>
          new Promise<void>(resolve => {
            finish = resolve;
          }),
      ),
      watcher: untilStopped(
        fromCallback(() => () => {
          isWatching = false;
        }),
      ),
    },
  }).createMachine({
    id: 'ending',
    initial: 'working',
    invoke: { id: 'watcher', src: 'watcher' },
    states: { working: { invoke: { id: 'job', src: 'job', onDone: 'done' } }, done: {} },
  });
  const { runtime, settle, state } = await startTestRuntime({ kinds: [kindOf(machine)] });
  await runtime.create('ending', 'e', {});
  await settle();
  const stopped = runtime.stop({ drainMs: 60_000 });
  await expect(runtime.send('e', { type: 'any' })).rejects.toMatchObject({ code: 'unavailable' });
  finish();
  await stopped;
  expect(await state('e')).toBe('done');
  expect(isWatching).toBe(false);
});

test('an event that only the runtime sends is refused from outside', async () => {
  const { runtime } = await startTestRuntime({ kinds: [kindOf(timed)] });
  await runtime.create('timed', 't', {});
  await expect(runtime.send('t', { type: 'xstate.done.actor.x' })).rejects.toMatchObject({ code: 'invalid' });
  await expect(runtime.send('nobody', { type: 'start' })).rejects.toMatchObject({ code: 'not_found' });
  expect(await runtime.create('timed', 't', {})).toMatchObject({ outcome: 'duplicate' });
});

test('a machine that raises its own events for ever is stopped by its own limit, not by the process', async () => {
  const machine = setup({ actions: { again: raise({ type: 'again' }) } }).createMachine({
    id: 'restless',
    on: { again: { actions: 'again' } },
    options: { maxIterations: 100 },
  } as never);
  const { runtime } = await startRuntime({ store: openMemoryStore(), kinds: [kindOf(machine as never)] }).then(
    runtime => ({ runtime }),
  );
  await runtime.create('restless', 'r', {});
  expect(await runtime.send('r', { type: 'again' })).toMatchObject({ outcome: 'rejected' });
  await runtime.stop();
});

test('I7: a deadline is kept although the clock wakes the process too early', async () => {
  const clock = createFakeClock(0);
  const { runtime, settle, state } = await startTestRuntime({ kinds: [kindOf(timed)], clock });
  await runtime.create('timed', 't', {});
  await runtime.send('t', { type: 'start' });
  // The clock is set back while the process sleeps, so it is woken before its time.
  clock.set(-100);
  clock.set(20);
  await settle();
  expect(await state('t')).not.toBe('waiting');
});

test('a deadline that came while the machine slept waits a moment for what those at work have to say', async () => {
  const clock = createFakeClock(0);
  let woke = 0;
  const { runtime, settle, state } = await startTestRuntime({
    kinds: [kindOf(timed)],
    clock: { ...clock, lastWake: () => woke },
  });
  await runtime.create('timed', 't', {});
  await runtime.send('t', { type: 'start' });
  woke = 3_600_000;
  clock.set(3_600_000);
  await settle();
  expect(await state('t')).toBe('waiting');
  clock.advance(1_000);
  await settle();
  expect(await state('t')).not.toBe('waiting');
});

test('what has been reported counts before a deadline that passed while nobody watched', async () => {
  const machine = setup({
    actors: { job: fromPromise(async () => 'done in time') },
    delays: { limit: 1_000 },
  }).createMachine({
    id: 'late',
    initial: 'working',
    states: {
      working: { invoke: { id: 'job', src: 'job', onDone: 'finished' }, after: { limit: 'overdue' } },
      finished: {},
      overdue: {},
    },
  });
  const disk = createMemoryDisk();
  const clock = createFakeClock();
  const first = await startTestRuntime({ kinds: [kindOf(machine)], disk, clock, effects: 'none' });
  await first.runtime.create('late', 'l', {});
  clock.advance(3_600_000);
  const second = await startTestRuntime({ kinds: [kindOf(machine)], disk, clock });
  await second.settle();
  expect(await second.state('l')).toBe('finished');
});

test('a runtime that only reads takes nothing, whatever waits in the inbox', async () => {
  const disk = createMemoryDisk();
  const first = await startTestRuntime({ kinds: [kindOf(timed)], disk });
  await first.runtime.create('timed', 't', {});
  const row = { actorId: 't', event: { type: 'start' }, source: 'test', dedupeKey: null, ref: null, at: 0 };
  disk.inbox.set(999, { ...row, position: 999, parked: false, error: null });
  const reader = openReader(openMemoryStore(disk), async () => [kindOf(timed)]);
  expect((await reader.actor('t'))?.state).toBe('idle');
  expect(await reader.verify()).toMatchObject({ checked: 1, differences: [] });
  for (const writing of [reader.create('timed', 'u', {}), reader.send('t', { type: 'start' })]) {
    await expect(writing).rejects.toMatchObject({ reason: 'storeReadOnly' });
  }
  expect(disk.inbox.size).toBe(1);
});
