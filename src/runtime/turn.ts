/**
 * One turn of the runtime: takes events one after another, moves the actors in memory, and gathers everything that
 * this causes into a single commit. Nothing outside has happened until that commit is stored, and when it is not
 * stored the turn is simply forgotten.
 */
import type { AnyActorRef } from 'xstate';
import { messageOf, SignalboxError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import {
  type Commit,
  type EventObject,
  emptyCommit,
  type LogEntry,
  type Outcome,
  type Store,
  type TimerRow,
} from '../persistence/store.ts';
import type { ActorCache, LiveActor } from './cache.ts';
import type { Definitions } from './definitions.ts';
import type { Transition } from './feed.ts';
import type { Definition } from './kind.ts';
import { revive, tagsOf } from './revive.ts';
import { type Consequence, childRef, describeError, type Stepped, statePath, type Target } from './stepper.ts';

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
}

/** An actor that is to be made. */
export interface Creation {
  actorId: string;
  definition: Definition;
  input: Json;
  source: string;
}

/** What the runtime adds to the input of every machine as `actor`. */
export interface ActorIdentity {
  id: string;
  parentId: string | null;
  /** When the actor was made, in milliseconds since the epoch. */
  at: number;
}

/** What became of an event. */
export interface Receipt {
  /** Position in the actor's log; 0 when the event left no trace (a timer that had been cancelled). */
  seq: number;
  outcome: Outcome;
  state: string;
  reason: string | null;
}

/** A transition that the turn has made; it has a position once it is committed. */
export type PendingTransition = Omit<Transition, 'position'>;

export interface Turn {
  readonly commit: Commit;
  readonly transitions: PendingTransition[];
  readonly taken: number;
  create(creation: Creation): Promise<Receipt>;
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
  /** Why the stored snapshot cannot be used. */
  broken: string | undefined;
}

export interface TurnOptions {
  store: Store;
  cache: ActorCache;
  definitions: Definitions;
  at: number;
}

