/**
 * What machines say of themselves to people: why an actor is where it is, what is worth a line when it comes there, and
 * what somebody could do about it. Said beside the states and transitions that it speaks of, so that it goes with them.
 */
import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode } from 'xstate';
import type { JsonObject } from '../domain/json.ts';

/** What a state says, as its `meta`. */
export interface StateWords<Context = never> {
  /** Why the actor is here. */
  why?: string | ((context: Context) => string);
  /** What has happened when it comes here, in a few words; a state that passes in a moment has none. */
  headline?: string;
  /** Who ends the waiting, when neither an actor nor a deadline does. */
  owner?: string;
}

/** Something that can be done about an actor now. */
export interface Move {
  /** The event to send. */
  event: string;
  /** What it needs. */
  fields: MoveField[];
  /** What it does. */
  does: string;
  /** Whether it is what somebody would do first, here. */
  isUsual: boolean;
}

export interface MoveField {
  name: string;
  means: string;
  /** The values that it can have, where there are only some. */
  options?: string[];
}

/** An event that people may send, by the fields that it needs. `options` are tried one by one. */
export type PersonEvents = Record<string, (Omit<MoveField, 'options'> & { options?: 'states' })[]>;

/** Events by which somebody decides what a task has asked. */
export const decisiveEvents: ReadonlySet<string> = new Set([
  ...['task.approve', 'task.reject', 'task.answer', 'task.retry', 'task.move'],
]);

/** Words and tags at a state, by its dotted path. Of parallel regions the first is asked. */
export function sayingsAt(machine: AnyStateMachine, path: string): StateWords & { tags: string[] } {
  const nodes = nodesAt(machine, path);
  const words = nodes.map(node => (node.meta ?? {}) as StateWords);
  return { ...Object.assign({}, ...words), tags: nodes.flatMap(node => node.tags) };
}

/** Why the actor is where it is; undefined where its machine does not say. */
export function whyOf(machine: AnyStateMachine, snapshot: AnyMachineSnapshot): string | undefined {
  const { why } = sayingsAt(machine, pathOf(snapshot.value));
  return typeof why === 'function' ? why(snapshot.context as never) : why;
}

/** What the machine would take now of what people may send, and what that would do. Changes nothing. */
export function movesOf(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, events: PersonEvents): Move[] {
  if (snapshot.status !== 'active') return [];
  const taken = (event: JsonObject & { type: string }) =>
    machine
      .getTransitionData(snapshot, { by: '', at: 0, ...event })
      .find(({ target, actions }) => target !== undefined || actions.length > 0);
  return Object.entries(events).flatMap(([event, needed]): Move[] => {
    const choice = needed.find(({ options }) => options === 'states');
    const samples = choice === undefined ? [''] : Object.keys(machine.root.states);
    const possible = samples.flatMap(value => {
      const transition = taken({ type: event, ...(choice && { [choice.name]: value }) });
      return transition === undefined ? [] : [{ value, transition }];
    });
    const [first] = possible;
    if (first === undefined) return [];
    const { description = '', meta } = first.transition as { description?: string; meta?: { isUsual?: boolean } };
    const fields = needed.map(({ options, ...field }) =>
      options === undefined ? field : { ...field, options: possible.map(({ value }) => value) },
    );
    return [{ event, fields, does: description, isUsual: meta?.isUsual === true }];
  });
}

function nodesAt(machine: AnyStateMachine, path: string): AnyStateNode[] {
  const nodes: AnyStateNode[] = [machine.root];
  for (const key of path.split(',', 1)[0]!.split('.')) {
    const next = nodes.at(-1)!.states[key];
    if (next === undefined) break;
    nodes.push(next);
  }
  return nodes;
}

function pathOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [entry] = Object.entries((value ?? {}) as object);
  return entry === undefined ? '' : `${entry[0]}.${pathOf(entry[1])}`;
}
