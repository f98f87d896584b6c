/**
 * Paths through a machine that together take every transition of its definition, generated with `xstate/graph`, and a
 * player that walks them on the real runtime.
 */
import {
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  fromCallback,
  transition,
} from 'xstate';
import { getAdjacencyMap, getShortestPaths } from 'xstate/graph';
import { addressOf } from '../../src/domain/actor-ref.ts';
import { cannotHappen } from '../../src/machines/task/common.ts';
import { statePath } from '../../src/runtime/stepper.ts';
import type { PlayedJobs } from '../support/jobs.ts';
import type { TestRuntime } from '../support/runtime.ts';

export type ModelEvent = { type: string } & Record<string, unknown>;

export interface ModelOptions {
  input: unknown;
  /** Every event worth trying, with the payloads that guards tell apart. Deadlines and outcomes of jobs included. */
  events: ModelEvent[];
  /** Whether an event that the machine would take makes sense here; everything does by default. */
  isPossible?(state: string, event: ModelEvent): boolean;
  /** What guards read, beside the state value: two snapshots with the same projection are one state of the model. */
  project(context: Record<string, unknown>, state: string): unknown;
}

export interface ModelPath {
  events: ModelEvent[];
  /** The state after each event. */
  states: string[];
  /** What guards read in the end; undefined where the actor has ended. */
  remembers?: unknown;
  /** What the last step asks of the outside, of children and of other actors, by XState's own account; see `askedOf`. */
  asks: string[];
}

export interface Model {
  paths: ModelPath[];
  /** Every transition of the definition, and those that the paths take. */
  transitions: Set<string>;
  covered: Set<string>;
  states: Set<string>;
  visited: Set<string>;
  /** Everything that can be reached, as far as guards tell it apart. */
  snapshots: AnyMachineSnapshot[];
}

/** Generates the paths. */
export function modelOf(
  machine: AnyStateMachine,
  { input, events, project, isPossible = () => true }: ModelOptions,
): Model {
  const inert = inertCopy(machine);
  const timed = events.map(event => ({ at: 0, ...event }));
  const options = {
    input,
    events: timed as never,
    filterEvents: (snapshot: AnyMachineSnapshot, event: unknown) =>
      isPossible(statePath(snapshot.value), event as ModelEvent) &&
      !hasEnded(snapshot, event as ModelEvent) &&
      snapshot.can(event as never),
    stopWhen: (snapshot: AnyMachineSnapshot) => snapshot.status !== 'active',
    serializeState: (snapshot: AnyMachineSnapshot) =>
      JSON.stringify([snapshot.value, project(snapshot.context, statePath(snapshot.value))]) as never,
    limit: 100_000,
  };
  const shortest = getShortestPaths(inert as never, options as never);
  const byState = new Map(shortest.map(path => [options.serializeState(path.state as never) as string, path] as const));
  const adjacency = getAdjacencyMap(inert as never, options as never) as Record<
    string,
    { state: AnyMachineSnapshot; transitions: Record<string, { event: ModelEvent; state: AnyMachineSnapshot }> }
  >;
  const model: Model = {
    paths: [],
    transitions: transitionsOf(machine),
    covered: new Set(),
    states: new Set(),
    visited: new Set(),
    snapshots: Object.values(adjacency).map(({ state }) => state),
  };
  for (const node of statesOf(machine)) model.states.add(node);
  cover(model, initialTransitions(inert, input));
  for (const [key, { state, transitions }] of Object.entries(adjacency)) {
    model.visited.add(statePath(state.value));
    const way = byState.get(key);
    if (way === undefined || state.status !== 'active') continue;
    for (const { event, state: next } of Object.values(transitions)) {
      model.visited.add(statePath(next.value));
      if (!cover(model, takenBy(inert, state, event))) continue;
      const steps = way.steps.filter(step => (step.event as ModelEvent).type !== 'xstate.init');
      model.paths.push({
        events: [...steps.map(step => step.event as ModelEvent), event],
        states: [...steps.map(step => statePath((step.state as AnyMachineSnapshot).value)), statePath(next.value)],
        asks: askedOf(inert, state, event),
        ...(next.status === 'active' && { remembers: project(next.context, statePath(next.value)) }),
      });
    }
  }
  // The state of a step is the one before its event; the state after it is that of the next.
  for (const path of model.paths) path.states = [...path.states.slice(1, -1), ...lastTwo(path)];
  return model;
}

