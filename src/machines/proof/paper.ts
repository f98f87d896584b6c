/**
 * A task's machine on paper: its own states, transitions, guards and assignments, and nothing else of an actor. One step takes
 * some microseconds, so that hundreds of thousands of situations can be looked at. What is found that way is shown only after
 * XState itself has gone the same way; a test holds both against each other on random ways.
 *
 * It knows what the machines of tasks are made of: compound states, eventless transitions, entry and exit, no parallel states.
 * Effects and messages do nothing here, and history states, to which only a resumed task comes, are left out.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { TaskContext } from '../task/context.ts';

export interface Situation {
  /** The innermost state. */
  at: AnyStateNode;
  context: TaskContext;
}

export type PaperEvent = { type: string } & Record<string, unknown>;

interface Definition {
  target?: readonly AnyStateNode[] | undefined;
  source: AnyStateNode;
  guard?: unknown;
  actions: readonly unknown[];
  reenter: boolean;
}

/** What is given by name, with parameters or without. */
interface Named {
  type: string;
  params?: unknown;
}

type Guard = (args: { context: TaskContext; event: PaperEvent }, params: unknown) => boolean;
interface Assign {
  type: string;
  assignment?: unknown;
}

/** Goes round without an end only if a machine does. */
const mostMicrosteps = 200;

export function createPaper(machine: AnyStateMachine) {
  const { guards, actions } = machine.implementations as unknown as {
    guards: Record<string, Guard>;
    actions: Record<string, Assign>;
  };

  function holds(guard: unknown, context: TaskContext, event: PaperEvent): boolean {
    if (guard === undefined) return true;
    const { type, params } = named(guard);
    return guards[type]!({ context, event }, params);
  }

  function act(list: readonly unknown[], context: TaskContext, event: PaperEvent): TaskContext {
    let now = context;
    for (const action of list) {
      const { type, params } = named(action);
      const assign = actions[type];
      if (assign?.type !== 'xstate.assign') continue;
      const given = typeof params === 'function' ? params({ context: now, event }) : params;
      now = { ...now, ...assigned(assign.assignment, { context: now, event }, given) };
    }
    return now;
  }

  /** The first transition whose guard holds, from the inside out; undefined where nothing takes the event. */
  function chosen(from: readonly AnyStateNode[], { context }: Situation, event: PaperEvent, type: string) {
    for (const node of from) {
      const candidates = (type === '' ? node.always : node.transitions.get(type)) as readonly Definition[] | undefined;
      const found = candidates?.find(({ guard }) => holds(guard, context, event));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  function take({ at, context }: Situation, definition: Definition, event: PaperEvent): Situation {
    const { target, source, actions: own, reenter } = definition;
    const [to] = target ?? [];
    if (to === undefined) return { at, context: act(own, context, event) };
    const domain = !reenter && isWithin(to, source) ? source : commonOf(to, source);
    const left = lineOf(at).filter(node => node !== domain && isWithin(node, domain));
    let now = context;
    for (const node of left) now = act(node.exit, now, event);
    now = act(own, now, event);
    const entered = lineOf(to)
      .filter(node => node !== domain && isWithin(node, domain))
      .reverse();
    for (let inner = to; inner.type === 'compound'; ) {
      inner = inner.initial.target[0]!;
      entered.push(inner);
    }
    for (const node of entered) now = act(node.entry, now, event);
    return { at: entered.at(-1) ?? to, context: now };
  }

  /** Everything that follows from an event, until nothing more follows by itself. */
  function settle(situation: Situation, event: PaperEvent): Situation {
    let now = situation;
    for (let steps = 0; steps < mostMicrosteps; steps += 1) {
      const next = chosen(lineOf(now.at), now, event, '');
      if (next === undefined) return now;
      now = take(now, next, event);
    }
    throw new Error(`${machine.id} goes round without an end at ${pathOf(now.at)}`);
  }

  return {
    /** Null where the event changes nothing, or nothing takes it. */
    step(situation: Situation, event: PaperEvent): Situation | null {
      const definition = chosen(lineOf(situation.at), situation, event, event.type);
      if (definition === undefined) return null;
      if (definition.target === undefined && definition.actions.length === 0) return null;
      return settle(take(situation, definition, event), event);
    },
  };
}

export const pathOf = (node: AnyStateNode): string => node.path.join('.');

const lines = new WeakMap<AnyStateNode, readonly AnyStateNode[]>();

/** A state and those around it, the innermost first; without the root's own name it is never empty. */
export function lineOf(node: AnyStateNode): readonly AnyStateNode[] {
  let line = lines.get(node);
  if (line === undefined) {
    line = node.parent === undefined ? [node] : [node, ...lineOf(node.parent)];
    lines.set(node, line);
  }
  return line;
}

const isWithin = (node: AnyStateNode, outer: AnyStateNode): boolean => lineOf(node).includes(outer);

/** The nearest state that is properly around a target and not outside of what is left. */
const commonOf = (target: AnyStateNode, source: AnyStateNode): AnyStateNode =>
  lineOf(target).find(node => node !== target && node !== source && isWithin(source, node)) ?? lineOf(target).at(-1)!;

const named = (given: unknown): Named => (typeof given === 'string' ? { type: given } : (given as Named));

function assigned(assignment: unknown, args: { context: TaskContext; event: PaperEvent }, params: unknown): object {
  if (typeof assignment === 'function') return assignment(args, params) as object;
  return Object.fromEntries(
    Object.entries(assignment as object).map(([key, value]) => [
      key,
      typeof value === 'function' ? value(args, params) : value,
    ]),
  );
}
