/** Everything that happens, as it happens: each transition of each actor. */
import { z } from 'zod';
import { SignalboxError } from '../domain/errors.ts';
import { feedOf } from './feed.ts';
import { feedEntry } from './feed-entry.ts';
import { type Site, streamOperation } from './operation.ts';

export const eventsFollow = streamOperation({
  name: 'events.follow',
  summary: 'every transition, once and in order, from a position on',
  may: 'viewer',
  input: z.strictObject({
    after: z.coerce.number().int().min(0).optional().describe('the position to go on from; the present without it'),
    task: z.string().max(200).optional().describe('only this task and its runs'),
    project: z.string().max(200).optional().describe('only tasks of this project and their runs'),
    types: z.string().max(2_000).optional().describe('only events of these types, separated by commas'),
  }),
  output: feedEntry,
  route: { method: 'GET', path: '/events', status: 200 },
  fails: ['beyondLog'],
  bytesOf: null,
  async *stream(app, { after, task, project, types }, { signal }) {
    const wanted = types?.split(',').map(type => type.trim());
    const isAll = task === undefined && project === undefined && wanted === undefined;
    const place = await placeOf(app, after);
    yield [];
    for await (const entries of feedOf(app.runtime).after(place, signal)) {
      const kept = isAll
        ? entries
        : entries.filter(
            entry =>
              (task === undefined || entry.taskId === task) &&
              (project === undefined || entry.project === project) &&
              (wanted === undefined || wanted.includes(entry.type)),
          );
      if (kept.length > 0) yield kept;
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
