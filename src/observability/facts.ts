/**
 * How things stand, read whenever somebody scrapes: rows by their ids and counts that are kept with every commit, so that it
 * costs the same however many tasks there are.
 */
import { stat } from 'node:fs/promises';
import { contextOf } from '../app/context.ts';
import { freeDiskOf } from '../app/data-directory.ts';
import type { App } from '../app/open.ts';
import { workerId } from '../machines/addresses.ts';
import { type BreakerContext, type BreakerState, breakerStateIn } from '../machines/breaker.ts';
import type { WorkerContext } from '../machines/worker-context.ts';
import type { TagCount } from '../persistence/store.ts';
import type { Runtime } from '../runtime/index.ts';

export interface Facts {
  /** Milliseconds since the epoch. */
  at: number;
  tasks: TagCount[];
  /** Undefined where nobody has worked yet. */
  worker: WorkerContext | undefined;
  /** By provider; undefined where the stored state is none that a breaker has. */
  breakers: { provider: string; state: BreakerState | undefined }[];
  deadLetters: { events: number; actions: number };
  load: Runtime['load'];
  databaseBytes: number;
  walBytes: number;
  /** Left for us on the disk of the data directory. */
  diskFreeBytes: number;
}

const mostBreakers = 1_000;

/** Throws what the store throws, when it is closed for instance. */
export async function readFacts({ runtime, paths }: App, at: number): Promise<Facts> {
  const [tasks, worker, breakers, { events, outbox }, databaseBytes, walBytes, diskFreeBytes] = await Promise.all([
    runtime.counts('task'),
    runtime.actor(workerId),
    runtime.list({ kind: 'breaker', limit: mostBreakers }),
    runtime.deadLetters(),
    sizeOf(paths.database),
    sizeOf(`${paths.database}-wal`),
    freeDiskOf(paths),
  ]);
  return {
    at,
    tasks,
    worker: worker && contextOf<WorkerContext>(worker),
    breakers: breakers.map(row => ({
      provider: contextOf<BreakerContext>(row).provider,
      state: breakerStateIn(row.state),
    })),
    deadLetters: { events: events.length, actions: outbox.length },
    load: runtime.load,
    databaseBytes,
    walBytes,
    diskFreeBytes,
  };
}

/** A file that is not there takes no room. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    return 0;
  }
}
