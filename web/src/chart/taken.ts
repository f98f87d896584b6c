/** How often each way of a chart was taken, by the log of the actor that lives by it. */
import type { Chart } from '../api/types.ts';

export interface Taken {
  count: number;
  /** When it was taken last, ISO 8601. */
  lastAt: string;
}

interface Entry {
  from: string;
  to: string;
  at: string;
  outcome: string;
}

/** States that an actor passes in a moment between two that the log names are looked for so far. */
const longest = 4;

/**
 * By the id of the way. The log names where an actor came to rest; between two of these it may have passed states that decide
 * at once, and the ways through them are found in the chart.
 */
export function takenIn(chart: Chart, entries: readonly Entry[]): ReadonlyMap<string, Taken> {
  const taken = new Map<string, Taken>();
  const paths = new Map<string, string[]>();
  for (const { from, to, at, outcome } of entries) {
    if (outcome !== 'applied' || from === to) continue;
    const ends = `${from} ${to}`;
    const ways = paths.get(ends) ?? waysBetween(chart, from, to);
    paths.set(ends, ways);
    for (const id of ways) taken.set(id, { count: (taken.get(id)?.count ?? 0) + 1, lastAt: at });
  }
  return taken;
}

function waysBetween({ ways, isOverview }: Chart, from: string, to: string): string[] {
  const [source, goal] = isOverview ? [outermost(from), outermost(to)] : [from, to];
  if (source === goal) return [];
  // Where an actor began there was no state before: it comes from the dot that shows where everything begins.
  const isAt = (path: string, state: string) =>
    path === '' ? state === '' : state === path || state.startsWith(`${path}.`);
  const decides = (path: string) =>
    ways.some(way => way.from === path && way.moves.some(({ event }) => event === 'always'));
  let ends: { path: string; ids: string[] }[] = [{ path: source, ids: [] }];
  for (let length = 0; length < longest && ends.length > 0; length += 1) {
    const isFirst = length === 0;
    const reached = ends.flatMap(end =>
      ways
        .filter(way => (isFirst ? isAt(way.from, end.path) : way.from === end.path))
        .map(way => ({ path: way.to, ids: [...end.ids, way.id] })),
    );
    const found = reached.find(({ path }) => path !== '' && isAt(path, goal));
    if (found !== undefined) return found.ids;
    ends = reached.filter(({ path }) => decides(path));
  }
  return [];
}

export const outermost = (state: string) => state.split('.', 1)[0]!;
