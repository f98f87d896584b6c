/** The feed that all followers share: who comes and goes when, how slow somebody is, and what becomes of the log meanwhile. */
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import { createBell } from '../../src/operations/bell.ts';
import { eventsFollow } from '../../src/operations/events-follow.ts';
import { feedOf } from '../../src/operations/feed.ts';
import type { FeedEntry } from '../../src/operations/feed-entry.ts';
import type { Site, Who } from '../../src/operations/operation.ts';
import { createRecent } from '../../src/operations/recent.ts';
import type { Runtime } from '../../src/runtime/index.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

const counter = setup({
  types: {} as { context: { count: number }; events: { type: 'count' } },
  actions: { add: assign({ count: ({ context }) => context.count + 1 }) },
}).createMachine({ id: 'counter', context: { count: 0 }, on: { count: { actions: 'add' } } });

/** Ends at once, and may be removed then. */
const errand = setup({ types: {} as { events: { type: 'end' } } }).createMachine({
  id: 'errand',
  initial: 'open',
  states: { open: { on: { end: 'over' } }, over: { type: 'final' } },
});

const nextRound = () => new Promise<void>(resolve => setImmediate(resolve));

async function startLog(count = 0) {
  const system = await startTestRuntime({ kinds: [kindOf(counter), kindOf(errand)] });
  const { runtime } = system;
  await runtime.create('counter', 'c', {});
  const commit = (more: number) =>
    Promise.all(Array.from({ length: more }, () => runtime.send('c', { type: 'count' })));
  await commit(count);
  return { ...system, commit };
}

type Looked = Parameters<typeof feedOf>[0];

/** The same runtime, as one that answers late, each time by another number of rounds of the event loop. */
function late(runtime: Runtime, delays: readonly number[]): Looked {
  let turn = 0;
  const wait = async () => {
    for (let rounds = delays[turn++ % delays.length]!; rounds > 0; rounds--) await nextRound();
  };
  const after =
    <Args extends unknown[], T>(work: (...args: Args) => Promise<T>) =>
    async (...args: Args) => {
      await wait();
      const answer = await work(...args);
      await wait();
      return answer;
    };
  return {
    machineOf: after(runtime.machineOf),
    actor: after(runtime.actor),
    logAfter: after(runtime.logAfter),
    lastPosition: after(runtime.lastPosition),
    async *logSince(position, signal) {
      for await (const page of runtime.logSince(position, signal)) {
        await wait();
        yield page;
      }
    },
  };
}

/** Somebody who follows: at once, or only when he is told to take something. */
class Follower {
  readonly seen: number[] = [];
  readonly start: number;
  readonly #signal = new AbortController();
  readonly #batches: AsyncGenerator<readonly FeedEntry[]>;
  readonly #taking: Promise<void>[] = [];

  constructor(runtime: Looked, start: number) {
    this.start = start;
    this.#batches = feedOf(runtime).after(start, this.#signal.signal);
  }

