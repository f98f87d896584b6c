/** Actors that actors ask for: made in the commit in which they are asked for, once, and never against what is there. */
import { expect, test } from 'vitest';
import { assign, setup, spawnChild } from 'xstate';
import { createMemoryDisk } from '../../src/persistence/memory.ts';
import type { NewActor } from '../../src/runtime/index.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

interface MakerContext {
  heard: string[];
}

const maker = setup({
  types: {} as {
    context: MakerContext;
    events: { type: 'make'; order: NewActor } | { type: 'actor.made' | 'actor.refused' };
  },
  actions: {
    makeThing: (_, _params: NewActor) => {},
    hear: assign(({ context, event }) => {
      const { type, actorId, reason = '' } = event as { type: string; actorId?: string; reason?: string };
      return { heard: [...context.heard, `${type} ${actorId} ${reason}`.trim()] };
    }),
  },
}).createMachine({
  id: 'maker',
  context: { heard: [] },
  initial: 'ready',
  states: {
    ready: {
      on: {
        make: { actions: { type: 'makeThing', params: ({ event }) => event.order } },
        'actor.made': { actions: 'hear' },
        'actor.refused': { actions: 'hear' },
      },
    },
  },
});

const thing = setup({
  types: {} as { context: { name: string }; input: { name: string }; events: { type: 'end' } },
}).createMachine({
  id: 'thing',
  context: ({ input }) => ({ name: input.name.toUpperCase() }),
  initial: 'there',
  states: { there: { on: { end: 'over' } }, over: { type: 'final' } },
});

const kinds = [
  kindOf(maker as never, { effects: { makeThing: { makes: 'thing' } } }),
  kindOf(thing as never, { links: ({ context }) => [`thing ${(context as { name: string }).name}`] }),
];

async function startMaker(disk = createMemoryDisk()) {
  const system = await startTestRuntime({ kinds, disk });
  await system.runtime.create('maker', 'm', {});
  const make = (order: NewActor) => system.runtime.send('m', { type: 'make', order } as never);
  const heard = async () => (await system.context('m')).heard as string[];
  return { ...system, make, heard };
}

test('what an actor asks for is there in the same commit, and it hears so', async () => {
  const { make, heard, state, context, store } = await startMaker();
  const commits: number[] = [];
  store.watch(() => commits.push(1));
  await make({ id: 't1', input: { name: 'a' } });
  expect(commits).toHaveLength(1);
  expect(await state('t1')).toBe('there');
  expect(await context('t1')).toEqual({ name: 'A' });
  expect(await heard()).toEqual(['actor.made t1']);
});

test('a second one under the same id is refused, and the first stays as it is', async () => {
  const { make, heard, context } = await startMaker();
  await make({ id: 't1', input: { name: 'a' } });
  await make({ id: 't1', input: { name: 'b' } });
  expect(await context('t1')).toEqual({ name: 'A' });
  expect(await heard()).toEqual(['actor.made t1', 'actor.refused t1 it exists already']);
});

test('none is made for what somebody is already, also in the same commit and after that one has ended', async () => {
  const { runtime, make, heard, state } = await startMaker();
  const order = (id: string): NewActor => ({ id, input: { name: 'a' }, unlessLinked: ['thing A'] });
  await Promise.all([make(order('t1')), make(order('t2'))]);
  await runtime.send('t1', { type: 'end' });
  await make(order('t3'));
  expect(await heard()).toEqual([
    'actor.made t1',
    'actor.refused t1 t1 is it already',
    'actor.refused t1 t1 is it already',
  ]);
  expect([await state('t2'), await state('t3')]).toEqual([undefined, undefined]);
});

test('an order that cannot be carried out is an answer, and leaves nothing behind', async () => {
  const { runtime, make, heard, state } = await startMaker();
  await make({ id: 't1', input: { nothing: true } });
  expect(await state('t1')).toBeUndefined();
  expect(await heard()).toEqual([expect.stringMatching(/^actor\.refused t1 t1 cannot be made/)]);
  expect(await runtime.deadLetters()).toEqual({ events: [], outbox: [] });
});

test('whoever asks is rebuilt from its log, and asks for nothing again', async () => {
  const disk = createMemoryDisk();
  const { make, runtime } = await startMaker(disk);
  await make({ id: 't1', input: { name: 'a' } });
  expect(await runtime.difference('m')).toBeUndefined();
  await runtime.stop();
  const again = await startTestRuntime({ kinds, disk });
  expect((await again.runtime.log('t1', { after: 0, limit: 10 })).map(({ type, source }) => [type, source])).toEqual([
    ['xstate.init', 'actor:m'],
  ]);
});

test('a child lives by the definition that it was given, also after a restart', async () => {
  const parent = setup({
    types: {} as { context: object; events: { type: 'spawn' } },
    actors: { worker: thing },
    actions: { spawnWorker: spawnChild('worker', { id: 'w', input: { name: 'x', steps: 2 } as never }) },
  }).createMachine({ id: 'parent', initial: 'on', states: { on: { on: { spawn: { actions: 'spawnWorker' } } } } });
  const bySteps = (steps: number) =>
    setup({}).createMachine({ id: 'thing', initial: `of${steps}`, states: { [`of${steps}`]: {} } } as never);
  const stepped = {
    ...kindOf(thing as never),
    definition: { steps: 1 },
    build: (definition: unknown) => bySteps((definition as { steps: number }).steps) as never,
    definitionIn: (input: unknown) => ({ steps: (input as { steps: number }).steps }),
  };
  const disk = createMemoryDisk();
  const all = [kindOf(parent as never, { actors: { worker: thing as never } }), stepped as never];
  const { runtime, state } = await startTestRuntime({ kinds: all, disk });
  await runtime.create('parent', 'p', {});
  await runtime.send('p', { type: 'spawn' });
  expect(await state('p.w.2')).toBe('of2');
  expect(await runtime.difference('p.w.2')).toBeUndefined();
  await runtime.stop();
  const again = await startTestRuntime({ kinds: all, disk });
  expect(await again.runtime.definitionOf('p.w.2')).toEqual({ steps: 2 });
});
