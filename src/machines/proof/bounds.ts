/** How often agents can be called without a person: every loop is bounded by a budget of tries, or there is no bound. */
import type { Edge, MachineGraph } from '../graph.ts';
import { type Pipeline, wayFrom } from '../pipeline.ts';

/** Which events a person sends, and which guards count down a budget. */
export interface Bounds {
  isPersonal(event: string): boolean;
  isBudget(edge: Edge): boolean;
  /** Places in which nothing is spent: going round among them costs nothing. */
  isIdle?(path: string): boolean;
}

/**
 * Loops in which no person takes part and no budget is counted. What goes round inside a state with a deadline ends with
 * that: such a state counts as one place.
 */
export function unboundedLoops(graph: MachineGraph, { isPersonal, isBudget, isIdle = () => false }: Bounds): Edge[][] {
  const whole = (path: string) => graph.places.get(path)?.bounds[0] ?? path;
  const free = graph.edges
    .filter(edge => !isPersonal(edge.event) && !isBudget(edge))
    .filter(({ from, to }) => !isIdle(from) || !isIdle(to))
    .map(edge => ({ ...edge, from: whole(edge.from), to: whole(edge.to) }))
    .filter(({ from, to, resets }) => from !== to || graph.places.has(from) || resets === from);
  const outgoing = Map.groupBy(free, edge => edge.from);
  const loops: Edge[][] = [];
  const inLoops = new Set<string>();
  for (const start of outgoing.keys()) {
    // One loop tells of all that share a place with it.
    if (inLoops.has(start)) continue;
    const loop = shortestLoop(start, outgoing);
    if (loop === undefined) continue;
    loops.push(loop);
    for (const { from } of loop) inLoops.add(from);
  }
  return loops;
}

function shortestLoop(start: string, outgoing: ReadonlyMap<string, Edge[]>): Edge[] | undefined {
  const cameBy = new Map<string, Edge>();
  for (const queue = [start]; queue.length > 0; ) {
    for (const edge of outgoing.get(queue.shift()!) ?? []) {
      if (edge.to === start) return [...wayTo(edge.from, start, cameBy), edge];
      if (cameBy.has(edge.to)) continue;
      cameBy.set(edge.to, edge);
      queue.push(edge.to);
    }
  }
  return undefined;
}

function wayTo(path: string, start: string, cameBy: ReadonlyMap<string, Edge>): Edge[] {
  const way: Edge[] = [];
  for (let here = path; here !== start; here = way[0]!.from) way.unshift(cameBy.get(here)!);
  return way;
}

/** An edge that is taken only while its budget lasts, and uses it. */
export const isCounted = ({ guard, actions }: Edge): boolean => {
  const { budget, limit, model } = (guard?.params ?? {}) as { budget?: string; limit?: number; model?: string };
  if (guard?.type === 'isAwayAndReworkLeft') return actions.includes('recordAway');
  // A cheaper model is gone on with once.
  if (model !== undefined) return actions.includes('goCheaper');
  return budget !== undefined && limit !== undefined && actions.includes('countRework');
};

/** Tries that call no agent: a forge that is away, news of a pull request. */
const ofForge = /^forge\.away$|\.merging\.(?:turnedDown|moved)$|^landing\.(?:turnedDown|moved)$/;

/**
 * The most agents that are called without a person in between, where no loop is unbounded: those of the ordinary way, and
 * for each try of each budget those from where it leads to the end.
 */
export function mostRuns(graph: MachineGraph, pipeline: Pipeline): number {
  const budgets = new Map<string, { limit: number; runs: number }>();
  for (const edge of graph.edges) {
    const { budget, limit } = (edge.guard?.params ?? {}) as { budget?: string; limit?: number };
    if (budget === undefined || limit === undefined || ofForge.test(budget) || !isCounted(edge)) continue;
    const runs = runsFrom(pipeline, edge.to);
    const known = budgets.get(budget);
    budgets.set(budget, { limit, runs: Math.max(runs, known?.runs ?? 0) });
  }
  const first = pipeline.stages[0]!;
  const cheaper = pipeline.stages.filter(({ budget }) => typeof budget?.atLimit === 'object').length;
  const repeated = [...budgets.values()].reduce((sum, { limit, runs }) => sum + limit * runs, cheaper);
  return runsFrom(pipeline, `${first.name}.preparing`) + repeated;
}

/** Agents that are called from a place on, when all goes well. */
function runsFrom(pipeline: Pipeline, place: string): number {
  const [name = '', inner = ''] = place.split('.');
  const start = pipeline.stages.find(stage => stage.name === name);
  if (start === undefined) return 0;
  const isPastWork = ['publishing', 'pushing', 'gating', 'deciding'].includes(inner);
  return wayFrom(pipeline, start).length - (isPastWork ? 1 : 0);
}
