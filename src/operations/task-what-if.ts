/** Sends an event on paper: where the task would go, and what it would start. The pure machine; nothing is stored. */
import { z } from 'zod';
import { messageOf, SignalboxError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { TaskContext } from '../machines/task/context.ts';
import type { Rehearsal } from '../runtime/index.ts';
import { taskId } from './fields.ts';
import { taskRow } from './find.ts';
import { operation, type Site, type Who } from './operation.ts';
import { type PaperEvent, paperEvent, spellings, typeOfEvent } from './paper-event.ts';
import { requireStage, unknownEvent } from './sending.ts';
import { fixedAgents, renewing } from './task-retry.ts';
import { whatIf, whatIfView } from './views/what-if.ts';

const fields = z.record(z.string(), z.json());

/** Fields as JSON text: a query holds nothing but text. */
const fieldsAsText = z
  .string()
  .max(100_000)
  .transform((value, context) => {
    const parsed = fields.safeParse(jsonIn(value));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: 'write a JSON object, such as {"stage":"review"}' });
    return z.NEVER;
  });

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const taskWhatIf = operation({
  name: 'task.whatIf',
  summary: 'where an event would lead a task and what it would start, on paper: nothing is stored',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    taskId,
    event: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('such as task.approve, or any other that its machine knows; without it only what its guards say'),
    data: fields.or(fieldsAsText).default({}).describe('the fields of the event; in a query as JSON text'),
    at: z.coerce
      .number({ error: 'write a whole number' })
      .int('write a whole number')
      .optional()
      .describe('as of this entry of the log'),
  }),
  output: whatIfView,
  args: ['taskId', 'event'],
  route: { method: 'GET', path: '/tasks/:taskId/what-if', status: 200 },
  fails: ['noTask', 'unknownEvent', 'noStage', 'beyondLog', 'logDiverged', 'definitionMissing', 'brokenActor'],
  async run(app, { taskId: id, event, data, at }, who) {
    await taskRow(app.runtime, id);
    const rehearsal = await app.runtime.rehearse(id, at === undefined ? {} : { at });
    const asked = event === undefined ? undefined : await imagined(app, { id, rehearsal, event, data }, who);
    try {
      return whatIf(id, rehearsal, asked, rehearsal.since ?? Date.now());
    } catch (error) {
      // A machine believes what its actors report; what somebody imagines may be nothing that one can say anything of.
      if (asked === undefined || Object.keys(data).length === 0) throw error;
      const message = `this makes no sense to the task: ${messageOf(error)}`;
      throw new SignalboxError('invalid', 'badInput', `${asked.event.type}: "data": ${message}.`, {
        problems: [{ path: 'data', message }],
      });
    }
  },
});

interface Imagined {
  id: string;
  rehearsal: Rehearsal;
  event: string;
  data: JsonObject;
}

/** The event as it would be sent. Throws `unknownEvent`, `noStage` and `badInput`. */
async function imagined(app: Site, { id, rehearsal, event, data }: Imagined, who: Who): Promise<PaperEvent> {
  const { machine, snapshot } = rehearsal;
  const type = typeOfEvent(machine, snapshot, event);
  if (type === undefined) throw await unknownEvent(app, id, event, spellings(machine));
  // Whoever tries again is given what the configuration says of the agents by now.
  const isRetry = type === 'task.retry' && snapshot.status === 'active';
  const more = isRetry ? renewing(await fixedAgents(app.here, snapshot.context as TaskContext)) : {};
  const asked = paperEvent(type, { ...more, ...data }, who.name);
  if (type === 'task.move' && !asked.missing.includes('stage')) await requireStage(app, id, String(asked.event.stage));
  return asked;
}