/** Of several gates that are judged beside each other one has answered already: it answers once. */
function hasEnded({ value, context }: AnyMachineSnapshot, { type }: ModelEvent): boolean {
  const gate = /^xstate\.(?:done|error)\.actor\.gate-(.+)$/.exec(type)?.[1];
  const { verdicts = {} } = context as { verdicts?: Record<string, unknown> };
  return gate !== undefined && verdicts[gate] !== undefined && /(?:gating|judging)$/.test(statePath(value));
}

/** Effects with their parameters, children by what they are made of, and events by whom they go to. */
function askedOf(machine: AnyStateMachine, state: AnyMachineSnapshot, event: ModelEvent): string[] {
  const [, actions] = transition(machine, state as never, event as never) as unknown as [
    unknown,
    { type: string; params: Record<string, unknown> | null | undefined }[],
  ];
  return actions
    .flatMap(({ type, params }): string[] => {
      if (type === 'xstate.spawnChild') return [`child ${String(params?.id)} of ${String(params?.src)}`];
      if (type === 'xstate.sendTo' && params?.delay === undefined) {
        const { to, event: sent } = params as { to: { id: string }; event: ModelEvent };
        const { type: what } = sent;
        return [`event ${what} for ${addressOf(to) ?? to.id}`];
      }
      return type.startsWith('xstate.') || params === null ? [] : [effectIn(type, params)];
    })
    .sort();
}

/** Times are of each world, and so is the name of the actor. */
export const effectIn = (type: string, params: unknown, id = 'x'): string =>
  `effect ${type} ${JSON.stringify(params ?? null, (key, value) => (/^at$|At$|until/.test(key) ? undefined : value)).replaceAll(id, 'x')}`;

function lastTwo(path: ModelPath): string[] {
  return path.states.length === 1 ? path.states : [path.states.at(-1)!];
}

function cover({ covered, visited }: Model, taken: string[]): boolean {
  const before = covered.size;
  for (const transition of taken) {
    covered.add(transition);
    // A state that is left in the step in which it is entered shows only in what leaves it.
    visited.add(transition.slice(0, transition.indexOf(' ')).replace(/^[^.]+\./, ''));
  }
  return covered.size > before;
}

/** The machine with actors and effects that do nothing, so that a live actor may look at it. */
function inertCopy(machine: AnyStateMachine): AnyStateMachine {
  const silent = fromCallback(() => {});
  const actors = Object.fromEntries(Object.keys(machine.implementations.actors).map(name => [name, silent]));
  return machine.provide({ actors }) as AnyStateMachine;
}

interface Transition {
  source: { path: string[]; machine: { id: string } };
  eventType: string;
  target?: readonly { id: string }[];
  guard?: unknown;
}

function nameOf({ source, eventType, target, guard }: Transition): string {
  const condition = guard === undefined ? '' : ` [${typeof guard === 'string' ? guard : JSON.stringify(guard)}]`;
  return `${source.machine.id}.${source.path.join('.')} —${eventType || 'always'}${condition}→ ${target?.map(({ id }) => id).join(',') ?? '(stays)'}`;
}

function transitionsOf(machine: AnyStateMachine): Set<string> {
  const names = new Set<string>();
  const walk = (node: AnyStateMachine['root']) => {
    const all = [...[...node.transitions.values()].flat(), ...(node.always ?? [])] as never as (Transition & {
      actions: unknown[];
      description?: string;
    })[];
    for (const transition of all) {
      if (transition.description === cannotHappen) continue;
      // A forbidden event is there to be ignored: it can never be taken.
      if (transition.target !== undefined || transition.actions.length > 0) names.add(nameOf(transition));
    }
    for (const child of Object.values(node.states)) walk(child as never);
  };
  walk(machine.root);
  return names;
}

function statesOf(machine: AnyStateMachine): string[] {
  const walk = (node: AnyStateMachine['root']): string[] => {
    const children = Object.values(node.states).filter(({ type }) => type !== 'history');
    return children.length === 0 ? [node.path.join('.')] : children.flatMap(child => walk(child as never));
  };
  return walk(machine.root);
}

