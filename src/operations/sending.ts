/** Sends what people decide to a task. */
import { z } from 'zod';
import { SignalboxError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import type { Reason } from '../domain/reasons.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import { personEvents } from '../machines/standing.ts';
import { taskId } from './fields.ts';
import { taskRow } from './find.ts';
import { sendOnce } from './once.ts';
import { operation, type Site, type Who } from './operation.ts';
import { type SentEvent, sentEvent, viewsOfTasks } from './views/task.ts';

/**
 * Sends an event and answers what it did. Throws `noTask`, and `noStage` for a stage that the task does not have; an event
 * that comes too late is answered as `ignored`.
 */
export async function sendToTask(
  app: Site,
  id: string,
  { type, ...fields }: { type: string } & JsonObject,
  who: Who,
): Promise<SentEvent> {
  await taskRow(app.runtime, id);
  if (type === 'task.move') await requireStage(app, id, String(fields.stage));
  const event = { ...fields, type, by: who.name };
  const { seq, outcome, state, reason } = await sendOnce(app.runtime, id, event, who);
  return { seq, outcome, state, reason, task: await taskNow(app, id), leftOut: [] };
}

/** The task as it is now. */
export async function taskNow(app: Site, id: string) {
  const [view] = await viewsOfTasks(app, [await taskRow(app.runtime, id)]);
  return view!;
}

/** Throws `noStage` for a stage that the task does not have, naming those that it has. */
export async function requireStage(app: Site, id: string, stage: string): Promise<void> {
  const pipeline = (await app.runtime.definitionOf(id)) as unknown as Pipeline;
  const stages = pipeline.stages.map(({ name }) => name);
  if (stages.includes(stage)) return;
  const near = nearest(stage, stages).join(', ');
  const why = `There is no stage ${quote(stage)} in ${id}; the nearest are ${near}; its stages are ${stages.join(', ')}.`;
  throw new SignalboxError('invalid', 'noStage', why);
}

/** The fields that an event of a person needs. Throws `unknownEvent` with the nearest and with what the task takes now. */
export async function fieldsOfEvent(app: Site, id: string, type: string): Promise<string[]> {
  const fields = Object.hasOwn(personEvents, type) ? personEvents[type] : undefined;
  if (fields !== undefined) return fields.map(({ name }) => name);
  throw await unknownEvent(app, id, type, Object.keys(personEvents));
}

/** There is no such event among those that are known; what the task takes now is said too. */
export async function unknownEvent(
  app: Site,
  id: string,
  type: string,
  known: readonly string[],
): Promise<SignalboxError> {
  const { moves } = await taskNow(app, id);
  const near = nearest(type, known).join(', ');
  const takes = moves.map(({ event }) => event).join(', ');
  const why = `There is no event ${quote(type)}; the nearest are ${near}. ${id} takes ${takes || 'none'} now.`;
  return new SignalboxError('invalid', 'unknownEvent', why, {
    remedy: { say: 'look at the task', operation: 'task.show', input: { taskId: id } },
  });
}

/** A field of an event that is no text of people. */
export function badField(type: string, field: string, unknown = ''): SignalboxError {
  const message = 'write a text of 1 to 20000 characters';
  return new SignalboxError('invalid', 'badInput', `${type} needs "${field}": ${message}.${unknown}`, {
    problems: [{ path: `data.${field}`, message }],
  });
}

/** An operation that sends one event of a person, with its fields; `placed` are given by their place. */
export function verb<Name extends `task.${string}`, Fields extends z.ZodRawShape>(
  name: Name,
  summary: string,
  fields: Fields,
  { placed = [], fails = [] }: { placed?: readonly string[]; fails?: readonly Reason[] } = {},
) {
  return operation({
    name,
    summary,
    may: 'operator',
    changes: true,
    isKeyed: true,
    needs: 'commit',
    input: z.strictObject({ taskId, ...fields }),
    output: sentEvent,
    args: ['taskId', ...placed],
    route: { method: 'POST', path: `/tasks/:taskId/${name.slice('task.'.length)}`, status: 202 },
    fails: ['noTask', 'brokenActor', ...fails],
    run: (app, input, who) => {
      const { taskId: id, ...given } = input as { taskId: string } & JsonObject;
      return sendToTask(app, id, { ...given, type: name }, who);
    },
  });
}
