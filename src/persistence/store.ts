/**
 * The Store contract: what the runtime needs of a database, with no SQL in sight.
 *
 * Every method may answer at once or with a promise, so that an implementation over a network fits. All writing goes
 * through `commit`, which takes a whole batch of transitions and applies all of it or none of it; only what ended long ago
 * is removed, by `prune`. A store belongs to
 * one process at a time; opening it takes ownership with a new fencing epoch, and a store whose epoch has passed
 * refuses every further write with the code `fenced`.
 */
import type { Json, JsonObject } from '../domain/json.ts';

export type Awaitable<T> = T | Promise<T>;

export type ActorStatus = 'active' | 'done' | 'error' | 'stopped';

/** What happened to an event. `rejected` means that it waits as a dead letter for a person. */
export type Outcome = 'applied' | 'ignored' | 'duplicate' | 'rejected';

/** An event as machines see it. */
export type EventObject = { type: string } & JsonObject;

/** A running machine, or one that has ended. */
export interface ActorRow {
  id: string;
  kind: string;
  /** Hash of the definition that this actor lives by until it ends or is migrated. */
  definition: string;
  parentId: string | null;
  /** The name by which the parent's machine knows this child. */
  childId: string | null;
  status: ActorStatus;
  /** The state value as dotted paths, parallel regions joined by commas. An index of the snapshot, nothing more. */
  state: string;
  /** What the state means, in the machine's words: what lists and counts go by. */
  tags: string[];
  /** The sequence number of the last log entry. Grows by one with every event, whatever its outcome. */
  version: number;
  /** The XState persisted snapshot as JSON text. */
  snapshot: string;
  createdAt: number;
  updatedAt: number;
}

/** A new version of an actor's row. `baseVersion` 0 creates it. */
export interface ActorWrite extends Omit<ActorRow, 'snapshot' | 'tags' | 'updatedAt'> {
  baseVersion: number;
  tags: readonly string[];
  /** How the actor was listed until now; null where that stays as it is, and for a new one. */
  listedBefore: { tags: readonly string[]; status: ActorStatus } | null;
  /** `null` leaves the stored snapshot as it is: only the version moves. */
  snapshot: string | null;
  /** Whether status and definition are what is stored already: the ordinary case, and cheaper to write. */
  isOnlyMoved: boolean;
}

/** One line of the append-only log. */
export interface LogEntry {
  actorId: string;
  /** Position in the actor's own log, from 1. */
  seq: number;
  /** Milliseconds since the epoch. */
  at: number;
  type: string;
  event: EventObject;
  /** Who sent it: `cli`, `timer`, `job:<ref>`, `actor:<id>`, … */
  source: string;
  dedupeKey: string | null;
  outcome: Outcome;
  from: string;
  to: string;
  /** Why the event was ignored or rejected. */
  reason: string | null;
}

/** A log entry with its position in the log of the whole store. */
export interface StoredLogEntry extends LogEntry {
  position: number;
}

export interface TimerRow {
  actorId: string;
  timerId: string;
  /** Absolute, in milliseconds since the epoch. */
  due: number;
  event: EventObject;
  /** An actor or job to send the event to, or `null` for the actor itself. */
  target: string | null;
}

/** An invoked promise or callback that has to run until it settles or is stopped. */
export interface JobRow {
  /** Unique and derived from (actor, version, child): the idempotency key of the work. */
  ref: string;
  actorId: string;
  childId: string;
  src: string;
  input: Json;
  at: number;
}

export interface StoredJob extends JobRow {
  position: number;
}

/** A named action to be delivered at least once, or an event for a live job (`target` set). */
export interface OutboxRow {
  /** Unique and derived from (actor, version, effect). */
  key: string;
  actorId: string;
  type: string;
  params: Json;
  target: string | null;
  /** The integration that it goes to: what is for one never waits for another. Null for what stays in this house. */
  lane: string | null;
  at: number;
}

export type OutboxState = 'open' | 'delivered' | 'dead';

export interface StoredOutbox extends OutboxRow {
  position: number;
  state: OutboxState;
  attempts: number;
  notBefore: number;
  error: string | null;
}

export interface OutboxUpdate {
  key: string;
  state: OutboxState;
  attempts: number;
  notBefore: number;
  error: string | null;
}

/** An event that is committed and not yet taken by its actor, or parked after a rejection. */
export interface InboxRow {
  actorId: string;
  event: EventObject;
  source: string;
  dedupeKey: string | null;
  /** The sender, when the event is only welcome from a child that still lives. */
  ref: string | null;
  at: number;
  /** Set when the event was rejected: it waits for a person. */
  parked: boolean;
  error: string | null;
}

export interface StoredInbox extends InboxRow {
  position: number;
}

