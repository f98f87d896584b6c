/** A machine as what one sees of it: states inside states, and what leads from one to another. Every format begins here. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { eventName } from '../graph.ts';

export interface DrawnState {
  /** XState's id of the state node. */
  id: string;
  key: string;
  /** Dotted path below the root; empty for the root. */
  path: string;
  type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** The id of the state in which it begins; undefined where there is nothing inside, or all of it begins. */
  initial: string | undefined;
  /** What is done while it is here: `entry / countAttempt`, `invoke agentRun`. */
  does: string[];
  states: DrawnState[];
}

export interface DrawnTransition {
  from: DrawnState;
  /** Null where it stays: only its actions happen. */
  to: DrawnState | null;
  /** In the words of the definition: `task.approve`, `after grace`, `done prepare`, `always`. */
  event: string;
  /** Empty without one. */
  guard: string;
  actions: string[];
  /** Whether somebody orders it: the definition describes what it does. */
  isOrder: boolean;
  /** In a drawing of a part: the path of the state outside it to which it leads. */
  leaves?: string;
}

export interface Drawing {
  root: DrawnState;
  /** In the order of the definition, outer states first. */
  transitions: DrawnTransition[];
}

export function drawingOf({ root }: AnyStateMachine): Drawing {
  const byNode = new Map<AnyStateNode, DrawnState>();
  const drawn = stateOf(root, byNode);
  const transitions = [...byNode].flatMap(([node, from]) => transitionsOf(node, from, byNode));
  return { root: drawn, transitions };
}

/** One state of a drawing with everything inside it; what leads out of it says where to. Undefined for a path without a state. */
export function partOf({ root, transitions }: Drawing, path: string): Drawing | undefined {
  const part = withInner(root).find(state => state.path === path);
  if (part === undefined) return undefined;
  const own = transitions.filter(({ from }) => isWithin(from, part));
  const kept = own.map(transition => {
    const { to } = transition;
    return to === null || isWithin(to, part) ? transition : { ...transition, to: null, leaves: to.path };
  });
  return { root: part, transitions: kept };
}

/** The state itself and all states inside it, outer ones first. */
export function withInner(state: DrawnState): DrawnState[] {
  return [state, ...state.states.flatMap(withInner)];
}

/** Whether one state is the other or lies inside it. */
export const isWithin = ({ path }: DrawnState, outer: DrawnState) =>
  outer.path === '' || path === outer.path || path.startsWith(`${outer.path}.`);

function stateOf(node: AnyStateNode, byNode: Map<AnyStateNode, DrawnState>): DrawnState {
  const state: DrawnState = {
    id: node.id,
    key: node.key,
    path: node.path.join('.'),
    type: node.type,
    initial: node.type === 'compound' ? node.initial.target[0]?.id : undefined,
    does: [
      ...named('entry', node.entry),
      ...node.invoke.map(({ src }) => `invoke ${String(src)}`),
      ...named('exit', node.exit),
    ],
    states: [],
  };
  byNode.set(node, state);
  state.states = Object.values(node.states).map(child => stateOf(child, byNode));
  return state;
}

/** XState adds what starts and ends the deadlines of a state; those are drawn as transitions. */
const isOwn = (action: string) => action !== 'raise' && action !== 'cancel';

function named(when: string, actions: readonly unknown[]): string[] {
  const own = actions.map(nameOf).filter(isOwn);
  return own.length === 0 ? [] : [`${when} / ${own.join(', ')}`];
}

function transitionsOf(
  node: AnyStateNode,
  from: DrawnState,
  byNode: ReadonlyMap<AnyStateNode, DrawnState>,
): DrawnTransition[] {
  const all = [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
  return all.flatMap(({ eventType, guard, actions, target, description }): DrawnTransition[] => {
    const told = {
      from,
      event: eventName(eventType),
      guard: guard === undefined ? '' : nameOf(guard),
      actions: actions.map(nameOf).filter(isOwn),
      isOrder: description !== undefined,
    };
    if (target !== undefined) return target.map(to => ({ ...told, to: byNode.get(to)! }));
    // A transition that does nothing only keeps an outer one from being taken.
    return told.actions.length === 0 ? [] : [{ ...told, to: null }];
  });
}

/** The name of a guard or an action, whichever way the definition gives it. */
export function nameOf(part: unknown): string {
  if (typeof part === 'string') return part;
  const { type, name, guards } = part as { type?: string; name?: string; guards?: unknown[] };
  if (guards !== undefined) return guards.map(nameOf).join(type === 'xstate.or' ? ' or ' : ' and ');
  return (type ?? (name || 'inline')).replace(/^xstate\./, '');
}
