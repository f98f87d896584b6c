/**
 * One turn of the runtime: takes events one after another, moves the actors in memory, and gathers everything that
 * this causes into a single commit. Nothing outside has happened until that commit is stored, and when it is not
 * stored the turn is simply forgotten.
 */
import { messageOf, SignalboxError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import {
  type Commit,
  type EventObject,
  emptyCommit,
  type LogEntry,
  type Store,
  type TimerRow,
} from '../persistence/store.ts';
import type { ActorCache, LiveActor } from './cache.ts';
import { childrenOf, createConsequences } from './consequences.ts';
import type { Definitions } from './definitions.ts';
import { type Cause, type Creation, type Delivery, internal, type Receipt } from './delivery.ts';
import type { Transition } from './feed.ts';
import type { Definition } from './kind.ts';
import { createMaking } from './making.ts';
import { hasEnded, respond } from './respond.ts';
import { linksOf, revive, tagsOf } from './revive.ts';
import { type Consequence, childRef, type Stepped, statePath } from './stepper.ts';

/** What the runtime adds to the input of every machine as `actor`. */
export interface ActorIdentity {
  id: string;
  parentId: string | null;
  /** When the actor was made, in milliseconds since the epoch. */
  at: number;
}

/** A transition that the turn has made; it has a position once it is committed. */
export type PendingTransition = Omit<Transition, 'position'>;

/** What led to the transitions of a turn. */
export interface Trail {
  /** By `performance.now()`. */
  beganAt: number;
  /** In order. `mark` stands for the transition where it is a cause itself. */
  steps: { transition: PendingTransition; cause: Cause | undefined; mark: Cause }[];
}

export interface Turn {
  readonly commit: Commit;
  readonly transitions: PendingTransition[];
  /** Kept where somebody follows it. */
  readonly trail: Trail | undefined;
  readonly taken: number;
  create(creation: Creation): Promise<Receipt>;
  /** How far such an actor is known: it is there, it was removed and its id is gone for good, or it never was. */
  knows(kind: string, actorId: string): Promise<'there' | 'gone' | 'never'>;
  /** Throws `not_found` when there is no such actor. */
  take(delivery: Delivery): Promise<Receipt>;
  /** The same for an event that nobody waits for: without an actor it becomes a dead letter. */
  takeOrPark(delivery: Delivery): Promise<Receipt>;
  /** Takes a timer that is due: its owner, or whom it was meant for, gets the event. */
  fire(timer: TimerRow): Promise<void>;
  /** Puts an actor on another definition, with its snapshot converted by `convert`. Throws when that cannot be restored. */
  migrate(actorId: string, definition: Definition, convert: (snapshot: string) => string): Promise<Receipt>;
  /** Takes the events that actors have sent each other, until none is left or the turn has grown to `limit`. */
  cascade(limit: number): Promise<void>;
  /** Writes what has changed into the commit. Events that are still on their way go to the inbox. */
  finish(): { leftOver: Delivery[]; closedJobs: string[]; actors: LiveActor[] };
}

interface Working extends LiveActor {
  baseVersion: number;
  baseSnapshot: LiveActor['snapshot'] | undefined;
  /** How it is listed in the store. */
  listed: { tags: readonly string[]; status: LiveActor['status'] };
  definitionIsNew: boolean;
  mark: Cause | undefined;
  /** Why the stored snapshot cannot be used. */
  broken: string | undefined;
}

export interface TurnOptions {
  store: Store;
  cache: ActorCache;
  definitions: Definitions;
  at: number;
  /** Whether somebody follows what leads to what. */
  isTraced: boolean;
}

export function createTurn({ store, cache, definitions, at, isTraced }: TurnOptions): Turn {
  const commit = emptyCommit(at);
  const transitions: PendingTransition[] = [];
  const trail: Trail | undefined = isTraced ? { beganAt: performance.now(), steps: [] } : undefined;
  const actors = new Map<string, Working>();
  const keys = new Set<string>();
  let taken = 0;

  const consequences = createConsequences({ commit, at, definitions, begin, start });
  const make = createMaking({ definitions, create, holderOf, tell: consequences.tell });

  async function open(id: string): Promise<Working | undefined> {
    const known = actors.get(id);
    if (known !== undefined) return known;
    const cached = cache.get(id);
    if (cached !== undefined) return adopt(cached);
    const row = await store.actor(id);
    return row && adopt(await revive(row, definitions));
  }

  function adopt(live: LiveActor & { broken?: string }): Working {
    const working: Working = {
      ...live,
      baseVersion: live.version,
      baseSnapshot: live.snapshot,
      listed: { tags: live.tags, status: live.status },
      definitionIsNew: false,
      mark: undefined,
      broken: live.broken,
    };
    actors.set(live.id, working);
    return working;
  }

  function record(
    actor: Working,
    entry: Pick<LogEntry, 'event' | 'source' | 'dedupeKey' | 'outcome'> & Pick<Creation, 'cause'>,
    more: {
      from: string;
      reason?: string;
      emitted?: EventObject[];
    },
  ): Receipt {
    actor.version += 1;
    const reason = more.reason ?? null;
    const line: LogEntry = {
      actorId: actor.id,
      seq: actor.version,
      at,
      type: entry.event.type,
      event: entry.event,
      source: entry.source,
      dedupeKey: entry.dedupeKey,
      outcome: entry.outcome,
      from: more.from,
      to: actor.state,
      reason,
    };
    commit.log.push(line);
    const transition: PendingTransition = {
      ...line,
      kind: actor.definition.kind.name,
      parentId: actor.parentId,
      status: actor.status,
      snapshot: actor.snapshot,
      emitted: more.emitted ?? [],
    };
    transitions.push(transition);
    if (trail !== undefined) {
      actor.mark = {};
      trail.steps.push({ transition, cause: entry.cause, mark: actor.mark });
    }
    return { seq: actor.version, outcome: entry.outcome, state: actor.state, reason };
  }

  /** First steps that were taken when it was checked whether they can be, by the actor's id. */
  const begun = new Map<string, Stepped>();

  /** The first step of a machine, with everything that it asks for looked at. Throws when it cannot have it. */
  function begin({ actorId, definition, input }: Creation, parentId: string | null): Stepped {
    const whole = withIdentity(input, { id: actorId, parentId, at });
    const first = definition.stepper.initial(whole, { actorId, seq: 1 });
    consequences.check({ id: actorId, definition, parentId, mark: undefined }, first.consequences);
    begun.set(actorId, first);
    return first;
  }

  /** A machine that does not take its input is no actor: whoever asked for it is told, and nothing is left. */
  function startRoot(creation: Creation): Receipt {
    const refuse = (error: unknown): never => {
      const why = error instanceof Error ? error.message : JSON.stringify(error);
      throw new SignalboxError('invalid', 'refusedCreation', `${creation.actorId} cannot be made: ${why}`);
    };
    try {
      const { snapshot } = begin(creation, null);
      if (snapshot.status === 'error') refuse(snapshot.error);
    } catch (error) {
      if (error instanceof SignalboxError) throw error;
      refuse(error);
    }
    return start(creation, null);
  }

  function start(creation: Creation, parent: { id: string; childId: string } | null): Receipt {
    const { actorId, definition, source } = creation;
    const parentId = parent?.id ?? null;
    const { snapshot, consequences: wanted } = begun.get(actorId) ?? begin(creation, parentId);
    const actor: Working = {
      id: actorId,
      definition,
      parentId,
      childId: parent?.childId ?? null,
      status: snapshot.status,
      state: statePath(snapshot.value),
      tags: tagsOf(definition, snapshot),
      createdAt: at,
      version: 0,
      snapshot,
      baseVersion: 0,
      baseSnapshot: undefined,
      listed: { tags: [], status: snapshot.status },
      definitionIsNew: true,
      mark: undefined,
      broken: undefined,
    };
    actors.set(actorId, actor);
    const emitted = emittedBy(wanted);
    const event = { type: 'xstate.init', input: withIdentity(creation.input, { id: actorId, parentId, at }) };
    const { dedupeKey = null, cause } = creation;
    const line = { event: event as EventObject, source, dedupeKey, outcome: 'applied' as const, cause };
    const receipt = record(actor, line, { from: '', emitted });
    consequences.perform(actor, wanted);
    if (actor.status !== 'active') consequences.end(actor);
    return receipt;
  }

  function stop(actor: Working, delivery: Delivery): Receipt {
    const { state: from } = actor;
    actor.status = 'stopped';
    actor.snapshot = { ...actor.snapshot, status: 'stopped' } as never;
    actor.tags = tagsOf(actor.definition, actor.snapshot);
    const receipt = record(actor, { ...delivery, outcome: 'applied' }, { from });
    consequences.end(actor);
    return receipt;
  }

  function park(delivery: Delivery, error: string): void {
    const { actorId, event, source, dedupeKey, ref } = delivery;
    commit.inbox.push({ actorId, event, source, dedupeKey, ref, at, parked: true, error });
  }

  async function create(creation: Creation): Promise<Receipt> {
    taken += 1;
    const existing = await open(creation.actorId);
    const { actorId: id, definition } = creation;
    if (existing !== undefined) {
      return { seq: existing.version, outcome: 'duplicate', state: existing.state, reason: 'it exists already' };
    }
    if (await store.isGone(definition.kind.name, id)) {
      return { ...untraced, outcome: 'duplicate', reason: `${id} was removed; ids are used once` };
    }
    const receipt = startRoot(creation);
    await makeWanted();
    return receipt;
  }

  /** Not put off: what an actor asks for is there, or is known not to be, in the commit in which it asks. */
  async function makeWanted(): Promise<void> {
    for (const wanted of consequences.takeWanted()) await make(wanted);
  }

  async function holderOf(links: readonly string[]): Promise<string | undefined> {
    for (const link of links) {
      const isIt = (actor: Working) => linksOf(actor.definition, actor.snapshot).includes(link);
      const holder = [...actors.values()].find(isIt)?.id ?? (await store.linked(link, 1))[0]?.actorId;
      if (holder !== undefined) return holder;
    }
    return undefined;
  }

  async function take(delivery: Delivery): Promise<Receipt> {
    const receipt = await takeEvent(delivery);
    await makeWanted();
    return receipt;
  }

  async function takeEvent(delivery: Delivery): Promise<Receipt> {
    taken += 1;
    const { event, source, dedupeKey, timer, cause } = delivery;
    const actor = await open(delivery.actorId);
    if (actor === undefined) {
      throw new SignalboxError('not_found', 'noActor', `There is no actor ${delivery.actorId}.`);
    }
    if (delivery.inbox !== null) commit.inboxTaken.push(delivery.inbox);
    const from = actor.state;
    const line = { event, source, dedupeKey, cause };
    const ignore = (reason: string) => record(actor, { ...line, outcome: 'ignored' }, { from, reason });

    if (dedupeKey !== null) {
      const key = `${actor.id}\0${dedupeKey}`;
      if (keys.has(key) || (await store.hasKey(actor.id, dedupeKey))) {
        return record(
          actor,
          { ...line, outcome: 'duplicate' },
          { from, reason: `the key ${dedupeKey} was taken before` },
        );
      }
      keys.add(key);
    }
    if (actor.status !== 'active') {
      // A timer or a child that raced with the end is no news; somebody who sends to an ended actor should see it.
      return event.type === 'xstate.stop' || timer !== null ? untraced : ignore(hasEnded(actor.id));
    }
    if (timer !== null) consequences.clearTimer(timer);
    if (actor.broken !== undefined) return reject(actor, delivery, actor.broken);
    if (event.type === 'xstate.stop') return stop(actor, delivery);
    if (delivery.ref !== null && !isCurrentChild(actor, delivery.ref)) return ignore('the sender is no longer a child');
    if (delivery.closesJob && delivery.ref !== null) consequences.closeJob(delivery.ref);

    const response = respond(actor, { ...event, at }, { check: wanted => consequences.check(actor, wanted) });
    if (response.outcome === 'rejected') return reject(actor, delivery, response.reason);
    if (response.outcome === 'ignored') return ignore(response.reason);
    const { snapshot, consequences: wanted } = response.stepped;
    if (snapshot.value !== actor.snapshot.value) actor.state = statePath(snapshot.value);
    actor.snapshot = snapshot;
    actor.status = snapshot.status;
    actor.tags = tagsOf(actor.definition, snapshot);
    const receipt = record(actor, { ...line, outcome: 'applied' }, { from, emitted: emittedBy(wanted) });
    consequences.perform(actor, wanted);
    if (actor.status !== 'active') consequences.end(actor);
    return receipt;
  }

  async function fire(timer: TimerRow): Promise<void> {
    if (consequences.hasTouched(timer)) return;
    const { actorId, event, target } = timer;
    if (target === null) {
      await take({ ...internal(actorId, event, 'timer'), timer });
      return;
    }
    const owner = await open(actorId);
    if (owner === undefined) return;
    consequences.clearTimer(timer);
    consequences.ring(owner, { ...timer, target });
  }

  /** For events that nobody waits for: an address that leads nowhere has to be seen by a person. */
  async function takeOrPark(delivery: Delivery): Promise<Receipt> {
    try {
      return await take(delivery);
    } catch (error) {
      if (!(error instanceof SignalboxError) || error.code !== 'not_found') throw error;
      if (delivery.inbox !== null) commit.inboxTaken.push(delivery.inbox);
      park(delivery, error.message);
      return untraced;
    }
  }

  function reject(actor: Working, delivery: Delivery, error: string): Receipt {
    park(delivery, error);
    const { event, source, dedupeKey, cause } = delivery;
    if (dedupeKey !== null) keys.delete(`${actor.id}\0${dedupeKey}`);
    const line = { event, source, dedupeKey, cause, outcome: 'rejected' as const };
    return record(actor, line, { from: actor.state, reason: error });
  }

  async function migrate(
    actorId: string,
    definition: Definition,
    convert: (snapshot: string) => string,
  ): Promise<Receipt> {
    const actor = await open(actorId);
    const row = await store.actor(actorId);
    if (actor === undefined || row === undefined) {
      throw new SignalboxError('not_found', 'noActor', `There is no actor ${actorId}.`);
    }
    if (actor.status !== 'active')
      throw new SignalboxError('conflict', 'ended', `${actorId} has ended and stays as it is.`);
    const before = actor.broken === undefined ? actor.definition.stepper.encode(actor.snapshot) : row.snapshot;
    const snapshot = convert(before);
    const event = { type: 'signalbox.migrate', definition: definition.hash, replaced: row.definition, snapshot };
    const from = actor.state;
    try {
      actor.snapshot = definition.stepper.decode(snapshot);
    } catch (error) {
      throw new SignalboxError(
        'invalid',
        'badMigration',
        `${actorId} cannot go on by that definition: ${messageOf(error)}`,
      );
    }
    actor.definition = definition;
    actor.definitionIsNew = true;
    actor.broken = undefined;
    actor.state = statePath(actor.snapshot.value);
    actor.tags = tagsOf(definition, actor.snapshot);
    return record(actor, { event, source: 'app', dedupeKey: null, outcome: 'applied' }, { from });
  }

  return {
    commit,
    transitions,
    trail,
    get taken() {
      return taken;
    },
    async knows(kind, actorId) {
      if ((await open(actorId)) !== undefined) return 'there';
      return (await store.isGone(kind, actorId)) ? 'gone' : 'never';
    },
    create,
    take,
    takeOrPark,
    fire,
    migrate,
    async cascade(limit) {
      while (taken < limit) {
        const sent = consequences.takeSent();
        if (sent.length === 0) return;
        for (const delivery of sent) await takeOrPark(delivery);
      }
    },
    finish() {
      const leftOver = consequences.takeSent();
      for (const { actorId, event, source, dedupeKey, ref } of leftOver) {
        commit.inbox.push({ actorId, event, source, dedupeKey, ref, at, parked: false, error: null });
      }
      const moved = [...actors.values()].filter(actor => actor.version !== actor.baseVersion);
      for (const actor of moved) write(actor, commit);
      const { closedJobs } = consequences.finish();
      return { leftOver, closedJobs, actors: moved.filter(actor => actor.broken === undefined).map(liveOf) };
    },
  };
}

/** The answer for something that came too late to matter and that nobody sent. */
const untraced: Receipt = { seq: 0, outcome: 'ignored', state: '', reason: 'it came too late' };

function write(actor: Working, commit: Commit): void {
  const { definition, listed, tags, status } = actor;
  const isListedStill = status === listed.status && isSame(tags, listed.tags);
  const links = linksOf(definition, actor.snapshot);
  const linked = actor.baseSnapshot === undefined ? noLinks : linksOf(definition, actor.baseSnapshot);
  if (!isSame(links, linked) || (links.length > 0 && status !== listed.status)) {
    commit.linked.push({ actorId: actor.id, links, isLiving: status === 'active' });
  }
  if (actor.definitionIsNew) {
    commit.definitions.push({ hash: definition.hash, kind: definition.kind.name, definition: definition.json });
  }
  commit.actors.push({
    id: actor.id,
    kind: definition.kind.name,
    definition: definition.hash,
    parentId: actor.parentId,
    childId: actor.childId,
    status,
    state: actor.state,
    tags,
    createdAt: actor.createdAt,
    listedBefore: actor.baseVersion === 0 || isListedStill ? null : listed,
    version: actor.version,
    baseVersion: actor.baseVersion,
    isOnlyMoved: !actor.definitionIsNew && status === 'active',
    snapshot: actor.snapshot === actor.baseSnapshot ? null : definition.stepper.encode(actor.snapshot),
  });
}

const noLinks: readonly string[] = [];

function liveOf(actor: Working): LiveActor {
  const { id, definition, parentId, childId, status, state, tags, createdAt, version, snapshot } = actor;
  return { id, definition, parentId, childId, status, state, tags, createdAt, version, snapshot };
}

const isSame = (a: readonly string[], b: readonly string[]) =>
  a === b || (a.length === b.length && a.every((tag, index) => tag === b[index]));

/** A machine cannot ask who it is or what the time is, so its input tells. Input that is no object stays as it is. */
function withIdentity(input: Json, actor: ActorIdentity): Json {
  return typeof input === 'object' && input !== null && !Array.isArray(input)
    ? { ...input, actor: { ...actor } }
    : input;
}

function isCurrentChild(actor: Working, ref: string): boolean {
  return childrenOf(actor).some(child => childRef(child) === ref);
}

function emittedBy(consequences: readonly Consequence[]): EventObject[] {
  return consequences.flatMap(consequence => (consequence.type === 'emit' ? [consequence.event] : []));
}
