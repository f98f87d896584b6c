/** Finds what an id names. Throws with the nearest ids when there is nothing of that name. */
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import type { ActorRow } from '../persistence/store.ts';
import type { Runtime } from '../runtime/index.ts';

/** The actor behind a task. Throws `noTask`. */
export async function taskRow(runtime: Runtime, id: string): Promise<ActorRow> {
  const actor = await runtime.actor(id);
  if (actor?.kind === 'task') return actor;
  const hint = await hintAt(runtime, 'task', id, 'there are no tasks yet');
  throw new SignalboxError('not_found', 'noTask', `There is no task ${quote(id)}; ${hint}`);
}

/** The actor behind an agent run; a task stands for its newest run. Throws `noRun` or `noRunYet`. */
export async function runRow(runtime: Runtime, id: string): Promise<ActorRow> {
  const actor = await runtime.actor(id);
  if (actor?.kind === 'agentRun') return actor;
  if (actor?.kind !== 'task') {
    const hint = await hintAt(runtime, 'agentRun', id, 'there are none yet');
    throw new SignalboxError('not_found', 'noRun', `There is no agent run ${quote(id)}; ${hint}`);
  }
  const [newest] = await runsOf(runtime, id);
  if (newest !== undefined) return newest;
  throw new SignalboxError('not_found', 'noRunYet', `${id} is a task for which no agent has been called yet.`);
}

/** The actor behind a delivery. Throws `noDelivery`. */
export async function deliveryRow(runtime: Runtime, id: string): Promise<ActorRow> {
  const actor = await runtime.actor(id);
  if (actor?.kind === 'delivery') return actor;
  const hint = await hintAt(runtime, 'delivery', id, 'none has come in yet');
  throw new SignalboxError('not_found', 'noDelivery', `There is no delivery ${quote(id)}; ${hint}`);
}

/** The runs of a task, newest first. A task has as many as its budgets allow. */
export async function runsOf(runtime: Runtime, taskId: string): Promise<ActorRow[]> {
  const runs = await runtime.actors({ parentId: taskId, kind: 'agentRun', limit: 10_000 });
  return runs.sort((a, b) => b.createdAt - a.createdAt || (b.id < a.id ? -1 : 1));
}

async function hintAt(runtime: Runtime, kind: string, id: string, none: string): Promise<string> {
  const near = await runtime.nearestIds(kind, id);
  return near.length === 0 ? none : `did you mean ${near.join(', ')}?`;
}
