/** Sends any event that people may send, with its fields as they are. */
import { z } from 'zod';
import type { JsonObject } from '../domain/json.ts';
import { quote } from '../domain/names.ts';
import { taskId, text } from './fields.ts';
import { operation } from './operation.ts';
import { badField, fieldsOfEvent, sendToTask } from './sending.ts';
import { sentEvent } from './views/task.ts';

export const taskSend = operation({
  name: 'task.send',
  summary: 'send an event with its fields',
  may: 'operator',
  changes: true,
  isKeyed: true,
  needs: 'commit',
  input: z.strictObject({
    taskId,
    type: z.string().min(1).max(100).describe('such as task.approve or task.move'),
    data: z.record(z.string(), z.json()).default({}).describe('the fields of the event'),
  }),
  output: sentEvent,
  args: ['taskId', 'type'],
  route: { method: 'POST', path: '/tasks/:taskId/events', status: 202 },
  fails: ['noTask', 'unknownEvent', 'noStage', 'brokenActor'],
  async run(app, { taskId: id, type, data }, who) {
    const fields = await fieldsOfEvent(app, id, type);
    const named = [...new Set([...fields, ...(type !== 'task.answer' && data.reason !== undefined ? ['reason'] : [])])];
    const leftOut = Object.keys(data).filter(name => !named.includes(name));
    const event: JsonObject & { type: string } = { type };
    for (const field of named) {
      const value = text('').safeParse(data[field]);
      if (!value.success) {
        const unknown = leftOut.length === 0 ? '' : ` ${leftOut.slice(0, 5).map(quote).join(', ')} is no field of it.`;
        throw badField(type, field, unknown);
      }
      event[field] = value.data;
    }
    return { ...(await sendToTask(app, id, event, who)), leftOut };
  },
});
