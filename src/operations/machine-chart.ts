/** Where everything of a machine lies, for whoever draws it himself and shows in it what happens. */
import { z } from 'zod';
import { chartOfMachine } from '../app/machine-documents.ts';
import { type MachineInForce, machinesInForce } from '../app/machines.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { chartSchema } from '../machines/drawing/chart.ts';
import { machineId, machineInForce, machineNamed, noSuchMachine } from './machines.ts';
import { operation, type Site } from './operation.ts';
import { unreadablePipeline } from './pipelines.ts';

export const machineChart = operation({
  name: 'machine.chart',
  summary: 'where each state and each way of a machine lies when it is drawn',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    machineId,
    within: z
      .string()
      .max(400)
      .default('')
      .describe('the path of one of its states, to see that from near; the whole without it'),
  }),
  output: chartSchema,
  args: ['machineId'],
  route: { method: 'GET', path: '/machines/:machineId/chart', status: 200 },
  fails: ['noMachine', 'noState', 'definitionMissing', 'tooOften', ...unreadablePipeline],
  run: async ({ here, runtime }, { machineId: id, within }, who) =>
    charted(await machineNamed(id, { here, runtime }, who), within),
  withoutData: async (here, { machineId: id, within }, who) =>
    charted((await machineInForce(id, here, who)) ?? (await noSuchMachine(id, here)), within),
});

/**
 * Lays out what somebody who looks at tasks will want to see: the pipelines in force, and what runs for them. It takes a
 * moment each time, in a thread of its own; what cannot be laid out is found out by whoever asks for it.
 */
export async function warmCharts({ here }: Pick<Site, 'here'>): Promise<void> {
  const { machines } = await machinesInForce(here.configuration);
  for (const machine of machines.filter(({ kind }) => kind === 'task' || kind === 'agentRun')) {
    await chartOfMachine(machine, '').catch(() => {});
  }
}

async function charted(machine: MachineInForce, within: string) {
  const chart = await chartOfMachine(machine, within);
  if (chart !== undefined) return chart;
  const why = `The machine ${machine.id} has no state ${quote(within)}.`;
  throw new SignalboxError('not_found', 'noState', why, {
    remedy: { say: 'give the path of one that the whole shows, or nothing for the whole', field: 'within' },
  });
}
