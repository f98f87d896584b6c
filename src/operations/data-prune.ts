/** Removes what ended long ago, and says what stays. */
import { z } from 'zod';
import { prune } from '../app/retention.ts';
import { parseDuration } from '../domain/duration.ts';
import { flag } from './fields.ts';
import { operation } from './operation.ts';

const olderThan = z
  .string({ error: 'say how long ago a task must have ended to go, such as 90d or 12h' })
  .max(100)
  .refine(
    value => parseDuration(value) !== undefined,
    'write a duration such as 90d or 12h; 0s is everything that ended',
  )
  .describe('how long ago a task must have ended to go, such as 90d or 12h');

export const dataPrune = operation({
  name: 'data.prune',
  summary: 'remove tasks that ended long ago, with their logs and files; branches and saved work stay',
  may: 'admin',
  changes: true,
  needs: 'commit',
  input: z.strictObject({
    olderThan,
    dryRun: flag.describe('say what would go, and remove nothing'),
  }),
  output: z.object({
    dryRun: z.boolean(),
    tasks: z.int(),
    orders: z.int().describe('what was ordered under a key: the key may mean another order from now on'),
    deliveries: z.int().describe('of forges and trackers; none of them is taken a second time'),
    words: z.int().describe('what people have said of tasks, and who listened to it'),
    actors: z.int().describe('all of these, with the runs of the tasks'),
    logEntries: z.int(),
    actions: z.int().describe('records of actions that were carried out'),
    definitions: z.int().describe('pipelines and machines that nobody lives by any more'),
    directories: z.int().describe('of attempts, gates and hooks'),
    bytes: z.int().describe('of the files in these directories'),
    kept: z
      .array(z.object({ id: z.string(), why: z.string() }))
      .describe('what stays although it ended long ago; the first hundred'),
    keptInAll: z.int(),
  }),
  route: { method: 'POST', path: '/prune', status: 200 },
  async run(app, { olderThan, dryRun }, { tell, signal }) {
    const endedBefore = Date.now() - parseDuration(olderThan)!;
    return { dryRun, ...(await prune(app, { endedBefore, isDryRun: dryRun, onProgress: tell, signal })) };
  },
});
