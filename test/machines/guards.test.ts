/** What guards say of themselves, and what can be said of them before an event is there. */
import { expect, test } from 'vitest';
import { assign, initialTransition, setup } from 'xstate';
import { guardsAt } from '../../src/machines/guards.ts';
import { personEvents } from '../../src/machines/standing.ts';
import { guardMeans } from '../../src/machines/task/guard-words.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { forgePipeline } from '../model/cases.ts';

test('every guard of a task says in words what is so where it holds', () => {
  const guards = Object.keys(compileTask(forgePipeline).implementations.guards);
  expect(guards.length).toBeGreaterThan(30);
  for (const type of guards) {
    const params = { gates: ['tests', 'ci'], gate: 'tests', scopes: [{ name: 'task' }], limit: 1, stage: 'build' };
    const means = guardMeans({ type, params });
    expect([type, means]).toEqual([type, expect.stringMatching(/^\S.{8,}[^.]$/)]);
    expect(means).not.toMatch(/undefined|none,/);
  }
  expect(guardMeans('isOfHead')).toBe('it speaks of the commit that was published last');
  expect(guardMeans('noSuchGuard')).toBeNull();
  expect(guardMeans(() => true)).toBeNull();
});

const machine = setup({
  guards: {
    isFull: ({ context }) => context.count > 2,
    isNamed: ({ event }) => (event as { name?: string }).name === 'this',
    hasName: ({ event }) => 'name' in event,
    isBroken: ({ context }) => (context as unknown as { list: string[] }).list.length > 0,
    isLate: ({ event }) => (event as { question?: number }).question !== undefined,
  },
  types: {} as { context: { count: number }; events: { type: 'put' | 'name' | 'task.reject' } },
  actions: { add: assign({ count: ({ context }) => context.count + 1 }) },
}).createMachine({
  id: 'box',
  context: { count: 3 },
  initial: 'outer',
  on: { put: { guard: 'isBroken', target: '.other' } },
  states: {
    outer: {
      initial: 'inner',
      on: { put: { guard: 'isFull', actions: 'add' } },
      states: {
        inner: {
          on: {
            name: [
              { guard: 'isNamed', target: '#box.other' },
              { guard: 'hasName', target: '#box.other' },
            ],
            'task.reject': [{ guard: 'isLate' }, { guard: 'isFull', target: '#box.other' }],
          },
        },
      },
    },
    other: {},
  },
});
const [snapshot] = initialTransition(machine as never, undefined as never) as never as [Parameters<typeof guardsAt>[0]];
const ask = (asked?: Parameters<typeof guardsAt>[1]['asked']) =>
  guardsAt(snapshot, { ...(asked && { asked }), events: personEvents, means: () => null }).map(
    ({ event, from, target, guard, holds, lacks, isVoid }) => [event, from, target, guard, holds, lacks, isVoid],
  );

test('guards are asked innermost state first; one that would have to know the event, or fails, says nothing', () => {
  expect(ask()).toEqual([
    ['name', 'outer.inner', 'other', 'isNamed', null, 'name', false],
    ['name', 'outer.inner', 'other', 'hasName', null, 'name', false],
    // What may be left out of an event of a person is left out.
    ['task.reject', 'outer.inner', null, 'isLate', false, null, true],
    ['task.reject', 'outer.inner', 'other', 'isFull', true, null, false],
    ['put', 'outer', null, 'isFull', true, null, false],
    ['put', '', 'other', 'isBroken', null, null, false],
  ]);
});

test('with the event at hand those that it concerns are asked with it, and the others without', () => {
  const named = ask({ event: { type: 'name', name: 'that' }, isUnknown: () => false });
  expect(named.slice(0, 2).map(([, , , guard, holds]) => [guard, holds])).toEqual([
    ['isNamed', false],
    ['hasName', true],
  ]);
  expect(named.slice(2)).toEqual(ask().slice(2));
});