/** A machine definition that some actor lives by. */
export interface DefinitionRow {
  hash: string;
  kind: string;
  definition: Json;
}

/** Everything that a batch of transitions causes. Applied whole or not at all. */
export interface Commit {
  at: number;
  definitions: DefinitionRow[];
  actors: ActorWrite[];
  log: LogEntry[];
  inbox: InboxRow[];
  /** Positions of inbox rows that are taken by this commit. */
  inboxTaken: number[];
  timersSet: TimerRow[];
  timersCleared: { actorId: string; timerId: string }[];
  jobsOpened: JobRow[];
  jobsClosed: string[];
  outbox: OutboxRow[];
  outboxUpdates: OutboxUpdate[];
  /** Actors that have ended: their timers, jobs and unparked inbox rows go. */
  ended: string[];
  tagged: TagWrite[];
  linked: LinkWrite[];
}

/** What an actor is called elsewhere, instead of what it was called before. */
export interface LinkWrite {
  actorId: string;
  links: readonly string[];
  isLiving: boolean;
}

/** An actor that is called so elsewhere. */
export interface Linked {
  actorId: string;
  isLiving: boolean;
}

/** What waits in a lane of the outbox. */
export interface LaneBacklog {
  lane: string;
  open: number;
  /** When the oldest was asked for, in milliseconds since the epoch. */
  oldestAt: number;
}

/** Tags for an actor whose row was written before there were any. Nothing else of it changes. */
export interface TagWrite {
  actorId: string;
  tags: readonly string[];
}

/** Positions given to the rows of a commit, in the order of its lists. */
export interface Committed {
  log: number[];
  inbox: number[];
  jobs: number[];
  outbox: number[];
}

export interface ActorQuery {
  kind?: string;
  status?: ActorStatus;
  parentId?: string;
  /** Matches the state itself and everything below it: `development` matches `development.gating`. */
  state?: string;
  /** Ids greater than this one, for paging. */
  after?: string;
  limit: number;
}

/** Where a page of a list ended. */
export interface ListPlace {
  isLiving: boolean;
  createdAt: number;
  id: string;
}

/**
 * In which order actors are listed: the living before those that have ended, the newest first; or by when they were made
 * alone, so that no place changes.
 */
export const listOrders = ['living', 'newest', 'oldest'] as const;
export type ListOrder = (typeof listOrders)[number];

/** Actors of a kind for people. */
export interface ListQuery {
  kind: string;
  /** `living` without it. */
  order?: ListOrder;
  /** Only those that carry all of these. The first is looked up in the index, so it should be the rarest. */
  tags?: readonly string[];
  /** Matches the state itself and everything below it. */
  state?: string;
  status?: 'living' | 'ended';
  after?: ListPlace;
  limit: number;
}

/** Roots of a kind that have ended and to which something has happened since; those first to which it happened last. */
export interface EndedQuery {
  kind: string;
  /** Milliseconds since the epoch. */
  since: number;
  /** Goes on behind this place. */
  after?: EndedPlace;
  limit: number;
}

/** A place among what has ended. */
export interface EndedPlace {
  updatedAt: number;
  id: string;
}

/** How many actors of a kind carry a tag; the tag `''` counts all of them. */
export interface TagCount {
  tag: string;
  living: number;
  ended: number;
}

/** Roots that may go because they ended long ago, each with all that is below it. */
export interface PruneQuery {
  /** The kind of the roots. */
  kind: string;
  /** Only those to which nothing has happened since, in milliseconds since the epoch. */
  endedBefore: number;
  /** Roots that are looked at, at the most. */
  limit: number;
  /** No further root is taken once so many log entries are gone; there is always one taken. */
  entries: number;
  /** Goes on behind this place; those go first to which nothing has happened for longest. */
  after?: EndedPlace;
  /** Answers what would go, and removes nothing. */
  isDryRun?: boolean;
  /** Whether the ids of roots that go may be taken again; otherwise they are gone for good. */
  mayReturn?: boolean;
  /** Names of the outside that hold this text stay known as gone, under the kind `link`. */
  remembers?: string;
}

/**
 * Why a root stays that ended long ago.
 *
 * - `living`: an actor below it has not ended.
 * - `deadLetter`: an event or action of the tree waits for a person.
 * - `underWay`: an event is still to be taken, or an action to be delivered.
 */
export type KeptBecause = 'living' | 'deadLetter' | 'underWay';

/** What has gone. */
export interface Pruned {
  roots: string[];
  /** The roots and all that was below them. */
  actors: string[];
  logEntries: number;
  outbox: number;
  definitions: number;
  kept: { id: string; why: KeptBecause }[];
  /** Where to go on; null when there is nothing more to look at. */
  next: EndedPlace | null;
}

export interface DeadLetters {
  events: StoredInbox[];
  outbox: StoredOutbox[];
}

