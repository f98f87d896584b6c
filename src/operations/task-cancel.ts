/** Ends a task. It must not leave an agent at work, so this answers when that is gone. */
import { z } from 'zod';
import { reason, taskId } from './fields.ts';
import { taskRow } from './find.ts';
import { operation } from './operation.ts';
import { sendToTask, taskNow } from './sending.ts';
import { sentEvent } from './views/task.ts';

export const taskCancel = operation({
  name: 'task.cancel',
  summary: 'end a task; its branch stays',
  may: 'operator',
  changes: true,
  isKeyed: true,
  needs: 'work',
  input: z.strictObject({ taskId, reason }),
  output: sentEvent,
  args: ['taskId'],
  route: { method: 'POST', path: '/tasks/:taskId/cancel', status: 202 },
  fails: ['noTask', 'brokenActor'],
  concerns: async (_, { taskId: id }) => [id],
  async run(app, { taskId: id, reason: because }, who) {
    const event = { type: 'task.cancel', ...(because !== undefined && { reason: because }) };
    const sent = await sendToTask(app, id, event, who);
    await app.runtime.until(
      async () => ((await taskRow(app.runtime, id)).tags.includes('ending') ? undefined : true),
      who.signal,
    );
    return { ...sent, task: await taskNow(app, id) };
  },
});
