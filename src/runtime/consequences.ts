/** What the steps of a turn want done: as rows of its commit, as timers, and as events for other actors. */
import type { AnyActorRef } from 'xstate';
import type { Json } from '../domain/json.ts';
import type { Commit, EventObject, TimerRow } from '../persistence/store.ts';
import type { LiveActor } from './cache.ts';
import type { Definitions } from './definitions.ts';
import { type Cause, type Creation, type Delivery, internal } from './delivery.ts';
import type { NewActor, Wanted } from './making.ts';
import { type Consequence, childRef, describeError, type Target } from './stepper.ts';

/** What is asked of an actor's surroundings. */
type Asking = Pick<LiveActor, 'id' | 'definition' | 'parentId'> & Marked;
type Moved = Pick<LiveActor, 'id' | 'definition' | 'parentId' | 'childId' | 'version' | 'status' | 'snapshot'> & Marked;

interface Marked {
  /** Stands for the actor's last transition of this turn, as the cause of what follows from it. */
  mark: Cause | undefined;
}

export interface Consequences {
  /** Everything that could fail is found before anything is changed, so that a bad transition leaves no trace. */
  check(actor: Asking, consequences: readonly Consequence[]): void;
  /** Writes down what the actor's last step wants done. */
  perform(actor: Moved, consequences: readonly Consequence[]): void;
  /** An actor that has ended leaves nothing behind that could wake it, and its parent hears of it. */
  end(actor: Moved): void;
  closeJob(ref: string): void;
  /** Hands a timer's event to whom it was meant for. */
  ring(owner: Moved, timer: TimerRow & { target: string }): void;
  /** Whether an earlier event of this turn has cancelled the timer or set it anew. */
  hasTouched(timer: TimerRow): boolean;
  clearTimer(timer: TimerRow): void;
  /** The events that actors have sent each other and nobody has taken yet. */
  takeSent(): Delivery[];
  /** The actors that were asked for and are not made yet. */
  takeWanted(): Wanted[];
  /** Sends an event from one actor to another. */
  tell(actorId: string, event: EventObject, from: string, mark: Cause | undefined): void;
  /** Writes what was gathered into the commit. */
  finish(): { closedJobs: string[] };
}

export interface ConsequencesOptions {
  commit: Commit;
  at: number;
  definitions: Definitions;
  /** The first step of a machine, looked at before it is taken. Throws when it cannot be taken. */
  begin(creation: Creation, parentId: string): void;
  start(creation: Creation, parent: { id: string; childId: string }): void;
}