export function createTurn({ store, cache, definitions, at }: TurnOptions): Turn {
  const commit = emptyCommit(at);
  const transitions: PendingTransition[] = [];
  const actors = new Map<string, Working>();
  const keys = new Set<string>();
  const timers = new Map<string, { actorId: string; timerId: string; row: TimerRow | null }>();
  const closedJobs = new Set<string>();
  let sent: Delivery[] = [];
  let taken = 0;

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
      broken: live.broken,
    };
    actors.set(live.id, working);
    return working;
  }

  function record(
    actor: Working,
    entry: Pick<LogEntry, 'event' | 'source' | 'dedupeKey' | 'outcome'>,
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
    transitions.push({
      ...line,
      kind: actor.definition.kind.name,
      parentId: actor.parentId,
      status: actor.status,
      emitted: more.emitted ?? [],
    });
    return { seq: actor.version, outcome: entry.outcome, state: actor.state, reason };
  }

  /** First steps that were taken when it was checked whether they can be, by the actor's id. */
  const begun = new Map<string, Stepped>();

  /** The first step of a machine, with everything that it asks for looked at. Throws when it cannot have it. */
  function begin({ actorId, definition, input }: Creation, parentId: string | null): Stepped {
    const whole = withIdentity(input, { id: actorId, parentId, at });
    const first = definition.stepper.initial(whole, { actorId, seq: 1 });
    check({ id: actorId, definition, parentId }, first.consequences);
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
    const { snapshot, consequences } = begun.get(actorId) ?? begin(creation, parentId);
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
      broken: undefined,
    };
    actors.set(actorId, actor);
    const emitted = emittedBy(consequences);
    const event = { type: 'xstate.init', input: withIdentity(creation.input, { id: actorId, parentId, at }) };
    const line = { event: event as EventObject, source, dedupeKey: null, outcome: 'applied' as const };
    const receipt = record(actor, line, { from: '', emitted });
    perform(actor, consequences);
    if (actor.status !== 'active') end(actor);
    return receipt;
  }

  /** Everything that could fail is found before anything is changed, so that a bad transition leaves no trace. */
  function check(actor: Pick<Working, 'id' | 'definition' | 'parentId'>, consequences: readonly Consequence[]): void {
    for (const consequence of consequences) {
      if (consequence.type === 'spawn') {
        const child = actor.definition.childOf(consequence.src);
        if (child === undefined) throw new Error(`no actor is provided under the name ${consequence.src}`);
        if (child.type === 'machine') begin(childOf(actor, child.kind, consequence), actor.id);
      }
      const needsParent =
        (consequence.type === 'send' || consequence.type === 'delay') && consequence.target.type === 'parent';
      if (needsParent && actor.parentId === null) throw new Error(`${actor.id} sends to its parent and has none`);
    }
  }

  function perform(actor: Working, consequences: readonly Consequence[]): void {
    const seq = actor.version;
    for (const [index, consequence] of consequences.entries()) {
      const key = `${actor.id}:${seq}:${index}`;
      switch (consequence.type) {
        case 'effect':
          commit.outbox.push({
            key,
            actorId: actor.id,
            type: consequence.name,
            params: consequence.params,
            target: null,
            at,
          });
          break;
        case 'spawn':
          spawn(actor, consequence);
          break;
        case 'stop':
          stopChild(actor, consequence);
          break;
        case 'send':
          send(actor, consequence.target, consequence.event, key);
          break;
        case 'delay': {
          const { timerId, delayMs, event } = consequence;
          const target = addressee(actor, consequence.target);
          setTimer(actor.id, timerId, { actorId: actor.id, timerId, due: at + delayMs, event, target });
          break;
        }
        case 'cancel':
          setTimer(actor.id, consequence.timerId, null);
          break;
        case 'emit':
          break;
      }
    }
  }

  function setTimer(actorId: string, timerId: string, row: TimerRow | null): void {
    timers.set(`${actorId}\0${timerId}`, { actorId, timerId, row });
  }

  function spawn(parent: Working, { childId, ref, src, input }: Extract<Consequence, { type: 'spawn' }>): void {
    const child = parent.definition.childOf(src)!;
    if (child.type === 'job') {
      commit.jobsOpened.push({ ref, actorId: parent.id, childId, src, input, at });
      return;
    }
    start(childOf(parent, child.kind, { ref, input }), { id: parent.id, childId });
  }

  function childOf({ id }: { id: string }, kind: string, { ref, input }: { ref: string; input: Json }): Creation {
    return { actorId: ref, definition: definitions.forNew(kind), input, source: `actor:${id}` };
  }

  function stopChild(parent: Working, { src, ref }: { src: string; ref: string }): void {
    if (parent.definition.childOf(src)?.type === 'job') closeJob(ref);
    else sent.push({ ...internal(ref, { type: 'xstate.stop' }, `actor:${parent.id}`) });
  }

  function closeJob(ref: string): void {
    if (closedJobs.has(ref)) return;
    closedJobs.add(ref);
    const opened = commit.jobsOpened.findIndex(job => job.ref === ref);
    if (opened >= 0) commit.jobsOpened.splice(opened, 1);
    else commit.jobsClosed.push(ref);
  }

  function addressee(actor: Working, target: Target): string | null {
    if (target.type === 'self') return null;
    if (target.type === 'parent') return actor.parentId;
    return target.type === 'actor' ? target.actorId : target.ref;
  }

  function send(actor: Working, target: Target, event: EventObject, key: string): void {
    if (target.type === 'child' && actor.definition.childOf(target.src)?.type === 'job') {
      commit.outbox.push({ key, actorId: actor.id, type: 'xstate.sendTo', params: event, target: target.ref, at });
      return;
    }
    sent.push(internal(addressee(actor, target) ?? actor.id, event, `actor:${actor.id}`));
  }

  /** An actor that has ended leaves nothing behind that could wake it, and its parent hears of it. */
  function end(actor: Working): void {
    commit.ended.push(actor.id);
    for (const [key, timer] of timers) if (timer.actorId === actor.id) timers.delete(key);
    for (const child of childrenOf(actor)) stopChild(actor, { src: String(child.src), ref: childRef(child) });
    if (actor.parentId === null || actor.status === 'stopped') return;
    const { output, error } = actor.snapshot as { output?: Json; error?: unknown };
    const event = (
      actor.status === 'done'
        ? { type: `xstate.done.actor.${actor.childId}`, ...(output !== undefined && { output }) }
        : { type: `xstate.error.actor.${actor.childId}`, error: describeError(error) }
    ) as EventObject;
    sent.push({
      ...internal(actor.parentId, { ...event, actorId: actor.childId! }, `actor:${actor.id}`),
      ref: actor.id,
    });
  }

  function stop(actor: Working, delivery: Delivery): Receipt {
    const { state: from } = actor;
    actor.status = 'stopped';
    actor.snapshot = { ...actor.snapshot, status: 'stopped' } as never;
    actor.tags = tagsOf(actor.definition, actor.snapshot);
    const receipt = record(actor, { ...delivery, outcome: 'applied' }, { from });
    end(actor);
    return receipt;
  }

  function park(delivery: Delivery, error: string): void {
    const { actorId, event, source, dedupeKey, ref } = delivery;
    commit.inbox.push({ actorId, event, source, dedupeKey, ref, at, parked: true, error });
  }

  async function take(delivery: Delivery): Promise<Receipt> {
    taken += 1;
    const { event, source, dedupeKey, timer } = delivery;
    const actor = await open(delivery.actorId);
    if (actor === undefined) {
      throw new SignalboxError('not_found', 'noActor', `There is no actor ${delivery.actorId}.`);
    }
    if (delivery.inbox !== null) commit.inboxTaken.push(delivery.inbox);
    const from = actor.state;
    const line = { event, source, dedupeKey };
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
      return event.type === 'xstate.stop' || timer !== null ? untraced : ignore(`${actor.id} has ended`);
    }
    if (timer !== null) setTimer(timer.actorId, timer.timerId, null);
    if (actor.broken !== undefined) return reject(actor, delivery, actor.broken);
    if (event.type === 'xstate.stop') return stop(actor, delivery);
    if (delivery.ref !== null && !isCurrentChild(actor, delivery.ref)) return ignore('the sender is no longer a child');
    if (delivery.closesJob && delivery.ref !== null) closeJob(delivery.ref);

    const { stepper } = actor.definition;
    let stepped: ReturnType<typeof stepper.next>;
    try {
      stepped = stepper.next(actor.snapshot, { ...event, at }, { actorId: actor.id, seq: actor.version + 1 });
      check(actor, stepped.consequences);
    } catch (error) {
      return reject(actor, delivery, messageOf(error));
    }
    const { snapshot, consequences } = stepped;
    if (snapshot === actor.snapshot && consequences.length === 0) {
      if (!snapshot.can({ ...event, at } as never)) return ignore(`nothing waits for ${event.type} in ${from}`);
      return record(actor, { ...line, outcome: 'applied' }, { from });
    }
    if (snapshot.value !== actor.snapshot.value) actor.state = statePath(snapshot.value);
    actor.snapshot = snapshot;
    actor.status = snapshot.status;
    actor.tags = tagsOf(actor.definition, snapshot);
    const receipt = record(actor, { ...line, outcome: 'applied' }, { from, emitted: emittedBy(consequences) });
    perform(actor, consequences);
    if (actor.status !== 'active') end(actor);
    return receipt;
  }

  async function fire(timer: TimerRow): Promise<void> {
    // An earlier event of this turn has cancelled the timer or set it anew.
    if (timers.has(`${timer.actorId}\0${timer.timerId}`)) return;
    const { actorId, timerId, due, event, target } = timer;
    if (target === null) {
      await take({ ...internal(actorId, event, 'timer'), timer });
      return;
    }
    const owner = await open(actorId);
    if (owner === undefined) return;
    setTimer(actorId, timerId, null);
    const child = childrenOf(owner).find(candidate => childRef(candidate) === target);
    const isJob = child !== undefined && owner.definition.childOf(String(child.src))?.type === 'job';
    if (isJob) {
      const key = `${actorId}:timer:${timerId}:${due}`;
      commit.outbox.push({ key, actorId, type: 'xstate.sendTo', params: event, target, at });
    } else {
      sent.push(internal(target, event, `actor:${actorId}`));
    }
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
    const { event, source, dedupeKey } = delivery;
    if (dedupeKey !== null) keys.delete(`${actor.id}\0${dedupeKey}`);
    return record(actor, { event, source, dedupeKey, outcome: 'rejected' }, { from: actor.state, reason: error });
  }

  return {
    commit,
    transitions,
    get taken() {
      return taken;
    },
    async create(creation) {
      taken += 1;
      const existing = await open(creation.actorId);
      if (existing === undefined) return startRoot(creation);
      return { seq: existing.version, outcome: 'duplicate', state: existing.state, reason: 'it exists already' };
    },
    take,
    takeOrPark,
    fire,
    async migrate(actorId, definition, convert) {
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
    },
    async cascade(limit) {
      while (sent.length > 0 && taken < limit) {
        const batch = sent;
        sent = [];
        for (const delivery of batch) await takeOrPark(delivery);
      }
    },
    finish() {
      for (const delivery of sent) {
        const { actorId, event, source, dedupeKey, ref } = delivery;
        commit.inbox.push({ actorId, event, source, dedupeKey, ref, at, parked: false, error: null });
      }
      const live: LiveActor[] = [];
      for (const actor of actors.values()) {
        if (actor.version === actor.baseVersion) continue;
        const { definition, listed, tags, status } = actor;
        const isListedStill = status === listed.status && isSame(tags, listed.tags);
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
          isOnlyMoved: !actor.definitionIsNew && actor.status === 'active',
          snapshot: actor.snapshot === actor.baseSnapshot ? null : definition.stepper.encode(actor.snapshot),
        });
        if (actor.broken === undefined) live.push(liveOf(actor));
      }
      for (const { actorId, timerId, row } of timers.values()) {
        if (row === null) commit.timersCleared.push({ actorId, timerId });
        else commit.timersSet.push(row);
      }
      return { leftOver: sent, closedJobs: [...closedJobs], actors: live };
    },
  };
}

/** The answer for something that came too late to matter and that nobody sent. */
const untraced: Receipt = { seq: 0, outcome: 'ignored', state: '', reason: 'it came too late' };

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

/** An event from one actor to another. */
export function internal(actorId: string, event: EventObject, source: string): Delivery {
  return { actorId, event, source, dedupeKey: null, ref: null, closesJob: false, inbox: null, timer: null };
}

function isCurrentChild(actor: Working, ref: string): boolean {
  return childrenOf(actor).some(child => childRef(child) === ref);
}

function childrenOf(actor: Working): AnyActorRef[] {
  return Object.values(actor.snapshot.children as Record<string, AnyActorRef | undefined>).filter(
    child => child !== undefined,
  );
}

function emittedBy(consequences: readonly Consequence[]): EventObject[] {
  return consequences.flatMap(consequence => (consequence.type === 'emit' ? [consequence.event] : []));
}
