/** Takes a parked event, or carries out a dead action, again. */
import { z } from 'zod';
import { operation } from './operation.ts';

export const deadLetterRetry = operation({
  name: 'deadLetter.retry',
  summary: 'take an event, or carry out an action, again',
  may: 'operator',
  changes: true,
  needs: 'commit',
  input: z.strictObject({ id: z.string().min(1).max(1_000).describe('as the list names it') }),
  output: z.object({ id: z.string(), status: z.literal('retried') }),
  args: ['id'],
  route: { method: 'POST', path: '/dead-letters/:id/retry', status: 200 },
  fails: ['noDeadLetter', 'noActor'],
  async run({ runtime }, { id }) {
    await runtime.retryDeadLetter(id);
    return { id, status: 'retried' as const };
  },
});