/** A process that owns a store. */
export interface Owner {
  pid: number;
  /** Kernel start time of the process, to tell it from a later one with the same pid. Empty when unknown. */
  startTime: string;
  bootId: string;
  epoch: number;
}

export interface Store {
  /** The fencing epoch under which this store writes. */
  readonly epoch: number;
  /**
   * Applies a batch. Throws `conflict` when an actor is not at its `baseVersion`, `fenced` when another process has
   * taken over, `unavailable` when the disk refuses; in each case nothing of the batch is stored.
   */
  commit(batch: Commit): Awaitable<Committed>;
  /**
   * Removes roots that ended long ago, whole trees at a time, with their rows in every table, their keys, and definitions
   * that only they lived by. Positions are not given again, and the id of a root is gone for good, unless it may return. Throws as `commit` does.
   */
  prune(query: PruneQuery): Awaitable<Pruned>;
  /** Whether a root of this kind and id was removed. */
  isGone(kind: string, id: string): Awaitable<boolean>;
  /** How many roots of a kind were removed. */
  gone(kind: string): Awaitable<number>;
  actor(id: string): Awaitable<ActorRow | undefined>;
  actors(query: ActorQuery): Awaitable<ActorRow[]>;
  list(query: ListQuery): Awaitable<ActorRow[]>;
  /** A walk through an index: it costs what is read, however much has ended. */
  ended(query: EndedQuery): Awaitable<ActorRow[]>;
  /** Whom a name of the outside means: those that live first. A look-up, however many actors there are. */
  linked(link: string, limit: number): Awaitable<Linked[]>;
  /** Lanes in which something waits. */
  lanes(): Awaitable<LaneBacklog[]>;
  /** Kept with every commit, so that asking costs the same however many there are. */
  counts(kind: string): Awaitable<TagCount[]>;
  /** Ids of this kind that stand nearest to a text in the order of ids, on both sides of it; at most `limit`. */
  neighbours(kind: string, id: string, limit: number): Awaitable<string[]>;
  /** Actors whose rows were written before there were tags. */
  untagged(limit: number): Awaitable<ActorRow[]>;
  definition(hash: string): Awaitable<DefinitionRow | undefined>;
  /** Whether this key has been taken by this actor before. */
  hasKey(actorId: string, dedupeKey: string): Awaitable<boolean>;
  /** The entry that this actor has taken under a key; undefined when there is none. */
  entryUnder(actorId: string, dedupeKey: string): Awaitable<StoredLogEntry | undefined>;
  log(actorId: string, range: { after: number; limit: number }): Awaitable<StoredLogEntry[]>;
  /** The log of the whole store behind a position, oldest first. */
  logSince(position: number, limit: number): Awaitable<StoredLogEntry[]>;
  /** The position of the last log entry that there ever was; 0 when there was none. */
  lastPosition(): Awaitable<number>;
  /**
   * Calls back whenever something may have been committed, by this process or another one, and when the store is closed.
   * It may call once too often, never once too little; what the callback throws changes nothing. Answers how to end it.
   */
  watch(onChange: () => void): () => void;
  nextTimer(): Awaitable<number | undefined>;
  dueTimers(now: number, limit: number): Awaitable<TimerRow[]>;
  timers(actorId: string): Awaitable<TimerRow[]>;
  openJobs(range: { after: number; limit: number }): Awaitable<StoredJob[]>;
  jobs(actorId: string): Awaitable<StoredJob[]>;
  /** What waits in one lane, or in none. */
  openOutbox(range: { lane: string | null; after: number; limit: number }): Awaitable<StoredOutbox[]>;
  outbox(actorId: string): Awaitable<StoredOutbox[]>;
  outboxRow(key: string): Awaitable<StoredOutbox | undefined>;
  pendingInbox(range: { after: number; limit: number }): Awaitable<StoredInbox[]>;
  inboxRow(position: number): Awaitable<StoredInbox | undefined>;
  deadLetters(limit: number): Awaitable<DeadLetters>;
  /** Checks the whole file and answers what is wrong with it; empty when nothing is. */
  integrity(): Awaitable<string[]>;
  /** Writes a consistent copy of the store to a new file while it is in use. Throws `conflict` when the file exists. */
  backup(file: string): Promise<void>;
  /** Gives up ownership and closes. A second call does nothing. */
  close(): Awaitable<void>;
}

/** A commit that changes nothing, to be filled. */
export function emptyCommit(at: number): Commit {
  return {
    at,
    definitions: [],
    actors: [],
    log: [],
    inbox: [],
    inboxTaken: [],
    timersSet: [],
    timersCleared: [],
    jobsOpened: [],
    jobsClosed: [],
    outbox: [],
    outboxUpdates: [],
    ended: [],
    tagged: [],
    linked: [],
  };
}
