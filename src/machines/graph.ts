/** A machine as a plain graph: where it can rest, and every way from there. For proofs and drawings, not for running. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';

export interface Edge {
  from: string;
  to: string;
  /** The event in the words of the definition: `task.approve`, `after grace`, `done prepare`, `always`. */
  event: string;
  guard: { type: string; params: Record<string, unknown> } | undefined;
  actions: string[];
  /** The state that is left and entered again on the way: its deadlines begin anew. */
  resets: string | undefined;
}

export interface Place {
  /** Dotted path below the root: `development.gating`. */
  path: string;
  isFinal: boolean;
  /** Nothing rests here: it is left in the same step in which it is entered. */
  isPassing: boolean;
  /** What works while it rests here, and under which names. */
  invokes: string[];
  children: string[];
  hasDeadline: boolean;
  /** States around this one that have a deadline, outermost first: moving about inside them does not put it off. */
  bounds: string[];
  tags: string[];
  /** Who ends the waiting, in words, when neither an actor nor a deadline does. */
  owner: string | undefined;
}

export interface MachineGraph {
  initial: string;
  places: Map<string, Place>;
  edges: Edge[];
}

/**
 * The graph of a machine without parallel states. A transition of an outer state counts for every place inside it that
 * does not handle the same event itself; a history state leads to every place that it can remember.
 */
export function graphOf(machine: AnyStateMachine): MachineGraph {
  const { root } = machine;
  const leaves = leavesUnder(root);
  const places = new Map(leaves.map(leaf => [pathOf(leaf), placeOf(leaf)]));
  const edges = leaves.flatMap(leaf => edgesOf(leaf));
  return { initial: pathOf(initialLeaf(root)), places, edges };
}

function leavesUnder(node: AnyStateNode): AnyStateNode[] {
  const children = Object.values(node.states).filter(child => child.type !== 'history');
  return children.length === 0 ? [node] : children.flatMap(leavesUnder);
}

const pathOf = (node: AnyStateNode) => node.path.join('.');

function initialLeaf(node: AnyStateNode): AnyStateNode {
  const target = node.type === 'compound' ? node.initial.target[0] : undefined;
  return target === undefined ? node : initialLeaf(target);
}

function ancestry(leaf: AnyStateNode): AnyStateNode[] {
  return leaf.parent === undefined ? [leaf] : [leaf, ...ancestry(leaf.parent)];
}

function placeOf(leaf: AnyStateNode): Place {
  const line = ancestry(leaf);
  const always = leaf.always ?? [];
  return {
    path: pathOf(leaf),
    isFinal: leaf.type === 'final',
    isPassing: always.some(transition => transition.guard === undefined),
    invokes: line.flatMap(node => node.invoke.map(invoked => String(invoked.src))),
    children: line.flatMap(node => node.invoke.map(invoked => invoked.id)),
    hasDeadline: line.some(node => node.after.length > 0),
    bounds: line
      .slice(1)
      .filter(node => node.after.length > 0)
      .map(pathOf)
      .reverse(),
    tags: line.flatMap(node => node.tags),
    owner: line.map(node => (node.meta as { owner?: string } | undefined)?.owner).find(owner => owner !== undefined),
  };
}

function edgesOf(leaf: AnyStateNode): Edge[] {
  const edges: Edge[] = [];
  const handled = new Set<string>();
  for (const node of ancestry(leaf)) {
    const own = [...node.transitions.entries(), ['', node.always ?? []] as const];
    for (const [event, transitions] of own) {
      if (handled.has(event)) continue;
      for (const transition of transitions) {
        for (const target of targetsOf(transition.target)) {
          edges.push({
            from: pathOf(leaf),
            to: pathOf(target),
            event: eventName(event),
            guard: guardOf(transition.guard),
            actions: transition.actions.map(action => String((action as { type?: string }).type ?? action)),
            resets: transition.reenter ? pathOf(transition.source) : undefined,
          });
        }
      }
      const isFinalWord = transitions.some(transition => transition.guard === undefined);
      if (isFinalWord && event !== '') handled.add(event);
    }
  }
  return edges;
}

/** Where a transition can come to rest; a transition without a target stays where it is and is no edge. */
function targetsOf(targets: readonly AnyStateNode[] | undefined): AnyStateNode[] {
  return (targets ?? []).flatMap(target =>
    target.type === 'history'
      ? Object.values(target.parent!.states)
          .filter(sibling => sibling.type !== 'history')
          .map(initialLeaf)
      : [initialLeaf(target)],
  );
}

function guardOf(guard: unknown): Edge['guard'] {
  if (guard === undefined) return undefined;
  if (typeof guard === 'string') return { type: guard, params: {} };
  const { type = 'inline', params = {} } = guard as { type?: string; params?: Record<string, unknown> };
  return { type, params };
}

/** XState's internal event names in readable form. */
export function eventName(event: string): string {
  if (event === '') return 'always';
  return event
    .replace(/^xstate\.after\.([^.]+)\..*$/, 'after $1')
    .replace(/^xstate\.done\.actor\.(.*)$/, 'done $1')
    .replace(/^xstate\.error\.actor\.(.*)$/, 'error $1')
    .replace(/^xstate\.done\.state\.(.*)$/, 'completed $1');
}
