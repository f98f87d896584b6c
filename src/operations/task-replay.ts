/** Rebuilds a task from its log: the time machine, and the proof that the stored snapshot is the true one. */
import { z } from 'zod';
import type { JsonObject } from '../domain/json.ts';
import { flag, taskId } from './fields.ts';
import { taskRow } from './find.ts';
import { operation } from './operation.ts';
import { concealed } from './views/concealed.ts';

export const taskReplay = operation({
  name: 'task.replay',
  summary: 'rebuild the snapshot of a task from its log',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    taskId,
    at: z.coerce
      .number({ error: 'write a whole number' })
      .int('write a whole number')
      .optional()
      .describe('as of this entry of the log'),
    verify: flag.describe('say whether it is the stored one'),
  }),
  output: z.object({
    id: z.string(),
    seq: z.int(),
    state: z.string(),
    snapshot: z.record(z.string(), z.json()),
    difference: z.string().nullable().optional().describe('why it is not the stored one; null when it is'),
  }),
  args: ['taskId'],
  route: { method: 'GET', path: '/tasks/:taskId/replay', status: 200 },
  fails: ['noTask', 'beyondLog', 'logDiverged', 'definitionMissing'],
  async run({ runtime }, { taskId: id, at, verify }) {
    await taskRow(runtime, id);
    const { seq, state, snapshot } = await runtime.replay(id, at === undefined ? {} : { at });
    const difference = verify ? ((await runtime.difference(id)) ?? null) : undefined;
    return { id, seq, state, snapshot: concealed(JSON.parse(snapshot) as JsonObject), ...(verify && { difference }) };
  },
});
