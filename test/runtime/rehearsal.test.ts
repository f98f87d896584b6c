/** An actor on paper: what it would do is what it does, and nothing of it is stored. */
import { expect, test } from 'vitest';
import { assign, fromPromise, setup } from 'xstate';
import { createMemoryDisk, openMemoryStore } from '../../src/persistence/memory.ts';
import type { EventObject } from '../../src/persistence/store.ts';
import { openReader } from '../../src/runtime/index.ts';
import { createPlayedJobs } from '../support/jobs.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

const machine = setup({
  actors: { first: fromPromise(async () => 1), second: fromPromise(async () => 2) },
  actions: { tell: (_, _params: { word: string }) => {} },
  guards: { isLoud: ({ event }) => (event as unknown as { word: string }).word.length > 3 },
}).createMachine({
  id: 'pair',
  initial: 'idle',
  states: {
    idle: { on: { go: 'busy', shout: { guard: 'isLoud', target: 'busy' } } },
    busy: {
      invoke: [
        { id: 'one', src: 'first', input: {} as never, onDone: {} },
        { id: 'two', src: 'second', input: {} as never, onDone: {} },
      ],
      after: { 5000: 'idle' },
      on: { halt: { target: 'idle', actions: { type: 'tell', params: { word: 'halted' } } } },
    },
  },
});

async function start() {
  const jobs = createPlayedJobs();
  const disk = createMemoryDisk();
  const kinds = [
    kindOf(machine as never, { actors: { first: jobs.logic, second: jobs.logic }, effects: { tell: () => {} } }),
  ];
  const system = await startTestRuntime({ kinds, disk });
  await system.runtime.create('pair', 'p', {});
  return { ...system, jobs, kinds, disk };
}

test('what would be done comes as a list, step by step; nothing is stored and nothing begins', async () => {
  const { runtime, store, jobs, settle } = await start();
  const paper = await runtime.rehearse('p');
  const { outcome, reason, snapshot, microsteps, consequences } = paper.take({ type: 'go', at: 7 });
  expect({ outcome, reason, value: snapshot.value }).toEqual({ outcome: 'applied', reason: null, value: 'busy' });
  expect(microsteps.map(({ transitions }) => transitions.map(({ eventType }) => eventType))).toEqual([['go']]);
  expect(consequences).toMatchObject([
    { type: 'delay', delayMs: 5_000 },
    { type: 'spawn', childId: 'one', src: 'first', ref: 'p.one.2' },
    { type: 'spawn', childId: 'two', src: 'second', ref: 'p.two.2' },
  ]);
  await settle();
  expect(await runtime.actor('p')).toMatchObject({ state: 'idle', version: 1 });
  expect(await store.timers('p')).toEqual([]);
  expect(jobs.find('p', 'one')).toBeUndefined();
  // Asked twice it answers the same twice.
  expect(paper.take({ type: 'go', at: 7 }).consequences).toEqual(consequences);
});

test('what it would not take says why, as it would be on record', async () => {
  const { runtime } = await start();
  const paper = await runtime.rehearse('p');
  const events: EventObject[] = [{ type: 'halt' }, { type: 'shout', word: 'no' }, { type: 'shout' }];
  for (const event of events) {
    const { outcome, reason, snapshot } = paper.take({ ...event, at: 0 });
    expect(snapshot).toBe(paper.snapshot);
    expect(await runtime.send('p', event)).toMatchObject({ outcome, reason });
  }
  await expect(runtime.rehearse('q')).rejects.toMatchObject({ reason: 'noActor' });
});

test('of its children those are stopped that are still at work, and only they can tell of their end', async () => {
  const { runtime, jobs, settle } = await start();
  await runtime.send('p', { type: 'go' });
  await settle();
  const stopped = async (options?: { at: number }) => {
    const { consequences } = (await runtime.rehearse('p', options)).take({ type: 'halt', at: 0 });
    return consequences.flatMap(it => (it.type === 'stop' ? [it.childId] : []));
  };
  expect(await stopped()).toEqual(['one', 'two']);
  jobs.find('p', 'one')!.resolve(1);
  await settle();
  expect(await stopped()).toEqual(['two']);
  expect(await stopped({ at: 2 })).toEqual(['one', 'two']);
  const paper = await runtime.rehearse('p');
  expect(paper.take({ type: 'xstate.error.actor.one', at: 0 })).toMatchObject({ reason: 'one is not at work' });
  expect(paper.take({ type: 'xstate.done.actor.two', at: 0 }).outcome).toBe('ignored');
});

test('beside whoever owns the store it is looked at too', async () => {
  const { kinds, disk } = await start();
  const reader = openReader(openMemoryStore(disk), async () => kinds);
  expect((await reader.rehearse('p')).take({ type: 'go', at: 0 }).snapshot.value).toBe('busy');
});

test('I11: as of an entry it stands on the definition that it had then', async () => {
  const build = (definition: unknown) =>
    setup({ actions: { say: assign({ said: (definition as { word: string }).word }) } }).createMachine({
      id: 'sayer',
      context: { said: '' },
      on: { say: { actions: 'say' } },
    }) as never;
  const kinds = [{ name: 'sayer', definition: { word: 'old' }, build }];
  const { runtime, clock } = await startTestRuntime({ kinds });
  await runtime.create('sayer', 'a', {});
  const begun = clock.now();
  await clock.advance(10);
  await runtime.migrate('a', { word: 'new' });
  const said = async (options?: { at: number }) => {
    const { take, seq, since } = await runtime.rehearse('a', options);
    return [seq, since, take({ type: 'say', at: 0 }).snapshot.context];
  };
  expect(await said()).toEqual([2, null, { said: 'new' }]);
  expect(await said({ at: 1 })).toEqual([1, begun, { said: 'old' }]);
});
