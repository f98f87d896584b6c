/** What the runtime relies on in XState beyond its documentation. An upgrade that changes any of it must shout. */
import { expect, test } from 'vitest';
import {
  cancel,
  createMachine,
  emit,
  fromPromise,
  initialTransition,
  raise,
  sendTo,
  setup,
  spawnChild,
  stopChild,
  transition,
} from 'xstate';
import { createStepper } from '../../src/runtime/stepper.ts';
import { family, nested, parallel, timed } from './machines.ts';

test('executable actions have the types and parameters that become rows', () => {
  const machine = setup({
    actors: { job: fromPromise(async () => 1) },
    actions: {
      all: raise({ type: 'tick' }, { delay: 5, id: 'timer' }),
      off: cancel('timer'),
      born: spawnChild('job', { id: 'kid' }),
      gone: stopChild('kid'),
      told: sendTo('kid', { type: 'hello' }),
      heard: emit({ type: 'noted' }),
      outside: (_, _params: { x: number }) => {},
    },
  }).createMachine({
    id: 'all',
    on: { go: { actions: ['all', 'off', 'born', 'told', 'gone', 'heard', { type: 'outside', params: { x: 1 } }] } },
  });
  const stepper = createStepper(machine, ['job']);
  const { snapshot } = stepper.initial({}, { actorId: 'a', seq: 1 });
  const { consequences } = stepper.next(snapshot, { type: 'go' }, { actorId: 'a', seq: 2 });
  const ref = 'a.kid.2';
  expect(consequences).toEqual([
    { type: 'delay', timerId: 'timer', delayMs: 5, target: { type: 'self' }, event: { type: 'tick' } },
    { type: 'cancel', timerId: 'timer' },
    { type: 'spawn', childId: 'kid', ref, src: 'job', input: null },
    { type: 'send', target: { type: 'child', src: 'job', ref }, event: { type: 'hello' } },
    { type: 'stop', childId: 'kid', src: 'job', ref },
    { type: 'emit', event: { type: 'noted' } },
    { type: 'effect', name: 'outside', params: { x: 1 } },
  ]);
});

test('the fast path takes the same transitions as xstate.transition()', () => {
  for (const machine of [nested, parallel, timed, family]) {
    const stepper = createStepper(machine, Object.keys(machine.implementations.actors));
    const types = [...new Set(machine.events)].filter(type => !type.startsWith('xstate.'));
    let [pure] = initialTransition(machine as never, {} as never) as never as [never];
    let { snapshot } = stepper.initial({}, { actorId: 'a', seq: 1 });
    for (let i = 0; i < 200; i++) {
      const event = { type: types[(i * 7 + (i >> 2)) % types.length]! };
      [pure] = transition(machine as never, pure as never, event as never) as never as [never];
      snapshot = stepper.next(snapshot, event, { actorId: 'a', seq: i + 2 }).snapshot;
      const { value, context } = pure as { value: unknown; context: unknown };
      expect({ value: snapshot.value, context: snapshot.context }).toEqual({ value, context });
    }
  }
});

test('whoever listens hears of each transition that a step is made of, and the step is the same', () => {
  const machine = setup({ guards: { isSo: () => true } }).createMachine({
    id: 'chain',
    initial: 'a',
    states: {
      a: { on: { go: { target: 'b', actions: raise({ type: 'on' }) } } },
      b: { always: { guard: 'isSo', target: 'c' } },
      c: { on: { on: 'd' } },
      d: {},
    },
  });
  const stepper = createStepper(machine as never, []);
  const { snapshot } = stepper.initial({}, { actorId: 'a', seq: 1 });
  const heard: unknown[] = [];
  const step = { actorId: 'a', seq: 2 };
  const listened = stepper.next(snapshot, { type: 'go' }, step, ({ transitions, snapshot: after }) =>
    heard.push([transitions.map(({ eventType, guard }) => [eventType, guard]), after.value]),
  );
  expect(heard).toEqual([
    [[['go', undefined]], 'b'],
    [[['', 'isSo']], 'c'],
    [[['on', undefined]], 'd'],
  ]);
  const { snapshot: after, consequences } = stepper.next(snapshot, { type: 'go' }, step);
  expect([after.value, consequences]).toEqual([listened.snapshot.value, listened.consequences]);
  // Nobody is told any more.
  expect(heard).toHaveLength(3);
});

test('a snapshot comes back the same from its text', () => {
  const stepper = createStepper(nested, []);
  let { snapshot } = stepper.initial({}, { actorId: 'a', seq: 1 });
  for (const type of ['next', 'next', 'next', 'out', 'deep']) {
    snapshot = stepper.next(snapshot, { type }, { actorId: 'a', seq: 2 }).snapshot;
    expect(stepper.encode(stepper.decode(stepper.encode(snapshot)))).toBe(stepper.encode(snapshot));
  }
});

test('a snapshot of a state that does not exist is refused', () => {
  const stepper = createStepper(createMachine({ id: 'small', initial: 'a', states: { a: {} } }), []);
  const gone = JSON.stringify({ status: 'active', value: 'gone', context: {}, children: {}, historyValue: {} });
  expect(() => stepper.decode(gone)).toThrow(/gone/);
});
