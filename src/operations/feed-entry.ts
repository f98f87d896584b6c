/** A transition, as whoever follows what happens sees it. */
import { z } from 'zod';
import { at, outcome } from './fields.ts';

export const feedEntry = z.object({
  position: z.int().describe('in the log of all actors; what to go on from'),
  actorId: z.string(),
  kind: z.string(),
  taskId: z.string().nullable().describe('the task that it belongs to'),
  project: z.string().nullable().describe('the project of that task'),
  seq: z.int().describe('in the log of the actor'),
  at,
  type: z.string(),
  from: z.string(),
  to: z.string(),
  outcome,
  source: z.string(),
  reason: z.string().nullable(),
  headline: z.string().nullable().describe('what has happened, where that is worth a line'),
  words: z.string().nullable().describe('what has happened to a task, in words; null where it is worth no line'),
  by: z.string().nullable().describe('the person or token that did it; null for what happened by itself'),
  tags: z.array(z.string()).describe('what the state means that it came to'),
  data: z.record(z.string(), z.json()).describe('the fields of the event'),
});
export type FeedEntry = z.output<typeof feedEntry>;
