/** Finds the machine that somebody names. */
import { z } from 'zod';
import { type MachineInForce, machineOfKind, machinesInForce, taskMachine } from '../app/machines.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import type { Runtime } from '../runtime/index.ts';
import type { Here, Site, Who } from './operation.ts';
import { pipelineNamed } from './pipelines.ts';

export const machineId = z
  .string()
  .min(1)
  .max(4_000)
  .describe('its kind, task:PIPELINE, or the id of a task, a run or another actor for the machine that it lives by');

/** A machine in force, or the one that an actor lives by. Throws `noMachine`, `definitionMissing`. */
export async function machineNamed(
  id: string,
  { here, runtime }: Pick<Site, 'here' | 'runtime'>,
  who: Who,
): Promise<MachineInForce> {
  return (await machineInForce(id, here, who)) ?? (await livedBy(id, runtime)) ?? (await noSuchMachine(id, here));
}

/** By its kind or its pipeline. Throws what reading a pipeline throws. */
export async function machineInForce(id: string, here: Here, who: Who): Promise<MachineInForce | undefined> {
  const ofKind = machineOfKind(id);
  if (ofKind !== undefined || !id.startsWith('task:')) return ofKind;
  const { machines } = await machinesInForce(here.configuration);
  const known = machines.find(machine => machine.id === id);
  return known ?? taskMachine(await pipelineNamed(id.slice('task:'.length), here, who));
}

/** The machine of an actor, as it was when the actor began. Throws `definitionMissing` when it cannot be built any more. */
async function livedBy(id: string, runtime: Runtime): Promise<MachineInForce | undefined> {
  const actor = await runtime.actor(id);
  if (actor === undefined) return undefined;
  const { kind, machine } = await runtime.machineOf(id);
  if (machine !== undefined) return { id, kind, machine, hash: actor.definition };
  throw new SignalboxError('invalid', 'definitionMissing', `The definition that ${id} lives by cannot be read.`);
}

export async function noSuchMachine(id: string, here: Here): Promise<never> {
  const { machines } = await machinesInForce(here.configuration);
  const likely = nearest(
    id,
    machines.map(machine => machine.id),
  ).join(', ');
  throw new SignalboxError(
    'not_found',
    'noMachine',
    `There is no machine ${quote(id)} and nothing with this id that lives by one; did you mean ${likely}?`,
    { remedy: { say: 'look which there are', operation: 'machine.list' } },
  );
}