/** Takes a step purely and hears which transitions it is made of, eventless ones included. */
function listening(machine: AnyStateMachine, step: (scope: AnyActorScope) => unknown): string[] {
  const taken: string[] = [];
  const self = createActor(machine, { input: {} as never });
  const system = Object.assign(Object.create(self.system), {
    _sendInspectionEvent(inspection: { type: string; _transitions?: Transition[] }) {
      if (inspection.type === '@xstate.microstep') taken.push(...(inspection._transitions ?? []).map(nameOf));
    },
  });
  const ignore = () => {};
  const scope = { self, system, id: '', sessionId: '', logger: ignore, defer: ignore, stopChild: ignore, emit: ignore };
  step({ ...scope, actionExecutor: ignore } as never);
  return taken;
}

const takenBy = (machine: AnyStateMachine, snapshot: AnyMachineSnapshot, event: ModelEvent) =>
  listening(machine, scope => machine.transition(snapshot, event as never, scope as never));

const initialTransitions = (machine: AnyStateMachine, input: unknown) =>
  listening(machine, scope => machine.getInitialSnapshot(scope as never, input as never));

/** Plays one event of a model on the real runtime: an outcome of a job, a deadline, or an event that is sent. */
export async function play(id: string, event: ModelEvent, system: TestRuntime, jobs: PlayedJobs): Promise<void> {
  const [, outcome, childId] = /^xstate\.(done|error)\.actor\.(.+)$/.exec(event.type) ?? [];
  if (childId !== undefined) {
    const child = (await system.runtime.actors({ parentId: id, status: 'active', limit: 10 })).find(
      row => row.childId === childId,
    );
    const job = child === undefined ? jobs.find(id, childId) : jobs.find(child.id, 'inner');
    if (job === undefined) throw new Error(`no open job ${childId} of ${id}`);
    if (outcome === 'done') job.resolve(event.output);
    else job.reject(event.error);
  } else if (event.type.startsWith('xstate.after.')) {
    const timer = (await system.store.timers(id)).find(row => row.event.type === event.type);
    if (timer === undefined) throw new Error(`no timer ${event.type} of ${id}`);
    system.clock.set(Math.max(system.clock.now(), timer.due));
  } else {
    await system.runtime.send(id, event as never);
  }
  await system.settle();
}

/** Answers how to tell what the actor has asked for since, told as `askedOf` tells it. */
export async function watchAsked(id: string, system: TestRuntime): Promise<() => Promise<string[]>> {
  const { runtime, store, transitions } = system;
  const lettersOf = async () =>
    (await store.deadLetters(1_000_000)).events.filter(({ source }) => source === `actor:${id}`);
  const before = (await runtime.actor(id))?.version ?? 0;
  const known = transitions.length;
  const parked = (await lettersOf()).length;
  const name = (ref: string) => ref.slice(id.length + 1).replace(/\.\d+(?:-\d+)?$/, '');
  const whom = (actorId: string) => (actorId.startsWith(`${id}.`) ? name(actorId) : actorId.replaceAll(id, 'x'));
  return async () => {
    const outbox = (await store.outbox(id)).filter(({ key }) => Number(key.split(':')[1]) > before);
    const jobs = (await store.jobs(id)).filter(({ ref }) => Number(/\.(\d+)(?:-\d+)?$/.exec(ref)?.[1]) > before);
    const heard = transitions.slice(known).filter(({ source }) => source === `actor:${id}`);
    const letters = (await lettersOf()).slice(parked);
    return [
      ...outbox.map(({ type, params, target }) =>
        target === null ? effectIn(type, params, id) : `event ${(params as ModelEvent).type} for ${name(target)}`,
      ),
      ...jobs.map(({ childId, src }) => `child ${childId} of ${src}`),
      ...letters.map(({ actorId, event }) => `event ${event.type} for ${whom(actorId)}`),
      ...heard
        .filter(({ type }) => type !== 'xstate.stop')
        .map(({ actorId, type, kind }) =>
          type === 'xstate.init' ? `child ${name(actorId)} of ${kind}` : `event ${type} for ${whom(actorId)}`,
        ),
    ].sort();
  };
}
