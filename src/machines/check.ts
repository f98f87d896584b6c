/**
 * Proves of a pipeline's machine what must hold of every pipeline, or finds the shortest way to break it:
 * every state can be reached and can reach an end, every loop is bounded by a budget or goes through a person, nothing
 * is merged and nothing is done around a gate, and every wait has an owner or a deadline.
 */
import type { AnyStateMachine } from 'xstate';
import { type Edge, graphOf, type MachineGraph } from './graph.ts';
import type { Pipeline } from './pipeline.ts';
import { compileTask } from './task/task.ts';

export type Property = 'reachable' | 'canEnd' | 'bounded' | 'gated' | 'owned';

export interface Violation {
  property: Property;
  message: string;
  /** The shortest way to it: `created —always→ analysis.preparing —…`. Empty when there is no way to show. */
  counterexample: string;
}

/** Which events a person sends, and which guards count down a budget. */
export interface Bounds {
  isPersonal(event: string): boolean;
  isBudget(guard: string): boolean;
  /** Places in which nothing is spent: going round among them costs nothing. */
  isIdle?(path: string): boolean;
}

const taskBounds: Bounds = {
  isPersonal: event => event.startsWith('task.'),
  isBudget: guard => guard.endsWith('ReworkLeft'),
  isIdle: path => path.startsWith('waiting.'),
};

/** Everything that is wrong with a pipeline; empty when the properties hold. */
export function checkPipeline(pipeline: Pipeline): Violation[] {
  const graph = graphOf(compileTask(pipeline));
  // What is wrong is shown on the way from the beginning where that leads to it, and else by a fork that begins behind it.
  const ordinary = { ...graph, edges: graph.edges.filter(({ guard }) => guard?.type !== 'isForkAt') };
  const ungated = checkGates(ordinary, pipeline);
  return [
    ...checkGraph(ordinary, taskBounds),
    ...checkStages(ordinary, pipeline),
    ...(ungated.length > 0 ? ungated : checkGates(graph, pipeline)),
  ];
}

/** The properties that do not speak of gates, for any machine that is meant to end. */
export function checkMachine(machine: AnyStateMachine, bounds: Bounds): Violation[] {
  return checkGraph(graphOf(machine), bounds);
}

function checkGraph(graph: MachineGraph, bounds: Bounds): Violation[] {
  return [...unreachable(graph), ...endless(graph), ...unbounded(graph, bounds), ...unowned(graph, bounds)];
}

function unreachable(graph: MachineGraph): Violation[] {
  const reached = reach(graph.initial, graph.edges);
  return [...graph.places.keys()]
    .filter(path => !reached.has(path))
    .map(path => ({ property: 'reachable', message: `${path} can never be reached`, counterexample: '' }));
}

const detours = new Set(['task.move', 'task.reject', 'task.retry', 'task.resume']);

/** Every stage has to lie on the ordinary way. That a person or a lapsed verdict can lead there does not count. */
function checkStages(graph: MachineGraph, pipeline: Pipeline): Violation[] {
  const ordinary = reach(
    graph.initial,
    graph.edges.filter(({ event, guard }) => !detours.has(event) && guard?.type !== 'hasLapsedAndReworkLeft'),
  );
  return pipeline.stages
    .filter(({ name }) => !ordinary.has(`${name}.preparing`))
    .map(({ name }) => ({
      property: 'reachable',
      message: `${name} is never reached unless a person sends a task there`,
      // How a task ends, or where it stops, without ever having been there.
      counterexample: show(pathTo(ordinary, ordinary.has('done') ? 'done' : [...ordinary.keys()].at(-1)!)),
    }));
}

function endless(graph: MachineGraph): Violation[] {
  const backwards = graph.edges.map(edge => ({ ...edge, from: edge.to, to: edge.from }));
  const ends = [...graph.places.values()].filter(place => place.isFinal).map(place => place.path);
  const canEnd = new Set(ends.flatMap(end => [...reach(end, backwards).keys()]));
  const reached = reach(graph.initial, graph.edges);
  return [...graph.places.keys()]
    .filter(path => !canEnd.has(path) && reached.has(path))
    .map(path => ({
      property: 'canEnd',
      message: `from ${path} no end can be reached`,
      counterexample: show(pathTo(reached, path)),
    }));
}

/**
 * A loop in which no person takes part and no budget is counted could go round for ever. What goes round inside a state
 * with a deadline ends with that: such a state counts as one place.
 */
