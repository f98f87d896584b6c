/** The persisted XState snapshot of a task. */
import { z } from 'zod';
import type { JsonObject } from '../domain/json.ts';
import { taskId } from './fields.ts';
import { taskRow } from './find.ts';
import { operation } from './operation.ts';
import { concealed } from './views/concealed.ts';

export const taskSnapshot = operation({
  name: 'task.snapshot',
  summary: 'the XState snapshot of a task, now or as of an entry of its log',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    taskId,
    at: z.coerce.number().int().optional().describe('as of this entry of the log'),
  }),
  output: z.record(z.string(), z.json()),
  args: ['taskId'],
  route: { method: 'GET', path: '/tasks/:taskId/snapshot', status: 200 },
  fails: ['noTask', 'beyondLog', 'logDiverged', 'definitionMissing'],
  async run({ runtime }, { taskId: id, at }) {
    const { snapshot } = await taskRow(runtime, id);
    return concealed(
      JSON.parse(at === undefined ? snapshot : (await runtime.replay(id, { at })).snapshot) as JsonObject,
    );
  },
});
