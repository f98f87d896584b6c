/** The machines in force: each kind, and for tasks each pipeline that is built in or configured. */
import type { AnyStateMachine } from 'xstate';
import type { LoadedConfig } from '../config/load.ts';
import { messageOf } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import { hashOf, type MachineKind } from '../runtime/kind.ts';
import { machineKinds } from './machine-kinds.ts';
import { builtInPipelines, readPipeline } from './pipelines.ts';

export interface MachineInForce {
  /** The name of its kind; `task:<pipeline>` for tasks. */
  id: string;
  kind: string;
  machine: AnyStateMachine;
  /** The hash of its definition, as actors carry it that live by it. */
  hash: string;
}

const taskKind = machineKinds.find(({ name }) => name === 'task')!;

/** The machine of a kind; for tasks that of the default pipeline. Undefined where there is no such kind. */
export function machineOfKind(name: string): MachineInForce | undefined {
  const kind = machineKinds.find(other => other.name === name);
  return kind && machineBy(name, kind, kind.definition);
}

/** The machine of tasks that go by a pipeline. */
export const taskMachine = (pipeline: Pipeline): MachineInForce =>
  machineBy(`task:${pipeline.name}`, taskKind, pipeline as unknown as Json);

const machineBy = (id: string, kind: MachineKind, definition: Json): MachineInForce => ({
  id,
  kind: kind.name,
  machine: kind.build(definition),
  hash: hashOf(kind.name, definition),
});

/**
 * All of them, and in whole sentences what could not be read: a configuration or a pipeline that is being written hides
 * nothing else. Of pipelines with the same name each but the first has the beginning of its hash behind it.
 */
export async function machinesInForce(
  configuration: () => Promise<LoadedConfig>,
): Promise<{ machines: MachineInForce[]; problems: string[] }> {
  const problems: string[] = [];
  const complain = (error: unknown) => void problems.push(messageOf(error));
  const { config } = (await configuration().catch(complain)) ?? {};
  const named = config === undefined ? [] : [config, ...Object.values(config.projects)].map(({ pipeline }) => pipeline);
  const tasks = new Map<string, MachineInForce>();
  for (const name of new Set([...Object.keys(builtInPipelines), ...named])) {
    // What a configuration names is absolute.
    const pipeline = await readPipeline(name, '/').catch(complain);
    if (pipeline === undefined) continue;
    const found = taskMachine(pipeline);
    const other = tasks.get(found.id);
    const id = other === undefined || other.hash === found.hash ? found.id : `${found.id}@${found.hash.slice(0, 8)}`;
    tasks.set(id, { ...found, id });
  }
  const services = machineKinds.filter(kind => kind !== taskKind).map(({ name }) => machineOfKind(name)!);
  return { machines: [...services, ...tasks.values()], problems };
}
