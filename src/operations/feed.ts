/**
 * What happens, for everybody who follows it. Entries are made once and shared: whoever keeps up takes them from memory,
 * whoever has fallen behind or begins earlier reads the log, and nobody costs the engine more than a place to go on from.
 */
import type { JsonObject } from '../domain/json.ts';
import { projectsIn } from '../machines/standing.ts';
import { sayingsAt } from '../machines/words.ts';
import type { StoredLogEntry } from '../persistence/store.ts';
import type { Runtime } from '../runtime/index.ts';
import type { FeedEntry } from './feed-entry.ts';
import { concealed } from './views/concealed.ts';
import { timeOf } from './views/time.ts';

export interface Feed {
  /** Everything behind a position, once and in order, as much as is there at a time, until the signal aborts. */
  after(position: number, signal: AbortSignal): AsyncGenerator<readonly FeedEntry[]>;
}

type Looked = Pick<Runtime, 'machineOf' | 'actor' | 'logAfter' | 'logSince' | 'lastPosition'>;

/** So many entries are kept for those who keep up. */
const mostKept = 4_096;
/** Whoever stands still holds one page, of entries that may each be as large as a work item. */
const pageSize = 32;
/** Entries are gathered for so long before followers are told, in milliseconds: many of them are told once for a busy moment. */
const gatherMs = 10;
/** Where there is more to do than there is time, telling takes one part of it in ten, and nobody waits longer than this. */
const longestGatherMs = 500;
const share = 10;
const isBusyFrom = 0.9;

const feeds = new WeakMap<object, Feed>();

/** The feed of a runtime; the same for all who ask. */
export function feedOf(runtime: Looked): Feed {
  const known = feeds.get(runtime) ?? createFeed(runtime);
  feeds.set(runtime, known);
  return known;
}

/** Entries that follow one another without a gap: everything behind `from`, up to and with `to`. */
interface Page {
  from: number;
  to: number;
  entries: readonly FeedEntry[];
}

function createFeed(runtime: Looked): Feed {
  const entryOf = createEntries(runtime);
  const entriesOf = (lines: readonly StoredLogEntry[]) => Promise.all(lines.map(entryOf));
  let pages: Page[] = [];
  let kept = 0;
  let followers = 0;
  let tailing: AbortController | undefined;
  /** How far everybody has been told; undefined while nobody reads for everybody. */
  let told: number | undefined;
  let isOver = false;
  let arrival = Promise.withResolvers<void>();

  const arrive = () => {
    const before = arrival;
    arrival = Promise.withResolvers();
    before.resolve();
  };

  /** Reads what comes for everybody, for as long as somebody follows. */
  async function tail({ signal }: AbortController): Promise<void> {
    let from = await runtime.lastPosition();
    told = from;
    let since = performance.eventLoopUtilization();
    for await (const lines of runtime.logSince(from, signal)) {
      const to = lines.at(-1)!.position;
      pages.push({ from, to, entries: await entriesOf(lines) });
      kept += lines.length;
      while (kept > mostKept && pages.length > 1) kept -= pages.shift()!.entries.length;
      from = to;
      told = to;
      arrive();
      const tellingMs = await timeOfOneRound();
      await pause(gatherMs);
      const now = performance.eventLoopUtilization();
      const isBusy = performance.eventLoopUtilization(now, since).utilization > isBusyFrom;
      since = now;
      // Those who order go before those who look.
      if (isBusy) await pause(Math.min(tellingMs * (share - 1), longestGatherMs));
    }
    isOver = !signal.aborted;
  }

  function join(): () => void {
    followers += 1;
    if (tailing === undefined) {
      const own = new AbortController();
      tailing = own;
      // Where that fails, each reads the log by himself and finds out what is wrong with it.
      tail(own)
        .catch(() => {})
        .finally(() => {
          if (tailing !== own) return;
          told = undefined;
          arrive();
        });
    }
    return () => {
      followers -= 1;
      if (followers > 0) return;
      tailing?.abort();
      tailing = undefined;
      told = undefined;
      pages = [];
      kept = 0;
    };
  }

  /** What is kept behind a position; undefined where that begins too late or has not come yet. */
  function keptAfter(position: number): readonly FeedEntry[] | undefined {
    const page = pages.find(({ from, to }) => from <= position && position < to);
    if (page === undefined || page.from === position) return page?.entries;
    return page.entries.filter(entry => entry.position > position);
  }

  return {
    async *after(start, signal) {
      const leave = join();
      try {
        for (let position = start; !signal.aborted && !isOver; ) {
          const next = arrival.promise;
          const isToldAll = told !== undefined && position >= told;
          const entries = isToldAll
            ? []
            : (keptAfter(position) ?? (await entriesOf(await runtime.logAfter(position, pageSize))));
          const last = entries.at(-1);
          if (last === undefined) {
            await either(next, signal);
          } else {
            position = last.position;
            yield entries;
          }
        }
      } finally {
        leave();
      }
    },
  };
}

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

/** How long the event loop takes for what is to be done now, in milliseconds. */
async function timeOfOneRound(): Promise<number> {
  const began = performance.now();
  await new Promise(resolve => setImmediate(resolve));
  return performance.now() - began;
}

/** Resolves with whichever comes first, and leaves nothing behind. */
function either(next: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise(resolve => {
    const done = () => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done, { once: true });
    next.then(done);
  });
}

/** What does not change about an actor, as far as entries tell it. */
interface Known {
  kind: string;
  machine: Awaited<ReturnType<Runtime['machineOf']>>['machine'];
  taskId: string | null;
  project: string | null;
}

/** So many actors are remembered. */
const mostKnown = 1_000;

/** Entries with what their machines say of the states. An actor keeps its machine until it is given another. */
export function createEntries(
  runtime: Pick<Runtime, 'machineOf' | 'actor'>,
): (line: StoredLogEntry) => Promise<FeedEntry> {
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
    const { type: _, ...data } = concealed(event as unknown as JsonObject);
    const where = { position, actorId, kind, taskId, project, seq, at: timeOf(when) };
    return {
      ...where,
      type,
      from,
      to,
      outcome,
      source,
      reason,
      headline: from === to ? null : headline,
      tags,
      data,
    };
  };
}
