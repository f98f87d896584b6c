/** What is on its way to an actor, and what became of it. */
import type { Json } from '../domain/json.ts';
import type { EventObject, Outcome, TimerRow } from '../persistence/store.ts';
import type { Definition } from './kind.ts';

/** What led to an event, for whoever follows that. The runtime only hands it on. */
export type Cause = object;

/** An event on its way to an actor. */
export interface Delivery {
  actorId: string;
  event: EventObject;
  source: string;
  dedupeKey: string | null;
  /** The child that sent it: the event is only welcome while the actor still has exactly this child. */
  ref: string | null;
  /** Set when the event closes the job that sent it. */
  closesJob: boolean;
  /** The inbox row that holds the event. */
  inbox: number | null;
  /** The timer that has run out. */
  timer: TimerRow | null;
  cause: Cause | undefined;
}

/** An actor that is to be made. */
export interface Creation {
  actorId: string;
  definition: Definition;
  input: Json;
  source: string;
  dedupeKey?: string | null;
  cause?: Cause | undefined;
}

/** What became of an event. */
export interface Receipt {
  /** Position in the actor's log; 0 when the event left no trace (a timer that had been cancelled). */
  seq: number;
  outcome: Outcome;
  state: string;
  reason: string | null;
}

/** An event from one actor to another. */
export function internal(actorId: string, event: EventObject, source: string, cause?: Cause): Delivery {
  return { actorId, event, source, dedupeKey: null, ref: null, closesJob: false, inbox: null, timer: null, cause };
}
