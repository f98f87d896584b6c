/** Fields that several operations have, each with one meaning. */
import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';

const longestText = 20_000;

export const taskId = z.string().min(1).max(200).describe('the id of the task, such as ET-003');
export const agentId = z.string().min(1).max(400).describe('the id of an agent run, or of a task for its newest run');

/** A text that people write. */
export const text = (means: string) =>
  z
    .string({ error: `write a text of 1 to ${longestText} characters` })
    .trim()
    .min(1, `write a text of 1 to ${longestText} characters`)
    .max(longestText, `write a text of 1 to ${longestText} characters`)
    .describe(means);

export const priority = z
  .int({ error: 'write a whole number from 1 (most urgent) to 10' })
  .min(1, 'write a whole number from 1 (most urgent) to 10')
  .max(10, 'write a whole number from 1 (most urgent) to 10')
  .describe('1 is the most urgent, 10 the least');

/** Yes or no, also as the words of a query. */
export const flag = z.stringbool().or(z.boolean()).default(false);

/** The last lines of an output. */
export const tail = (means: string) => z.coerce.number().int().min(1).max(100_000).optional().describe(means);

/** How long ago what is asked for may have been printed. */
export const since = z
  .string()
  .max(100)
  .refine(value => parseDuration(value) !== undefined, 'write a duration such as 10m or 2h')
  .optional()
  .describe('only what was printed in so long a time before now, such as 10m; give or take a second');

/** So long before now, in epoch milliseconds; undefined where nothing was given. */
export const momentBefore = (span: string | undefined): number | undefined =>
  span === undefined ? undefined : Date.now() - parseDuration(span)!;

/** What became of an event. */
export const outcome = z.enum(['applied', 'ignored', 'duplicate', 'rejected']);

/** The part of a list that is asked for. */
export const page = {
  limit: z.coerce.number().int().min(1).max(1_000).default(50).describe('the most items of one page'),
  cursor: z.string().max(1_000).optional().describe('`nextCursor` of the page before'),
};

export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().describe('where the next page begins; null on the last one'),
    total: z.int().nullable().describe('how many there are in all; null where only looking would tell'),
    left: z.int().nullable().describe('how many come after this page; null where only looking would tell'),
  });

export const at = z.string().describe('a time, ISO 8601 in UTC');
/** Schemas of answers are made when they are needed: a command line that prints one needs none. */
export const budget = z.lazy(() =>
  z
    .object({
      tokens: z.number().nullable(),
      moneyUsd: z.number().nullable().describe('US dollars'),
      timeMs: z.number().nullable().describe('working time in milliseconds'),
      sessions: z.number().nullable().describe('processes'),
    })
    .describe('limits; null for none'),
);
export const spent = z.lazy(() =>
  z.object({
    tokens: z.number(),
    moneyUsd: z.number().describe('US dollars'),
    timeMs: z.number().describe('working time in milliseconds'),
    sessions: z.number().describe('processes'),
  }),
);
export const usage = z.lazy(() =>
  z.object({
    inputTokens: z.number(),
    cachedInputTokens: z.number(),
    cacheWriteTokens: z.number(),
    outputTokens: z.number(),
    costUsd: z.number().nullable().describe('US dollars; null where it is not known'),
  }),
);
export const remedy = z.lazy(() =>
  z
    .object({
      say: z.string().describe('what would fix it, in words'),
      field: z.string().optional().describe('the field of the input to give, or to give otherwise'),
      operation: z.string().optional().describe('what to ask next'),
      input: z.record(z.string(), z.json()).optional(),
    })
    .describe('what would fix it, for no particular client'),
);

/** The question that a decision answers, where it says so. */
export const question = z
  .int()
  .min(1)
  .optional()
  .describe('the number of the question that this answers; for another one than is asked now it changes nothing');

/** Why somebody decides so. Kept with the task: the timeline shows it, and every later agent reads it. */
export const reason = text('why, or what whoever works on it next should mind; kept with the task').optional();
