/**
 * How somebody follows what leads to what. The runtime names causes and hands them on, in memory only; what is made of
 * them is not its business, and without anybody who follows nothing of it happens.
 */
import type { EventObject, JobRow, StoredJob } from '../persistence/store.ts';
import type { Cause } from './delivery.ts';
import type { Trail } from './turn.ts';

/** A turn that is stored. Times are those of `performance.now()`. */
export interface StoredTurn extends Trail {
  jobsOpened: readonly JobRow[];
  /** Jobs that are no longer wanted, by their refs; some have settled before. */
  jobsClosed: readonly string[];
  commitBeganAt: number;
  storedAt: number;
}

/** None of these throws. */
export interface Tracing {
  /** Asked with every order from outside: what it is part of. */
  cause(): Cause | undefined;
  /** Called before anything of what follows from the turn begins. */
  onTurn(turn: StoredTurn): void;
  /** A job begins here: `start` starts it, at once. Opened by a turn of this process, or by one before it. */
  begin(job: StoredJob, start: () => void): void;
  /** It has ended here: with this last event of its own, or because it was stopped. */
  onEnd(job: StoredJob, event: EventObject | undefined): void;
  /** The function as one that is part of nothing, whoever calls it. */
  apart(round: () => Promise<void>): () => Promise<void>;
}
