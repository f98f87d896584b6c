/** The log of a task, a page at a time. */
import { z } from 'zod';
import type { JsonObject } from '../domain/json.ts';
import { doerIn, storyOf } from '../machines/task/story.ts';
import { sayingsAt } from '../machines/words.ts';
import { at, outcome, taskId } from './fields.ts';
import { taskRow } from './find.ts';
import { operation } from './operation.ts';
import { concealed } from './views/concealed.ts';
import { timeOf } from './views/time.ts';

export const taskEvents = operation({
  name: 'task.events',
  summary: 'the log of a task, oldest first',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    taskId,
    after: z.coerce.number().int().min(0).default(0).describe('only entries behind this position in its log'),
    limit: z.coerce.number().int().min(1).max(1_000).default(500).describe('the most items of one page'),
  }),
  output: z.object({
    items: z.array(
      z.object({
        seq: z.int(),
        at,
        type: z.string(),
        source: z.string().describe('who sent it'),
        dedupeKey: z.string().nullable(),
        from: z.string(),
        to: z.string(),
        outcome,
        reason: z.string().nullable().describe('why it changed nothing'),
        headline: z.string().nullable().describe('what has happened, where that is worth a line'),
        words: z.string().nullable().describe('what has happened, in words; null where it is worth no line'),
        by: z.string().nullable().describe('the person or token that did it; null for what happened by itself'),
        data: z.record(z.string(), z.json()),
      }),
    ),
    next: z.int().nullable().describe('`after` of the next page; null on the last one'),
  }),
  args: ['taskId'],
  route: { method: 'GET', path: '/tasks/:taskId/events', status: 200 },
  fails: ['noTask'],
  async run({ runtime }, { taskId: id, after, limit }) {
    await taskRow(runtime, id);
    const { machine } = await runtime.machineOf(id);
    const entries = await runtime.log(id, { after, limit });
    const items = entries.map(({ seq, at: when, type, source, dedupeKey, from, to, outcome, reason, event }) => {
      const { type: _, ...data } = concealed(event as unknown as JsonObject);
      const headline = machine === undefined || from === to ? null : (sayingsAt(machine, to).headline ?? null);
      const words = storyOf({ type, event: data, from, to, outcome, reason, headline });
      return {
        seq,
        at: timeOf(when),
        type,
        source,
        dedupeKey,
        from,
        to,
        outcome,
        reason,
        headline,
        words,
        by: doerIn(data),
        data,
      };
    });
    return { items, next: entries.length === limit ? entries.at(-1)!.seq : null };
  },
});