function unbounded(graph: MachineGraph, { isPersonal, isBudget, isIdle = () => false }: Bounds): Violation[] {
  const whole = (path: string) => graph.places.get(path)?.bounds[0] ?? path;
  const free = graph.edges
    .filter(({ event, guard }) => !isPersonal(event) && !(guard !== undefined && isBudget(guard.type)))
    .filter(({ from, to }) => !isIdle(from) || !isIdle(to))
    .map(edge => ({ ...edge, from: whole(edge.from), to: whole(edge.to) }))
    .filter(({ from, to, resets }) => from !== to || graph.places.has(from) || resets === from);
  const reached = reach(graph.initial, graph.edges);
  const loops = new Map<string, Edge[]>();
  for (const path of new Set([...reached.keys()].map(whole))) {
    const loop = shortestLoop(path, free);
    if (loop === undefined) continue;
    const key = loop
      .map(({ from }) => from)
      .sort()
      .join(' ');
    if (!loops.has(key)) loops.set(key, loop);
  }
  return [...loops.values()].map(loop => ({
    property: 'bounded',
    message: `a loop through ${loop[0]!.from} is bounded by no budget`,
    counterexample: show(loop),
  }));
}

/** Without the edges that only a passed gate opens, neither a merge nor the end may be reachable. */
function checkGates(graph: MachineGraph, pipeline: Pipeline): Violation[] {
  const merging = [...graph.places.values()].filter(place => place.invokes.includes('merge')).map(place => place.path);
  const violations: Violation[] = [];
  for (const stage of pipeline.stages) {
    for (const gate of stage.gates) {
      const around = graph.edges.filter(({ guard }) => !opensWith(guard, gate.name));
      const reached = reach(graph.initial, around);
      // A merging stage's own gates judge what follows the merge.
      const goals = stage.merge === undefined ? [...merging, 'done'] : ['done'];
      const goal = goals.find(path => reached.has(path));
      if (goal === undefined) continue;
      violations.push({
        property: 'gated',
        message: `${goal} can be reached around the gate ${gate.name} of ${stage.name}`,
        counterexample: show(pathTo(reached, goal)),
      });
    }
  }
  return violations;
}

const passing = new Set(['arePassed', 'mayMerge', 'mayLand', 'mayEnd']);

function opensWith(guard: Edge['guard'], gate: string): boolean {
  const gates = guard?.params.gates;
  return guard !== undefined && passing.has(guard.type) && Array.isArray(gates) && gates.includes(gate);
}

function unowned(graph: MachineGraph, { isPersonal }: Bounds): Violation[] {
  const reached = reach(graph.initial, graph.edges);
  const violations: Violation[] = [];
  for (const place of graph.places.values()) {
    const { path, isFinal, isPassing, invokes, hasDeadline, owner, tags } = place;
    if (isFinal || isPassing || invokes.length > 0 || hasDeadline || owner !== undefined || tags.includes('lease'))
      continue;
    if (graph.edges.some(edge => edge.from === path && isPersonal(edge.event))) continue;
    violations.push({
      property: 'owned',
      message: `${path} waits for nobody: no actor, no deadline, no person`,
      counterexample: show(pathTo(reached, path)),
    });
  }
  return violations;
}

/** Everything that can be reached, each with the edge by which the shortest way comes in (none for the start). */
function reach(start: string, edges: readonly Edge[]): Map<string, Edge | undefined> {
  const outgoing = Map.groupBy(edges, edge => edge.from);
  const cameBy = new Map<string, Edge | undefined>([[start, undefined]]);
  for (const path of cameBy.keys()) {
    for (const edge of outgoing.get(path) ?? []) if (!cameBy.has(edge.to)) cameBy.set(edge.to, edge);
  }
  return cameBy;
}

function pathTo(cameBy: Map<string, Edge | undefined>, path: string): Edge[] {
  const edge = cameBy.get(path);
  return edge === undefined ? [] : [...pathTo(cameBy, edge.from), edge];
}

function shortestLoop(start: string, edges: readonly Edge[]): Edge[] | undefined {
  let best: Edge[] | undefined;
  for (const first of edges.filter(edge => edge.from === start)) {
    const back = first.to === start ? [] : pathWithin(first.to, start, edges);
    if (back !== undefined && (best === undefined || back.length + 1 < best.length)) best = [first, ...back];
  }
  return best;
}

function pathWithin(from: string, to: string, edges: readonly Edge[]): Edge[] | undefined {
  const cameBy = reach(from, edges);
  return cameBy.has(to) ? pathTo(cameBy, to) : undefined;
}

function show(path: readonly Edge[]): string {
  const [first] = path;
  if (first === undefined) return '';
  return path.reduce((text, { event, guard, to }) => {
    const label = guard === undefined ? event : `${event} [${guard.type}]`;
    return `${text}\n  —${label}→ ${to}`;
  }, first.from);
}
