/**
 * One machine as pure functions on snapshots: initial, next, encode, decode. Nothing is started and nothing is sent;
 * what a transition wants done comes back as a list.
 *
 * `xstate.transition()` does the same, but builds a throw-away actor for every call. Here one inert actor serves as
 * `self` for all of them, which is 2.5 times as fast; `test/runtime/xstate-contract.test.ts` pins what we rely on.
 */
import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  createActor,
  fromTransition,
  type InspectionEvent,
} from 'xstate';
import { actorRef, addressOf } from '../domain/actor-ref.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { toPlainJson } from '../domain/json.ts';
import type { EventObject } from '../persistence/store.ts';

/** Whose step this is: gives the children that it spawns their names. */
export interface Step {
  actorId: string;
  seq: number;
}

/** What of a stored snapshot a machine is restored from, among other things. */
export interface StoredSnapshot {
  value: unknown;
  context: unknown;
}

/** Where an event is to go. */
export type Target =
  | { type: 'self' }
  | { type: 'parent' }
  | { type: 'child'; src: string; ref: string }
  | { type: 'actor'; actorId: string };

/** What a transition wants done, in order. */
export type Consequence =
  | { type: 'spawn'; childId: string; ref: string; src: string; input: Json }
  | { type: 'stop'; childId: string; src: string; ref: string }
  | { type: 'send'; target: Target; event: EventObject }
  | { type: 'delay'; timerId: string; delayMs: number; target: Target; event: EventObject }
  | { type: 'cancel'; timerId: string }
  | { type: 'effect'; name: string; params: Json }
  | { type: 'emit'; event: EventObject };

export interface Stepped {
  snapshot: AnyMachineSnapshot;
  consequences: Consequence[];
}

/** One of the transitions that a step is made of: that of the event, and those that follow from it without another one. */
export interface Microstep {
  /** Those of the definition that were taken together: one of each parallel region at the most. */
  transitions: readonly AnyTransitionDefinition[];
  /** As it is after it. */
  snapshot: AnyMachineSnapshot;
}

export interface Stepper {
  machine: AnyStateMachine;
  /** Never throws for what the machine does: its errors come back as a snapshot with the status `error`. */
  initial(input: Json, step: Step): Stepped;
  /**
   * Throws what a guard, an assign or an expression of the machine throws; nothing has changed then. `hear` is told of what
   * the step is made of.
   */
  next(snapshot: AnyMachineSnapshot, event: EventObject, step: Step, hear?: (microstep: Microstep) => void): Stepped;
  encode(snapshot: AnyMachineSnapshot): string;
  /** Throws when the snapshot names a state that this machine does not have. */
  decode(text: string): AnyMachineSnapshot;
}

/** The snapshot of a child inside its parent's snapshot: a reference to its row, not a copy of its state. */
interface ChildSnapshot {
  status: 'active';
  output: undefined;
  error: undefined;
  ref: string;
}

interface ActionObject {
  type: string;
  params: unknown;
}

