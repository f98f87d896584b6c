/** The machines by which everything goes. */
import { z } from 'zod';
import { machinesInForce } from '../app/machines.ts';
import { drawingOf, withInner } from '../machines/drawing/drawing.ts';
import { localOperation } from './operation.ts';

export const machineList = localOperation({
  name: 'machine.list',
  summary: 'the state machines in force',
  may: 'viewer',
  changes: false,
  input: z.strictObject({}),
  output: z.object({
    items: z.array(
      z.object({
        id: z.string().describe('its kind; task:<pipeline> for tasks'),
        kind: z.string(),
        means: z.string().describe('what it is for, in a sentence'),
        states: z.int().describe('how many states it has, those with others inside them too'),
        definition: z.string().describe('the hash of its definition'),
      }),
    ),
    problems: z.array(z.string()).describe('what could not be read: the configuration, or a pipeline that it names'),
  }),
  route: { method: 'GET', path: '/machines', status: 200 },
  async run(here) {
    const { machines, problems } = await machinesInForce(here.configuration);
    const items = machines.map(({ id, kind, machine, hash }) => ({
      id,
      kind,
      means: machine.root.description ?? '',
      states: withInner(drawingOf(machine).root).length - 1,
      definition: hash,
    }));
    return { items, problems };
  },
});