  /** Takes a batch, when one comes. */
  take(): Promise<void> {
    const taking = (async () => {
      await this.#taking.at(-1);
      const { value } = await this.#batches.next();
      this.seen.push(...((value ?? []) as FeedEntry[]).map(({ position }) => position));
    })().finally(() => void this.#taking.shift());
    this.#taking.push(taking);
    return taking;
  }

  async takeUntil(position: number): Promise<void> {
    while ((this.seen.at(-1) ?? this.start) < position) await (this.#taking[0] ?? this.take());
  }

  async leave(): Promise<void> {
    this.#signal.abort();
    await this.#taking.at(-1);
    await this.#batches.return(undefined);
    expect(getEventListeners(this.#signal.signal, 'abort')).toEqual([]);
  }
}

const rounds = async (count: number) => {
  for (let round = 0; round < count; round++) await nextRound();
};

/** What happens, one after another. Numbers choose: a position, a follower. */
const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('commit' as const), count: fc.integer({ min: 1, max: 40 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('join' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('take' as const), who: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('leave' as const), who: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('allLeave' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('errand' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('prune' as const) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('rounds' as const), count: fc.integer({ min: 1, max: 4 }) }) },
);

test('whoever follows, from wherever and however slowly, is told the log once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { minLength: 5, maxLength: 40 }),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 7 }),
      async (story, delays) => {
        const { runtime, commit, clock, settle } = await startLog(20);
        const looked = late(runtime, delays);
        let there: Follower[] = [];
        const gone: Follower[] = [];
        const everSeen = new Set<number>();
        const working: Promise<unknown>[] = [];
        let errands = 0;
        for (const step of story) {
          if (step.type === 'commit') working.push(commit(step.count));
          if (step.type === 'rounds') await rounds(step.count);
          if (step.type === 'join') {
            const last = await runtime.lastPosition();
            there.push(new Follower(looked, Math.round(step.at * last)));
            void there.at(-1)!.take();
          }
          if (step.type === 'take' && there.length > 0) void there[step.who % there.length]!.take();
          const leaving =
            step.type === 'allLeave'
              ? there
              : step.type === 'leave'
                ? there.slice(step.who % 5, (step.who % 5) + 1)
                : [];
          for (const follower of leaving) void follower.leave();
          gone.push(...leaving);
          there = there.filter(follower => !leaving.includes(follower));
          if (step.type === 'errand') {
            for (let index = 0; index < step.count; index++) {
              const id = `e${errands++}`;
              working.push(runtime.create('errand', id, {}).then(() => runtime.send(id, { type: 'end' })));
            }
          }
          if (step.type === 'prune') {
            working.push(runtime.prune({ kind: 'errand', endedBefore: clock.now() + 1, limit: 10, entries: 1_000 }));
          }
        }
        await Promise.all(working);
        await settle();
        const last = await runtime.lastPosition();
        // Whoever begins when everything is over is told what is left.
        const newest = new Follower(looked, 0);
        const [{ position: end } = { position: last }] = (await runtime.logAfter(0, 10_000)).slice(-1);
        await Promise.all([...there, newest].map(follower => follower.takeUntil(Math.max(end, follower.start))));
        const left = (await runtime.logAfter(0, 10_000)).map(({ position }) => position);
        for (const { position } of await runtime.logAfter(0, 10_000)) everSeen.add(position);
        for (const { seen, start } of there) {
          expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
          expect(seen.filter(position => everSeen.has(position))).toEqual(left.filter(position => position > start));
          expect(seen.every(position => position > start)).toBe(true);
        }
        for (const { seen, start } of gone) {
          const told = seen.filter(position => everSeen.has(position));
          expect(told).toEqual(left.filter(position => position > start).slice(0, told.length));
        }
        await Promise.all([...there, newest].map(follower => follower.leave()));
        await runtime.stop({ drainMs: 0 });
      },
    ),
    { numRuns: 200, timeout: 30_000, endOnFailure: true },
  );
}, 120_000);

test('what comes while the first follower only begins is told to him', async () => {
  const { runtime, commit } = await startLog(5);
  let letLook = () => {};
  const looking = new Promise<void>(resolve => {
    letLook = resolve;
  });
  const looked: Looked = {
    ...runtime,
    async lastPosition() {
      await looking;
      return runtime.lastPosition();
    },
  };
  const follower = new Follower(looked, await runtime.lastPosition());
  void follower.take();
  // He has looked and found nothing; nobody knows yet from where on everybody is told.
  await rounds(5);
  await commit(1);
  letLook();
  await follower.takeUntil(await runtime.lastPosition());
  expect(follower.seen).toEqual([7]);
  await follower.leave();
});

test('what a follower has begun who is gone again does not lead the next one astray', async () => {
  const { runtime, commit } = await startLog(5);
  const gates: (() => void)[] = [];
  let isHeld = true;
  const looked: Looked = {
    ...runtime,
    async machineOf(id) {
      if (isHeld) await new Promise<void>(resolve => void gates.push(resolve));
      return runtime.machineOf(id);
    },
  };
  const first = new Follower(looked, await runtime.lastPosition());
  void first.take();
  await nextRound();
  await commit(1);
  while (gates.length === 0) await nextRound();
  // He goes while what came for him is being made ready, and more comes while nobody is there.
  const leaving = first.leave();
  isHeld = false;
  for (const open of gates) open();
  await leaving;
  await rounds(5);
  await commit(2);
  const second = new Follower(looked, 7);
  await second.takeUntil(9);
  expect(second.seen).toEqual([8, 9]);
  await second.leave();
});

test('whoever follows when the log cannot be read is told so, and the next one begins anew', async () => {
  const { runtime, commit } = await startLog(5);
  let isBusy = true;
  const looked: Looked = {
    ...runtime,
    async *logSince(position, signal) {
      for await (const page of runtime.logSince(position, signal)) {
        if (isBusy) throw new Error('the disk is busy');
        yield page;
      }
    },
  };
  const last = await runtime.lastPosition();
  const followers = [new Follower(looked, last), new Follower(looked, last)];
  const told = followers.map(follower => follower.take().catch((error: unknown) => error));
  await rounds(5);
  await commit(1);
  for (const error of await Promise.all(told)) expect(error).toMatchObject({ message: 'the disk is busy' });
  isBusy = false;
  const next = new Follower(looked, last);
  await next.takeUntil(7);
  void next.take();
  await commit(1);
  await next.takeUntil(8);
  expect(next.seen).toEqual([7, 8]);
  await next.leave();
});

test('whoever follows hears that the runtime has stopped, and so does whoever comes too late', async () => {
  const { runtime } = await startLog(3);
  const followers = Array.from({ length: 20 }, () => new Follower(runtime, 4));
  const told = followers.map(follower => follower.take().catch((error: unknown) => error));
  await nextRound();
  await runtime.stop({ drainMs: 0 });
  for (const error of await Promise.all(told)) expect(error).toMatchObject({ reason: 'stopped' });
  const tooLate = new Follower(runtime, 4);
  await expect(tooLate.take()).rejects.toMatchObject({ reason: 'stopped' });
});

test('where nobody follows nobody reads', async () => {
  const { runtime, commit } = await startLog(3);
  let reading = 0;
  const looked: Looked = {
    ...runtime,
    async *logSince(position, signal) {
      reading += 1;
      try {
        yield* runtime.logSince(position, signal);
      } finally {
        reading -= 1;
      }
    },
  };
  const followers = Array.from({ length: 10 }, () => new Follower(looked, 4));
  for (const follower of followers) void follower.take();
  await nextRound();
  expect(reading).toBe(1);
  await commit(1);
  await Promise.all(followers.map(follower => follower.leave()));
  while (reading > 0) await nextRound();
});

test('followers who come and go while nothing happens leave nothing behind', async () => {
  const bell = createBell();
  const signals = Array.from({ length: 100 }, () => new AbortController());
  const waiting = signals.map(({ signal }) => bell.after(0, signal));
  expect(bell.waiting).toBe(100);
  for (const controller of signals.slice(0, 60)) controller.abort();
  expect(bell.waiting).toBe(40);
  bell.ring();
  await Promise.all(waiting);
  expect(bell.waiting).toBe(0);
  expect(signals.flatMap(({ signal }) => getEventListeners(signal, 'abort'))).toEqual([]);
  // Whoever has not heard the last one does not wait for another.
  await bell.after(0, new AbortController().signal);
});

test('a long log that is read by many, of whom nobody wants anything in it, keeps nobody from working', async () => {
  const { runtime, commit } = await startLog(3_000);
  let pages = 0;
  let round = 0;
  const perRound = new Map<number, number>();
  const looked = {
    ...runtime,
    async logAfter(position: number, limit: number) {
      pages += 1;
      perRound.set(round, (perRound.get(round) ?? 0) + 1);
      return runtime.logAfter(position, limit);
    },
  };
  const signal = new AbortController();
  const who = { signal: signal.signal } as Who;
  const readers = Array.from({ length: 10 }, async () => {
    const stream = eventsFollow.stream({ runtime: looked } as unknown as Site, { after: 0, types: 'nothing' }, who);
    for await (const { length, reached } of stream) {
      expect(length).toBe(0);
      if (reached === 3_002) return;
    }
  });
  let isRead = false;
  void Promise.all(readers).then(() => {
    isRead = true;
  });
  let committed = 0;
  while (!isRead) {
    round += 1;
    await nextRound();
    if (round === 5) committed = (await commit(1)).length;
  }
  expect(committed).toBe(1);
  expect(pages).toBeGreaterThanOrEqual(100);
  expect(Math.max(...perRound.values())).toBeLessThanOrEqual(2);
  signal.abort();
});

test('what is kept for those who keep up is bounded, by its number and by its size', () => {
  const entry = (position: number, size = 1) =>
    ({ position, data: { text: 'x'.repeat(size) } }) as unknown as FeedEntry;
  const recent = createRecent({ entries: 10, characters: 1_000 });
  for (let at = 0; at < 40; at += 2) recent.add({ from: at, to: at + 2, entries: [entry(at + 1), entry(at + 2)] });
  expect(recent.after(29)).toBeUndefined();
  expect(recent.after(30)?.map(({ position }) => position)).toEqual([31, 32]);
  expect(recent.after(31)?.map(({ position }) => position)).toEqual([32]);
  expect(recent.after(40)).toBeUndefined();
  recent.add({ from: 40, to: 41, entries: [entry(41, 5_000)] });
  expect(recent.after(39)).toBeUndefined();
  expect(recent.after(40)?.map(({ position }) => position)).toEqual([41]);
});
