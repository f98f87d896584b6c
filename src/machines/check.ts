/**
 * What holds of a pipeline's machine, as far as that can be known before a task lives by it, and the shortest way to what does
 * not. docs/pipelines.md has the properties as formulas. What is claimed was looked for: a property of which nothing can be
 * found is said to be so for want of anything to break it, and a pipeline that is too large to be looked at whole says that.
 */
import type { AnyStateMachine } from 'xstate';
import { type Edge, graphOf, type MachineGraph } from './graph.ts';
import { ordinaryWay, type Pipeline } from './pipeline.ts';
import { type Bounds, isCounted, mostRuns, unboundedLoops } from './proof/bounds.ts';
import { type BestRun, bestRun, endlessIn, stuckIn } from './proof/ending.ts';
import { type Explored, explore } from './proof/explore.ts';
import { notesOn } from './proof/notes.ts';
import { replay, type Step } from './proof/replay.ts';
import { soundness } from './proof/sound.ts';
import { type Wait, waitsOf } from './proof/waits.ts';
import { compileTask } from './task/task.ts';

export { type Step, textOf } from './proof/replay.ts';

/**
 * - `reachable`: every stage is gone to by a task, and every state by an actor, without a person who moves it there.
 * - `ends`: from everywhere an answer of a person leads to the end; and when every gate passes a task is done.
 * - `bounded`: agents are called only so often without a person.
 * - `gated`: whatever lands or is done has passed every gate that it owes, for exactly that code.
 * - `owned`: every wait is for somebody.
 */
export const properties = ['reachable', 'ends', 'bounded', 'gated', 'owned'] as const;
export type Property = (typeof properties)[number];

export interface Violation {
  property: Property;
  message: string;
  /** The shortest way to it, gone by the machine itself. Empty where there is none to show. */
  way: Step[];
}

/** What a check comes to. */
export interface Check {
  violations: Violation[];
  /** What holds and may surprise all the same. */
  notes: string[];
  /** For whom a task waits, and until when. */
  waits: Wait[];
  /** How many situations were looked at, and whether those are all. */
  situations: number;
  isWhole: boolean;
  /** The most agents that are called without a person in between; null where there is no bound. */
  runs: number | null;
}

/** So many situations are looked at: less than a second's worth. Those of a long pipeline are larger. */
const mostSituations = ({ stages }: Pipeline) => Math.round(Math.min(24_000, Math.max(8_000, 64_000 / stages.length)));

const taskBounds: Bounds = {
  isPersonal: event => event.startsWith('task.'),
  isBudget: isCounted,
  isIdle: path => path.startsWith('waiting.'),
};

/** Looks at a pipeline: at `most` situations, the nearest first. */
export function checkPipeline(pipeline: Pipeline, most = mostSituations(pipeline)): Check {
  const machine = compileTask(pipeline);
  const graph = graphOf(machine);
  const explored = explore(machine, pipeline, { most, judge: soundness(pipeline) });
  const loops = endlessly(machine, graph, explored);
  const best = bestRun(machine, pipeline);
  const unreached = checkStages(graph, pipeline, best);
  const undone = loops.length > 0 ? [] : neverDone(pipeline, best);
  const violations = [
    ...unreached,
    ...loops,
    ...undone,
    ...(unreached.length + loops.length + undone.length > 0 ? [] : stuck(machine, explored)),
    ...unsound(machine, explored),
    ...tooLate(pipeline, best),
    ...unowned(graph, taskBounds),
  ];
  return {
    violations,
    notes: notesOn(pipeline),
    waits: waitsOf(graph, pipeline),
    situations: explored.followed,
    isWhole: explored.followed === explored.found.length,
    runs: loops.length > 0 ? null : mostRuns(graph, pipeline),
  };
}

/** The properties that do not speak of gates, for any machine that is meant to end. */
export function checkMachine(
  machine: AnyStateMachine,
  bounds: Omit<Bounds, 'isBudget'> & { isBudget(guard: string): boolean },
): Violation[] {
  const graph = graphOf(machine);
  const isBudget = ({ guard }: Edge) => guard !== undefined && bounds.isBudget(guard.type);
  const all = { ...bounds, isBudget };
  return [...unreachable(graph), ...endless(graph), ...unbounded(graph, all), ...unowned(graph, all)];
}

function unreachable(graph: MachineGraph): Violation[] {
  const reached = reach(graph.initial, graph.edges);
  return [...graph.places.keys()]
    .filter(path => !reached.has(path))
    .map(path => ({ property: 'reachable', message: `${path} can never be reached`, way: [] }));
}

const detours = new Set(['task.move', 'task.reject', 'task.retry', 'task.resume']);

/** Every stage has to be gone to by itself: that a person can lead there, a fork or a lapsed verdict, does not count. */
function checkStages(graph: MachineGraph, pipeline: Pipeline, { isDone, steps }: BestRun): Violation[] {
  const besides = new Set(['hasLapsedAndReworkLeft', 'isForkAt']);
  const ordinary = reach(
    graph.initial,
    graph.edges.filter(({ event, guard }) => !detours.has(event) && !besides.has(guard?.type ?? '')),
  );
  return pipeline.stages
    .filter(({ name }) => !ordinary.has(`${name}.preparing`))
    .map(({ name }) => ({
      property: 'reachable',
      message: `${name} is never reached unless a person sends a task there`,
      // How it is done without having been there.
      way: isDone ? steps : [],
    }));
}

