/**
 * What happens, for everybody who follows it. Entries are made once and shared: whoever keeps up takes them from memory,
 * whoever has fallen behind or begins earlier reads the log, and nobody costs the engine more than a place to go on from.
 */

import { performance } from 'node:perf_hooks';
import { SignalboxError } from '../domain/errors.ts';
import { onceFor } from '../domain/once-for.ts';
import type { StoredLogEntry } from '../persistence/store.ts';
import type { Runtime } from '../runtime/index.ts';
import { type Bell, createBell } from './bell.ts';
import { entriesOf as makerOf } from './entries.ts';
import type { FeedEntry } from './feed-entry.ts';
import { createRecent, type Recent } from './recent.ts';

export interface Feed {
  /**
   * Everything behind a position, once and in order, as much as is there at a time, until the signal aborts. Throws
   * `stopped` when the runtime has stopped, and whatever keeps the log from being read.
   */
  after(position: number, signal: AbortSignal): AsyncGenerator<readonly FeedEntry[]>;
}

type Looked = Pick<Runtime, 'machineOf' | 'actor' | 'logAfter' | 'logSince' | 'lastPosition'>;

/** Whoever stands still holds one page, of entries that may each be as large as a work item. */
const pageSize = 32;
/** Entries are gathered for so long before followers are told, in milliseconds: many of them are told once for a busy moment. */
const gatherMs = 10;
/** Where there is more to do than there is time, telling takes one part of it in ten, and nobody waits longer than this. */
const longestGatherMs = 500;
const share = 10;
const isBusyFrom = 0.9;

/** The feed of a runtime; the same for all who ask. */
export const feedOf = onceFor(createFeed);

/** Reads what comes, once for everybody, from when the first follower comes until the last one goes. */
interface Tail {
  followers: number;
  recent: Recent;
  /** How far everybody has been told; undefined until that is known. */
  told: number | undefined;
  /** Rings when there is more, and when there will be nothing more. */
  bell: Bell;
  /** Why there will be nothing more. */
  failure: unknown;
  end: AbortController;
}

function createFeed(runtime: Looked): Feed {
  const entryOf = makerOf(runtime);
  const entriesOf = (lines: readonly StoredLogEntry[]) => Promise.all(lines.map(entryOf));
  const myTurn = createTurns();
  let current: Tail | undefined;

  /** Throws why there is nothing more to be told. */
  async function read(tail: Tail): Promise<void> {
    const { recent, bell, end } = tail;
    let from = await runtime.lastPosition();
    tail.told = from;
    bell.ring();
    let since = performance.eventLoopUtilization();
    for await (const lines of runtime.logSince(from, end.signal)) {
      const to = lines.at(-1)!.position;
      recent.add({ from, to, entries: await entriesOf(lines) });
      from = to;
      tail.told = to;
      bell.ring();
      const tellingMs = await timeOfOneRound();
      await pause(gatherMs);
      const now = performance.eventLoopUtilization();
      const isBusy = performance.eventLoopUtilization(now, since).utilization > isBusyFrom;
      since = now;
      // Those who order go before those who look.
      if (isBusy) await pause(Math.min(tellingMs * (share - 1), longestGatherMs));
    }
    throw new SignalboxError('unavailable', 'stopped', 'The runtime has stopped; nothing more happens here.');
  }

  function begin(): Tail {
    const end = new AbortController();
    const tail: Tail = {
      followers: 0,
      recent: createRecent(),
      told: undefined,
      bell: createBell(),
      failure: undefined,
      end,
    };
    read(tail).catch((error: unknown) => {
      tail.failure = error;
      // Whoever comes next begins anew: it may have been the disk, for a moment.
      if (current === tail) current = undefined;
      tail.bell.ring();
    });
    return tail;
  }

  function join(): Tail {
    current ??= begin();
    current.followers += 1;
    return current;
  }

  function leave(tail: Tail): void {
    tail.followers -= 1;
    if (tail.followers > 0) return;
    tail.end.abort();
    if (current === tail) current = undefined;
  }

  async function next(position: number, { told, recent }: Tail): Promise<readonly FeedEntry[]> {
    if (told !== undefined && position >= told) return [];
    const kept = recent.after(position);
    if (kept !== undefined) return kept;
    await myTurn();
    return entriesOf(await runtime.logAfter(position, pageSize));
  }

  return {
    async *after(start, signal) {
      const tail = join();
      try {
        for (let position = start; !signal.aborted; ) {
          if (tail.failure !== undefined) throw tail.failure;
          const heard = tail.bell.rings;
          const entries = await next(position, tail);
          const last = entries.at(-1);
          if (last === undefined) {
            await tail.bell.after(heard, signal);
          } else {
            position = last.position;
            yield entries;
          }
        }
      } finally {
        leave(tail);
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

/**
 * One after another, each in a round of the event loop of his own. A log is read without waiting for anything, so that
 * one who reads a long one, or hundreds who do, would let nobody else do anything.
 */
function createTurns(): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => new Promise(resolve => setImmediate(resolve)));
    return last;
  };
}
