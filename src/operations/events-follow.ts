/** Every committed transition, once and in order, from any position on. */
import { z } from 'zod';
import type { JsonObject } from '../domain/json.ts';
import { sayingsAt } from '../machines/words.ts';
import type { StoredLogEntry } from '../persistence/store.ts';
import type { Runtime } from '../runtime/index.ts';
import { at, outcome } from './fields.ts';
import { streamOperation } from './operation.ts';
import { concealed } from './views/concealed.ts';
import { timeOf } from './views/time.ts';

export const feedEntry = z.object({
  position: z.int().describe('in the log of all actors; what to go on from'),
  actorId: z.string(),
  kind: z.string(),
  seq: z.int().describe('in the log of the actor'),
  at,
  type: z.string(),
  from: z.string(),
  to: z.string(),
  outcome,
  source: z.string(),
  reason: z.string().nullable(),
  headline: z.string().nullable().describe('what has happened, where that is worth a line'),
  tags: z.array(z.string()).describe('what the state means that it came to'),
  data: z.record(z.string(), z.json()).describe('the fields of the event'),
});
export type FeedEntry = z.output<typeof feedEntry>;

export const eventsFollow = streamOperation({
  name: 'events.follow',
  summary: 'every transition, once and in order, from a position on',
  may: 'viewer',
  input: z.strictObject({
    after: z.coerce.number().int().min(0).optional().describe('the position to go on from; the present without it'),
    task: z.string().max(200).optional().describe('only this task and its runs'),
  }),
  output: feedEntry,
  route: { method: 'GET', path: '/events', status: 200 },
  async *stream({ runtime }, { after, task }, { signal }) {
    const entryOf = createEntries(runtime);
    for await (const page of runtime.logSince(after ?? (await runtime.lastPosition()), signal)) {
      for (const line of page) {
        if (task === undefined || line.actorId === task || line.actorId.startsWith(`${task}.`)) yield entryOf(line);
      }
    }
  },
});

/** Machines of so many actors are remembered. */
const mostMachines = 1_000;

/** Entries with what their machines say of the states. An actor keeps its machine until it is given another. */
export function createEntries(runtime: Runtime): (line: StoredLogEntry) => Promise<FeedEntry> {
  const machines = new Map<string, Promise<Awaited<ReturnType<Runtime['machineOf']>>>>();
  return async line => {
    const { position, actorId, seq, at: when, type, from, to, outcome, source, reason, event } = line;
    if (type === 'signalbox.migrate') machines.delete(actorId);
    const known = machines.get(actorId) ?? runtime.machineOf(actorId);
    machines.delete(actorId);
    machines.set(actorId, known);
    if (machines.size > mostMachines) machines.delete(machines.keys().next().value!);
    known.catch(() => machines.delete(actorId));
    const { kind, machine } = await known;
    const { headline = null, tags } = machine === undefined ? { tags: [] } : sayingsAt(machine, to);
    const { type: _, ...data } = concealed(event as unknown as JsonObject);
    const line2 = { position, actorId, kind, seq, at: timeOf(when), type, from, to, outcome, source, reason };
    return { ...line2, headline: from === to ? null : headline, tags, data };
  };
}