/** A loop that the graph shows is one if the machine goes round in it; what was not looked at whole is believed of the graph. */
function endlessly(machine: AnyStateMachine, graph: MachineGraph, explored: Explored): Violation[] {
  const shownByGraph = unbounded(graph, taskBounds).slice(0, 1);
  if (shownByGraph.length === 0) return [];
  const here = endlessIn(explored);
  if (here === undefined) return explored.followed === explored.found.length ? [] : shownByGraph;
  const { path } = explored.found[here]!;
  const message = `agents are called again and again at ${path}, without a person and without a budget`;
  return [{ property: 'bounded', message, way: replay(machine, explored, here) ?? [] }];
}

function endless(graph: MachineGraph): Violation[] {
  const backwards = graph.edges.map(edge => ({ ...edge, from: edge.to, to: edge.from }));
  const ends = [...graph.places.values()].filter(place => place.isFinal).map(place => place.path);
  const canEnd = new Set(ends.flatMap(end => [...reach(end, backwards).keys()]));
  const reached = reach(graph.initial, graph.edges);
  return [...graph.places.keys()]
    .filter(path => !canEnd.has(path) && reached.has(path))
    .map(path => ({
      property: 'ends',
      message: `from ${path} no end can be reached`,
      way: shown(pathTo(reached, path)),
    }));
}

function unbounded(graph: MachineGraph, bounds: Bounds): Violation[] {
  const reached = reach(graph.initial, graph.edges);
  return unboundedLoops(graph, bounds)
    .filter(([first]) => reached.has(first!.from) || !graph.places.has(first!.from))
    .map(loop => ({
      property: 'bounded',
      message: `a loop through ${loop[0]!.from} is bounded by no budget`,
      way: shown(loop),
    }));
}

/** When every gate passes, every agent succeeds and everybody who is asked approves. */
function neverDone(pipeline: Pipeline, { isDone, goesRound, runs, steps, state }: BestRun): Violation[] {
  const left = ordinaryWay(pipeline).filter(({ name }) => !runs.includes(name));
  if (isDone && left.length === 0) return [];
  const why = isDone
    ? `it is done without ${left.map(({ name }) => name).join(', ')}`
    : goesRound
      ? `it is never done: it goes round through ${[...new Set(runs)].join(', ')}`
      : `it stops at ${state}`;
  return [{ property: 'ends', message: `though every gate passes, ${why}`, way: goesRound ? [] : steps }];
}

/** Situations out of which only a move leads, the nearest that the machine itself comes into. */
function stuck(machine: AnyStateMachine, explored: Explored): Violation[] {
  const all = stuckIn(explored);
  const [first] = all;
  if (first === undefined) return [];
  const { goal, way } = firstReplayed(machine, explored, all) ?? { goal: first, way: [] };
  const { path } = explored.found[goal]!;
  const message = `from ${path} no answer of a person leads to the end, but to move it or to give it up`;
  return [{ property: 'ends', message, way }];
}

function unsound(machine: AnyStateMachine, explored: Explored): Violation[] {
  const wrong = [...explored.found.keys()].filter(here => explored.found[here]!.wrong !== null);
  const here = firstReplayed(machine, explored, wrong);
  if (here !== undefined) return [{ property: 'gated', message: explored.found[here.goal]!.wrong!, way: here.way }];
  // It was found on paper, where tries may be used up that are not. It is no less wrong for that.
  const [first] = wrong;
  return first === undefined ? [] : [{ property: 'gated', message: explored.found[first]!.wrong!, way: [] }];
}

/**
 * Gates behind the last merge that could as well have been passed before it: the code is with everybody by then. Tests and
 * reports of what was merged are the usual thing there.
 */
function tooLate(pipeline: Pipeline, { steps }: BestRun): Violation[] {
  const way = ordinaryWay(pipeline);
  const last = way.findLastIndex(({ merge }) => merge !== undefined);
  if (last < 0) return [];
  const merged = steps.findIndex(({ to }) => to === `${way[last]!.name}.merging.leased.writing`);
  return way.slice(last + 1).flatMap(({ name, gates }) =>
    gates
      .filter(({ kind }) => kind !== 'verdict' && kind !== 'command')
      .map(gate => ({
        property: 'gated' as const,
        message: `${gate.name} of ${name} is asked for only when the code is merged already; put it before ${way[last]!.name}`,
        way: steps.slice(0, merged + 1),
      })),
  );
}

/** The machine is asked about so many. */
const mostReplayed = 200;

function firstReplayed(machine: AnyStateMachine, explored: Explored, goals: readonly number[]) {
  for (const goal of goals.slice(0, mostReplayed)) {
    const way = replay(machine, explored, goal);
    if (way !== undefined) return { goal, way };
  }
  return undefined;
}

function unowned(graph: MachineGraph, { isPersonal }: Pick<Bounds, 'isPersonal'>): Violation[] {
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
      way: shown(pathTo(reached, path)),
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

const shown = (path: readonly Edge[]): Step[] =>
  path.map(({ event, guard, to }) => ({
    says: guard === undefined ? event : `${event} [${guard.type}]`,
    sends: null,
    to,
  }));
