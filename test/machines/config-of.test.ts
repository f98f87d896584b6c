/** The configuration of a machine as JSON. */
import { expect, test } from 'vitest';
import { type AnyStateNode, createMachine } from 'xstate';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import { configOf } from '../../src/machines/config-of.ts';
import { child, nested } from '../runtime/machines.ts';

const shapeOf = ({ type, states, on }: AnyStateNode): object => ({
  ...{ type, events: Object.keys(on).sort() },
  states: Object.fromEntries(Object.entries(states).map(([name, node]) => [name, shapeOf(node)])),
});

test('XState makes the same states and events of it, for each of our machines', () => {
  for (const { name, build, definition } of machineKinds) {
    const machine = build(definition);
    const config = configOf(machine);
    expect(JSON.parse(JSON.stringify(config)), name).toEqual(config);
    expect(shapeOf(createMachine(config as never).root), name).toEqual(shapeOf(machine.root));
  }
});

test('functions are named, and a guard that is made of others keeps its parts', () => {
  // What it begins with is made from what it is given.
  expect(configOf(nested)).not.toHaveProperty('context');
  expect(configOf(nested)).toMatchObject({
    states: {
      transit: {
        always: [{ guard: { type: 'and', guards: ['isEven', { type: 'not', guards: ['isLarge'] }] } }, {}, {}],
      },
    },
  });
  expect(configOf(child)).toMatchObject({ output: { type: 'output' } });
  expect(configOf(createMachine({ id: 'plain', context: { count: 1 } }))).toEqual({
    id: 'plain',
    context: { count: 1 },
  });
});
