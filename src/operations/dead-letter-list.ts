/** Events that a machine could not take and actions that would not go, for a person to see. */
import { z } from 'zod';
import { at } from './fields.ts';
import { operation } from './operation.ts';
import { timeOf } from './views/time.ts';

const mostLetters = 1_000;

export const deadLetterList = operation({
  name: 'deadLetter.list',
  summary: 'events and actions that wait for a person, and why',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({}),
  output: z.object({
    items: z.array(
      z.object({
        id: z.string(),
        actorId: z.string(),
        type: z.string(),
        error: z.string().nullable(),
        at,
      }),
    ),
    hasMore: z.boolean().describe(`whether there are more than ${mostLetters} of a kind`),
  }),
  route: { method: 'GET', path: '/dead-letters', status: 200 },
  async run({ store }) {
    const { events, outbox } = await store.deadLetters(mostLetters + 1);
    const items = [
      ...events.slice(0, mostLetters).map(({ position, actorId, event, error, at: when }) => ({
        id: `event:${position}`,
        actorId,
        type: event.type,
        error,
        at: timeOf(when),
      })),
      ...outbox.slice(0, mostLetters).map(({ key, actorId, type, error, at: when }) => ({
        id: key,
        actorId,
        type,
        error,
        at: timeOf(when),
      })),
    ];
    return { items, hasMore: Math.max(events.length, outbox.length) > mostLetters };
  },
});