/** Makes the pure functions for a machine whose children have the given names. */
export function createStepper(
  definition: AnyStateMachine,
  childNames: readonly string[],
  upgrade: (stored: StoredSnapshot) => StoredSnapshot = stored => stored,
): Stepper {
  let step: Step = { actorId: '', seq: 0 };
  let spawned = new Map<string, number>();
  let actions: ActionObject[] = [];
  let heard: ((microstep: Microstep) => void) | undefined;

  /** `<actor>.<child>.<seq>`: unique, and the same whenever the same log is replayed. */
  const refFor = (childId: string) => {
    const earlier = spawned.get(childId) ?? 0;
    spawned.set(childId, earlier + 1);
    return `${step.actorId}.${childId}.${step.seq}${earlier > 0 ? `-${earlier}` : ''}`;
  };
  const child: AnyActorLogic = {
    transition: snapshot => snapshot,
    getInitialSnapshot: (scope): ChildSnapshot => ({
      status: 'active',
      output: undefined,
      error: undefined,
      ref: refFor(scope.id),
    }),
    getPersistedSnapshot: snapshot => snapshot,
    restoreSnapshot: snapshot => snapshot as ChildSnapshot,
  };
  const machine = definition.provide({
    actors: Object.fromEntries(childNames.map(name => [name, child])),
  }) as AnyStateMachine;

  /** XState tells of microsteps to whoever inspects a system, and to nobody else with the transitions that were taken. */
  function listen(inspected: InspectionEvent): void {
    if (heard === undefined || inspected.type !== '@xstate.microstep') return;
    heard({ transitions: inspected._transitions, snapshot: inspected.snapshot as AnyMachineSnapshot });
  }

  const parent = createActor(fromTransition(state => state, null));
  const self = createActor(machine, { parent, input: {} } as object) as AnyActorRef;
  const scope = {
    self,
    id: machine.id,
    sessionId: machine.id,
    system: Object.assign(Object.create(parent.system), { get: actorRef, _sendInspectionEvent: listen }),
    logger: () => {},
    defer: () => {},
    stopChild: () => {},
    emit: () => {},
    actionExecutor: (action: ActionObject) => {
      actions.push(action);
    },
  } as unknown as AnyActorScope;

  const begin = (next: Step, hear?: typeof heard) => {
    step = next;
    heard = hear;
    spawned = new Map();
    actions = [];
  };

  const finish = (after: AnyMachineSnapshot, before: AnyMachineSnapshot | undefined): Stepped => {
    const consequences = consequencesOf(actions, { self, parent, step });
    refuseHiddenChildren(after, before, consequences);
    const context = toPlainJson(after.context, 'context', before?.context);
    const snapshot = context === after.context ? after : ({ ...after, context } as AnyMachineSnapshot);
    return { snapshot, consequences };
  };

  return {
    machine,
    initial(input, next) {
      begin(next);
      const snapshot = machine.getInitialSnapshot(scope as never, input as never) as AnyMachineSnapshot;
      // What a machine does when its context or an entry fails is to end; nothing that it asked for may happen.
      if (snapshot.status === 'error') return failed(snapshot, snapshot.error);
      try {
        return finish(snapshot, undefined);
      } catch (error) {
        return failed(snapshot, error);
      }
    },
    next(snapshot, event, next, hear) {
      begin(next, hear);
      return finish(machine.transition(snapshot, event, scope as never) as AnyMachineSnapshot, snapshot);
    },
    encode: encodeSnapshot,
    decode: text => machine.restoreSnapshot(upgrade(JSON.parse(text)) as never, scope as never) as AnyMachineSnapshot,
  };
}

function failed(snapshot: AnyMachineSnapshot, error: unknown): Stepped {
  return { snapshot: { ...snapshot, status: 'error', error, context: {}, children: {} } as never, consequences: [] };
}

/** XState's persisted snapshot, written out in one pass. */
export function encodeSnapshot(snapshot: AnyMachineSnapshot): string {
  const historyValue: Record<string, { id: string }[]> = {};
  for (const [key, nodes] of Object.entries(snapshot.historyValue as Record<string, { id: string }[]>)) {
    historyValue[key] = nodes.map(({ id }) => ({ id }));
  }
  const children: JsonObject = {};
  for (const [id, ref] of Object.entries(snapshot.children as Record<string, AnyActorRef | undefined>)) {
    if (ref === undefined) continue;
    children[id] = { src: String(ref.src), snapshot: { status: 'active', ref: childRef(ref) } };
  }
  return JSON.stringify({
    status: snapshot.status,
    value: snapshot.value,
    context: snapshot.context,
    children,
    historyValue,
    output: snapshot.output,
    error: snapshot.error === undefined ? undefined : describeError(snapshot.error),
  });
}

/** An error as JSON: what a person needs of it, with no stack that differs from machine to machine. */
export function describeError(error: unknown): Json {
  if (error instanceof Error) return { name: error.name, message: error.message };
  if (typeof error === 'object' && error !== null) return JSON.parse(JSON.stringify(error)) as Json;
  return (error ?? null) as Json;
}

/** The state value as dotted paths, parallel regions joined by commas: `development.gating`. */
export function statePath(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  const paths = Object.entries(value).map(([key, below]) => {
    const rest = statePath(below);
    return rest === ''
      ? key
      : rest
          .split(',')
          .map(path => `${key}.${path}`)
          .join(',');
  });
  return paths.join(',');
}

