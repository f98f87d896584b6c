/** Everything that happens, as it happens: each transition of each actor. */
import { z } from 'zod';
import { SignalboxError } from '../domain/errors.ts';
import { feedOf } from './feed.ts';
import { type FeedEntry, feedEntry } from './feed-entry.ts';
import { batchUpTo, type Site, streamOperation } from './operation.ts';

/** Digits and nothing else: what is empty is no position, and neither is `0x10`. */
const position = z
  .union([z.int().min(0), z.stringFormat('position', /^\d{1,15}$/).transform(Number)], {
    error: 'write a position that was answered, such as 1024',
  })
  .describe('the position to go on from; the present without it');

export const eventsFollow = streamOperation({
  name: 'events.follow',
  summary: 'every transition, once and in order, from a position on',
  may: 'viewer',
  input: z.strictObject({
    after: position.optional(),
    task: z.string().min(1).max(200).optional().describe('only this task and its runs'),
    project: z.string().min(1).max(200).optional().describe('only tasks of this project and their runs'),
    types: z.string().min(1).max(2_000).optional().describe('only events of these types, separated by commas'),
  }),
  output: feedEntry,
  route: { method: 'GET', path: '/events', status: 200 },
  fails: ['beyondLog'],
  bytesOf: null,
  async *stream(app, { after, task, project, types }, { signal }) {
    const wanted = types === undefined ? undefined : new Set(types.split(',').map(type => type.trim()));
    const isAll = task === undefined && project === undefined && wanted === undefined;
    const place = await placeOf(app, after);
    yield batchUpTo<FeedEntry>(place, []);
    for await (const entries of feedOf(app.runtime).after(place, signal)) {
      if (isAll) {
        yield entries;
        continue;
      }
      const kept = entries.filter(
        entry =>
          (task === undefined || entry.taskId === task) &&
          (project === undefined || entry.project === project) &&
          (wanted === undefined || wanted.has(entry.type)),
      );
      // Whoever is told nothing for long still gets on.
      yield batchUpTo(entries.at(-1)!.position, kept);
    }
  },
});

async function placeOf({ runtime }: Site, after: number | undefined): Promise<number> {
  const last = await runtime.lastPosition();
  if (after === undefined || after <= last) return after ?? last;
  throw new SignalboxError('not_found', 'beyondLog', `The log ends at ${last}; there is no position ${after} yet.`, {
    remedy: { say: 'give one that was answered, or none for the present', field: 'after' },
  });
}