export function createConsequences({ commit, at, definitions, begin, start }: ConsequencesOptions): Consequences {
  const timers = new Map<string, { actorId: string; timerId: string; row: TimerRow | null }>();
  const closedJobs = new Set<string>();
  let sent: Delivery[] = [];
  let wanted: Wanted[] = [];

  function check(actor: Asking, consequences: readonly Consequence[]): void {
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

  function perform(actor: Moved, consequences: readonly Consequence[]): void {
    const { id: actorId, version } = actor;
    for (const [index, consequence] of consequences.entries()) {
      const key = `${actorId}:${version}:${index}`;
      switch (consequence.type) {
        case 'effect': {
          const { name: type, params } = consequence;
          const kind = actor.definition.madeBy(type);
          if (kind !== undefined) {
            wanted.push({ creator: actor, kind, order: params as unknown as NewActor });
            break;
          }
          const lane = actor.definition.laneOf(type, params);
          commit.outbox.push({ key, actorId, type, params, target: null, lane, at });
          break;
        }
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
          setTimer(actorId, timerId, { actorId, timerId, due: at + delayMs, event, target });
          break;
        }
        case 'cancel':
          setTimer(actorId, consequence.timerId, null);
          break;
        case 'emit':
          break;
      }
    }
  }

  function setTimer(actorId: string, timerId: string, row: TimerRow | null): void {
    timers.set(timerKey({ actorId, timerId }), { actorId, timerId, row });
  }

  function spawn(parent: Moved, { childId, ref, src, input }: Extract<Consequence, { type: 'spawn' }>): void {
    const child = parent.definition.childOf(src)!;
    if (child.type === 'job') commit.jobsOpened.push({ ref, actorId: parent.id, childId, src, input, at });
    else start(childOf(parent, child.kind, { ref, input }), { id: parent.id, childId });
  }

  function childOf({ id, mark }: Asking, kind: string, { ref, input }: { ref: string; input: Json }): Creation {
    return { actorId: ref, definition: definitions.forChild(kind, input), input, source: `actor:${id}`, cause: mark };
  }

  function stopChild(parent: Moved, { src, ref }: { src: string; ref: string }): void {
    if (parent.definition.childOf(src)?.type === 'job') closeJob(ref);
    else sent.push(internal(ref, { type: 'xstate.stop' }, `actor:${parent.id}`, parent.mark));
  }

  function closeJob(ref: string): void {
    if (closedJobs.has(ref)) return;
    closedJobs.add(ref);
    const opened = commit.jobsOpened.findIndex(job => job.ref === ref);
    if (opened >= 0) commit.jobsOpened.splice(opened, 1);
    else commit.jobsClosed.push(ref);
  }

  function send(actor: Moved, target: Target, event: EventObject, key: string): void {
    if (target.type === 'child' && actor.definition.childOf(target.src)?.type === 'job') {
      sendToJob(actor.id, target.ref, event, key);
      return;
    }
    sent.push(internal(addressee(actor, target) ?? actor.id, event, `actor:${actor.id}`, actor.mark));
  }

  function sendToJob(actorId: string, target: string, event: EventObject, key: string): void {
    commit.outbox.push({ key, actorId, type: 'xstate.sendTo', params: event, target, lane: null, at });
  }

  function ring(owner: Moved, { timerId, due, event, target }: TimerRow & { target: string }): void {
    const child = childrenOf(owner).find(candidate => childRef(candidate) === target);
    const isJob = child !== undefined && owner.definition.childOf(String(child.src))?.type === 'job';
    if (isJob) sendToJob(owner.id, target, event, `${owner.id}:timer:${timerId}:${due}`);
    else sent.push(internal(target, event, `actor:${owner.id}`, owner.mark));
  }

  function end(actor: Moved): void {
    commit.ended.push(actor.id);
    for (const [key, timer] of timers) if (timer.actorId === actor.id) timers.delete(key);
    for (const child of childrenOf(actor)) stopChild(actor, { src: String(child.src), ref: childRef(child) });
    if (actor.parentId === null || actor.status === 'stopped') return;
    const event = { ...endOf(actor), actorId: actor.childId! };
    sent.push({ ...internal(actor.parentId, event, `actor:${actor.id}`, actor.mark), ref: actor.id });
  }

  return {
    check,
    perform,
    end,
    closeJob,
    ring,
    hasTouched: timer => timers.has(timerKey(timer)),
    clearTimer: ({ actorId, timerId }) => setTimer(actorId, timerId, null),
    takeSent() {
      const events = sent;
      sent = [];
      return events;
    },
    takeWanted() {
      const orders = wanted;
      wanted = [];
      return orders;
    },
    tell: (actorId, event, from, mark) => void sent.push(internal(actorId, event, `actor:${from}`, mark)),
    finish() {
      for (const { actorId, timerId, row } of timers.values()) {
        if (row === null) commit.timersCleared.push({ actorId, timerId });
        else commit.timersSet.push(row);
      }
      return { closedJobs: [...closedJobs] };
    },
  };
}

export function childrenOf({ snapshot }: Pick<LiveActor, 'snapshot'>): AnyActorRef[] {
  const children = snapshot.children as Record<string, AnyActorRef | undefined>;
  return Object.values(children).filter(child => child !== undefined);
}

const timerKey = ({ actorId, timerId }: { actorId: string; timerId: string }) => `${actorId}\0${timerId}`;

/** Null stands for the actor itself. */
function addressee(actor: Moved, target: Target): string | null {
  if (target.type === 'self') return null;
  if (target.type === 'parent') return actor.parentId;
  return target.type === 'actor' ? target.actorId : target.ref;
}

/** What a parent hears, as XState says it. */
function endOf({ status, childId, snapshot }: Moved): EventObject {
  const { output, error } = snapshot as { output?: Json; error?: unknown };
  if (status !== 'done') {
    return { type: `xstate.error.actor.${childId}`, error: describeError(error) } as EventObject;
  }
  return { type: `xstate.done.actor.${childId}`, ...(output !== undefined && { output }) } as EventObject;
}