/** The reference of a child, from the stand-in in its parent's snapshot. */
export function childRef(ref: AnyActorRef): string {
  return (ref.getSnapshot() as ChildSnapshot).ref;
}

/** The entry of its parent's log with which a child was made, from its reference. */
export const bornAt = (ref: string): number => Number(/\.(\d+)(?:-\d+)?$/.exec(ref)?.[1] ?? 0);

interface Actors {
  self: unknown;
  parent: unknown;
  step: Step;
}

/** Reads XState's executable actions; see facts on `xstate.*` action types in the XState documentation and tests. */
function consequencesOf(actions: readonly ActionObject[], { self, parent, step }: Actors): Consequence[] {
  const result: Consequence[] = [];
  const targetOf = (to: unknown): Target => {
    if (to === self) return { type: 'self' };
    if (to === parent) return { type: 'parent' };
    const actorId = addressOf(to);
    if (actorId !== undefined) return { type: 'actor', actorId };
    const ref = to as AnyActorRef;
    return { type: 'child', src: String(ref.src), ref: childRef(ref) };
  };
  for (const [index, { type, params }] of actions.entries()) {
    const p = params as Record<string, unknown>;
    switch (type) {
      case 'xstate.raise':
        // Without a delay it has already been taken inside this very transition.
        if (p.delay !== undefined) result.push(delayed(p, { type: 'self' }, `${step.seq}:${index}`));
        break;
      case 'xstate.sendTo': {
        const target = targetOf(p.to);
        if (p.delay !== undefined) result.push(delayed(p, target, `${step.seq}:${index}`));
        else result.push({ type: 'send', target, event: plainEvent(p.event) });
        break;
      }
      case 'xstate.cancel':
        result.push({ type: 'cancel', timerId: String(p.sendId) });
        break;
      case 'xstate.spawnChild': {
        const ref = p.actorRef as AnyActorRef | undefined;
        if (ref === undefined) throw new Error(`no actor is provided under the name ${String(p.src)}`);
        result.push({
          type: 'spawn',
          childId: ref.id,
          ref: childRef(ref),
          src: String(p.src),
          input: toPlainJson(p.input ?? null, 'input') as Json,
        });
        break;
      }
      case 'xstate.stopChild':
        // Undefined when the machine stops a child that is not there.
        if (params !== undefined) {
          const ref = params as AnyActorRef;
          result.push({ type: 'stop', childId: ref.id, src: String(ref.src), ref: childRef(ref) });
        }
        break;
      case 'xstate.emit':
        result.push({ type: 'emit', event: plainEvent(p.event) });
        break;
      case 'xstate.log':
        break;
      default:
        // An action whose parameters turn out to be null has nothing to do.
        if (params === null) break;
        result.push({ type: 'effect', name: type, params: toPlainJson(params ?? null, `params of ${type}`) as Json });
    }
  }
  return result;
}

function delayed(params: Record<string, unknown>, target: Target, fallbackId: string): Consequence {
  const { delay } = params;
  if (typeof delay !== 'number' || !Number.isFinite(delay)) {
    throw new TypeError(`a delay must be a number of milliseconds, not ${String(delay)}`);
  }
  return {
    type: 'delay',
    timerId: typeof params.id === 'string' ? params.id : fallbackId,
    delayMs: Math.max(0, Math.round(delay)),
    target,
    event: plainEvent(params.event),
  };
}

function plainEvent(event: unknown): EventObject {
  return toPlainJson(event, 'event') as EventObject;
}

/** `assign` with `spawn` makes a child and says nothing of it: it would never run. */
function refuseHiddenChildren(
  after: AnyMachineSnapshot,
  before: AnyMachineSnapshot | undefined,
  consequences: readonly Consequence[],
): void {
  if (after.children === before?.children) return;
  for (const childId of Object.keys(after.children)) {
    const isKnown =
      before?.children[childId] !== undefined ||
      consequences.some(consequence => consequence.type === 'spawn' && consequence.childId === childId);
    if (!isKnown) throw new Error(`child ${childId} was spawned inside assign; use invoke or spawnChild`);
  }
}
