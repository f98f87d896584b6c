/** What can be asked of a runtime: to look, and to move actors. */
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import type { Json } from '../domain/json.ts';
import type {
  ActorQuery,
  ActorRow,
  DeadLetters,
  EndedQuery,
  EventObject,
  LaneBacklog,
  Linked,
  ListQuery,
  Pruned,
  PruneQuery,
  StoredLogEntry,
  TagCount,
} from '../persistence/store.ts';
import type { Announced, Announcement } from './announce.ts';
import type { Receipt } from './delivery.ts';
import type { TransitionListener } from './feed.ts';
import type { Rehearsal } from './rehearsal.ts';
import type { Difference, Replayed } from './replay.ts';
import type { Tracing } from './tracing.ts';

/** A snapshot with the machine that it belongs to. */
export interface Restored {
  machine: AnyStateMachine;
  snapshot: AnyMachineSnapshot;
}

export interface Reader {
  /** The definition that the actor lives by. Throws `noActor`, `brokenActor`. */
  definitionOf(actorId: string): Promise<Json>;
  actor(id: string): Promise<ActorRow | undefined>;
  actors(query: ActorQuery): Promise<ActorRow[]>;
  /** Actors of a kind, the living first, the newest first. */
  list(query: ListQuery): Promise<ActorRow[]>;
  /** Roots of a kind that have ended and to which something has happened since; those first to which it happened last. */
  ended(query: EndedQuery): Promise<ActorRow[]>;
  /** A definition by its hash, as it is stored; no machine is built. Undefined where nobody lives by it. */
  definition(hash: string): Promise<Json | undefined>;
  counts(kind: string): Promise<TagCount[]>;
  /** Whom a name of the outside means; the living before those that have ended. */
  linked(link: string, limit?: number): Promise<Linked[]>;
  /** Lanes of the outbox in which something waits. */
  lanes(): Promise<LaneBacklog[]>;
  /** Ids of a kind that somebody may have meant by this one. */
  nearestIds(kind: string, id: string): Promise<string[]>;
  /** The kind of an actor and the machine that it lives by; undefined where it cannot be built any more. */
  machineOf(actorId: string): Promise<{ kind: string; machine: AnyStateMachine | undefined }>;
  /** A stored actor as its machine sees it. Throws `brokenActor` when it cannot be restored. */
  restore(row: ActorRow): Promise<Restored>;
  /** The entry of an actor's log that was taken under this key; undefined when none was. */
  entryUnder(actorId: string, dedupeKey: string): Promise<StoredLogEntry | undefined>;
  log(actorId: string, range: { after: number; limit: number }): Promise<StoredLogEntry[]>;
  replay(actorId: string, options?: { at?: number }): Promise<Replayed>;
  /**
   * The actor on paper, as it is or as it was after an entry of its log, and what it would do with an event. Throws
   * `noActor`, `brokenActor`, and with `at` what `replay` throws.
   */
  rehearse(actorId: string, options?: { at?: number }): Promise<Rehearsal>;
  /** Why the actor's stored snapshot is not what its log leads to; undefined when it is. */
  difference(actorId: string): Promise<string | undefined>;
  verify(onProgress?: (checked: number) => void): Promise<{ checked: number; differences: Difference[] }>;
  deadLetters(): Promise<DeadLetters>;
  /** Calls whenever something may have been committed, here or by the process that works. Answers how to end it. */
  onChange(listener: () => void): () => void;
  /** The log of all actors behind a position, in pages, and on with what comes, until the signal aborts. */
  logSince(position: number, signal: AbortSignal): AsyncGenerator<StoredLogEntry[]>;
  /** One page of the same: what is there now. */
  logAfter(position: number, limit: number): Promise<StoredLogEntry[]>;
  lastPosition(): Promise<number>;
  /** Looks again with every commit, of this process or of the one that works, until there is an answer. */
  until<T>(look: () => Promise<T | undefined>, signal?: AbortSignal): Promise<T>;
}

export interface SendOptions {
  /** A second event with the same key is answered `duplicate` and changes nothing. */
  dedupeKey?: string;
  source?: string;
}

export interface CreateOptions {
  definition?: Json;
  source?: string;
  /** On record with the creation: whoever was told nothing finds out whether the actor is his. */
  dedupeKey?: string | null;
}

export interface Runtime extends Reader {
  /** Makes an actor; answers `duplicate` when it exists, or did once and was removed. Resolves once it is committed. */
  create(kind: string, id: string, input: Json, options?: CreateOptions): Promise<Receipt>;
  /**
   * Sends an event and resolves once it is committed, with what it did. Throws `not_found` for an unknown actor,
   * `invalid` for an event that only the runtime may send, `unavailable` when it could not be stored.
   */
  send(actorId: string, event: EventObject, options?: SendOptions): Promise<Receipt>;
  /** Tells several actors of news from outside and keeps a record of it, in one commit. Throws as `send` does. */
  announce(announcement: Announcement): Promise<Announced>;
  /** Sends a parked event again (`event:<position>`), or delivers a dead action again (its key). */
  retryDeadLetter(id: string): Promise<void>;
  /** Puts an actor on another definition of its kind, by its own decision and on record. */
  migrate(actorId: string, definition: Json, convert?: (snapshot: string) => string): Promise<void>;
  /**
   * Removes some of what has ended long ago, when no event waits. One bite: whoever wants more asks again behind `next`.
   * Throws `stopped`, `storeReadOnly`, and what the store throws.
   */
  prune(query: PruneQuery): Promise<Pruned>;
  /** Calls for every transition that is committed here from now on. Answers how to end it. */
  listen(listener: TransitionListener): () => void;
  /** Resolves when nothing is left to do but to wait: for jobs that run, for a deadline, for a retry. */
  idle(): Promise<void>;
  /** Takes no more events, lets what runs finish for up to `drainMs`, and commits its outcome. Closes nothing. */
  stop(options?: { drainMs?: number }): Promise<void>;
  /** For measurements: what memory holds now. */
  readonly load: { cached: number; jobs: number; actions: number; queued: number };
}

/** What the process around a runtime hears. One of these that throws is reported as a fault and stops nothing. */
export interface RuntimeObserver {
  /** Called around every effect: the start of a job, the delivery of an action. */
  onEffect?(phase: 'before' | 'after', effect: { key: string; type: string; actorId: string }): void;
  /** A commit is stored: how long the store took, and how many transitions it held. */
  onCommit?(commit: { ms: number; transitions: number }): void;
  /** Something now waits for a person. */
  onDeadLetter?(letter: { actorId: string; type: string; error: string }): void;
  /** A commit failed; what it held is tried again, unless another process has taken over (`fenced`). */
  onFault?(error: unknown): void;
  /** Follows what leads to what. */
  tracing?: Tracing | undefined;
}
