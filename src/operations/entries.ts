/** Transitions as whoever follows what happens sees them. */

import type { JsonObject } from '../domain/json.ts';
import { onceFor } from '../domain/once-for.ts';
import { projectsIn } from '../machines/standing.ts';
import { doerIn, storyOf } from '../machines/task/story.ts';
import { sayingsAt } from '../machines/words.ts';
import type { StoredLogEntry } from '../persistence/store.ts';
import type { Runtime } from '../runtime/index.ts';
import type { FeedEntry } from './feed-entry.ts';
import { concealed } from './views/concealed.ts';
import { timeOf } from './views/time.ts';

/** What does not change about an actor, as far as entries tell it. */
interface Known {
  kind: string;
  machine: Awaited<ReturnType<Runtime['machineOf']>>['machine'];
  taskId: string | null;
  project: string | null;
}

/** So many actors are remembered. */
const mostKnown = 1_000;

type Looked = Pick<Runtime, 'machineOf' | 'actor'>;
type Entries = (line: StoredLogEntry) => Promise<FeedEntry>;

/** Makes the entries of a runtime; the same for all who ask, so that each actor is looked up once for all of them. */
export const entriesOf = onceFor(createEntries);

/** Entries with what their machines say of the states. An actor keeps its machine until it is given another. */
function createEntries(runtime: Looked): Entries {
  const known = new Map<string, Promise<Known>>();

  async function look(actorId: string): Promise<Known> {
    const { kind, machine } = await runtime.machineOf(actorId);
    const root = await runtime.actor(actorId.split('.', 1)[0]!);
    const task = root?.kind === 'task' ? root : undefined;
    const [project = null] = projectsIn(task?.tags ?? []);
    return { kind, machine, taskId: task?.id ?? null, project };
  }

  function about(actorId: string): Promise<Known> {
    const found = known.get(actorId) ?? look(actorId);
    // The one that was asked for last is the last to be forgotten.
    known.delete(actorId);
    known.set(actorId, found);
    if (known.size > mostKnown) known.delete(known.keys().next().value!);
    found.catch(() => known.delete(actorId));
    return found;
  }

  return async line => {
    const { position, actorId, seq, at: when, type, from, to, outcome, source, reason, event } = line;
    if (type === 'signalbox.migrate') known.delete(actorId);
    const { kind, machine, taskId, project } = await about(actorId);
    const { headline = null, tags } = machine === undefined ? { tags: [] } : sayingsAt(machine, to);
    const { type: _, ...told } = concealed(event as unknown as JsonObject);
    // Who may ask is for administrators to see, and what was ordered for whoever ordered it.
    const data = kind === 'token' || kind === 'order' ? {} : told;
    const moved = from === to ? null : headline;
    const where = { position, actorId, kind, taskId, project, seq, at: timeOf(when) };
    return {
      ...where,
      type,
      from,
      to,
      outcome,
      source,
      reason,
      headline: moved,
      words: kind === 'task' ? storyOf({ type, event: told, from, to, outcome, reason, headline: moved }) : null,
      by: doerIn(data),
      tags,
      data,
    };
  };
}
