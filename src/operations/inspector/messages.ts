/**
 * The messages of Stately's inspection protocol, as @statelyai/inspect 0.7.2 writes them: an actor, an event that was sent
 * to one, and what became of it. A test holds these types against those of the package.
 */
import type { AnyEventObject, AnyStateMachine, Snapshot } from 'xstate';
import type { Json } from '../../domain/json.ts';
import { definitionOf } from '../../machines/drawing/definition.ts';
import type { EventObject } from '../../persistence/store.ts';
import type { Transition } from '../../runtime/index.ts';
import { sanitised } from './sanitised.ts';

const version = '0.7.2';

interface Message {
  sessionId: string;
  /** The outermost actor above it, which may be itself. */
  rootId: string;
  id: string;
  /** Milliseconds since the epoch, in digits. */
  createdAt: string;
  _version: string;
}

export type SentSnapshot = Snapshot<unknown> & { value: unknown; context: Json; tags: string[] };

export interface ActorMessage extends Message {
  type: '@xstate.actor';
  name: string;
  parentId: string | undefined;
  /** The machine's configuration as JSON text. */
  definition: string | undefined;
  snapshot: SentSnapshot;
}

export interface EventMessage extends Message {
  type: '@xstate.event';
  sourceId: string | undefined;
  event: AnyEventObject;
}

export interface SnapshotMessage extends Message {
  type: '@xstate.snapshot';
  event: AnyEventObject;
  snapshot: SentSnapshot;
}

export type InspectionMessage = ActorMessage | EventMessage | SnapshotMessage;

/** As much of a snapshot as is told, whether it is stored or lives. */
export interface State {
  status: string;
  value: unknown;
  context: unknown;
  output?: unknown;
  error?: unknown;
  tags?: Iterable<string>;
}

/** An actor at one version. */
export interface Seen {
  id: string;
  parentId: string | null;
  rootId: string;
  version: number;
  at: number;
  /** Undefined where it cannot be built any more. */
  machine: AnyStateMachine | undefined;
  state: State;
}

/** A transition as text. It is written when the first viewer is told, once for all of them. */
export interface Told {
  id: string;
  parentId: string | null;
  seq: number;
  /** The actor has ended. */
  isOver: boolean;
  /** The actor had ended before, and this changed nothing. */
  isLate: boolean;
  /** The actor as it is afterwards. */
  actor(): string;
  /** What was sent to it, and what it became. */
  steps(): readonly string[];
}

/** `rootOf` is asked when something is written: what is above the actor may be shown between. */
export function toldOf(transition: Transition, rootOf: () => string): Told {
  const { actorId: id, parentId, seq, at, type, status, outcome, snapshot: state } = transition;
  const seen = (): Seen => ({ id, parentId, rootId: rootOf(), version: seq, at, machine: state.machine, state });
  const actor = once(() => actorText(seen()));
  const steps = once(() => stepTexts(transition, seen()));
  return {
    ...{ id, parentId, seq, actor },
    isOver: status !== 'active',
    isLate: status !== 'active' && outcome !== 'applied',
    // It goes on by another machine.
    steps: type === 'signalbox.migrate' ? () => [actor(), ...steps()] : steps,
  };
}

export function actorText(seen: Seen): string {
  const { id, parentId, machine, state } = seen;
  return textOf({
    ...headOf(seen, 'actor'),
    type: '@xstate.actor',
    name: id,
    parentId: parentId ?? undefined,
    definition: machine && definitionText(machine),
    snapshot: sentOf(state),
  });
}

/** That there are more actors than are shown: the protocol has no word for it, so it is told as one. */
export function moreText(left: number, at: number): string {
  const id = 'signalbox.more';
  return textOf({
    ...headOf({ id, rootId: id, version: 0, at }, 'actor'),
    type: '@xstate.actor',
    name: `… and ${left} more: choose a task to see them`,
    parentId: undefined,
    definition: undefined,
    snapshot: sentOf({ status: 'active', value: 'more', context: { left } }),
  });
}

function stepTexts(transition: Transition, seen: Seen): string[] {
  const { source } = transition;
  const event = sanitised(transition.event as EventObject) as EventObject;
  const sourceId = source.startsWith('actor:') ? source.slice('actor:'.length) : undefined;
  return [
    textOf({ ...headOf(seen, 'event'), type: '@xstate.event', sourceId, event }),
    textOf({ ...headOf(seen, 'snapshot'), type: '@xstate.snapshot', event, snapshot: sentOf(seen.state) }),
  ];
}

function headOf(
  { id, rootId, version: seq, at }: Pick<Seen, 'id' | 'rootId' | 'version' | 'at'>,
  what: string,
): Message {
  return { sessionId: id, rootId, id: `${id}:${seq}:${what}`, createdAt: String(at), _version: version };
}

const textOf = (message: InspectionMessage) => JSON.stringify(message);

/** Children are actors of their own, and are not told twice. */
function sentOf({ status, value, context, output, error, tags = [] }: State): SentSnapshot {
  const sent = {
    ...{ status, value, context: sanitised(context as Json), children: {}, historyValue: {}, tags: [...tags] },
    output: output === undefined ? undefined : sanitised(output as Json),
    error: error === undefined ? undefined : '[hidden]',
  };
  return sent as unknown as SentSnapshot;
}

const definitions = new WeakMap<AnyStateMachine, string>();

function definitionText(machine: AnyStateMachine): string {
  const known = definitions.get(machine) ?? JSON.stringify(definitionOf(machine));
  definitions.set(machine, known);
  return known;
}

function once<T>(make: () => T): () => T {
  let made: { it: T } | undefined;
  return () => {
    made ??= { it: make() };
    return made.it;
  };
}
