/**
 * A drawing as data: where each state and each way lies, for whoever draws it himself and shows in it what happens. A large
 * machine is shown by its outermost states; `within` is one of them, seen from near.
 */
import { z } from 'zod';
import type { Drawing } from './drawing.ts';
import { withInner } from './drawing.ts';
import type { Cell } from './overview.ts';
import { type Arrangement, type Plan, withBoxes } from './plan.ts';

const place = { x: z.number(), y: z.number() };
const size = { width: z.number(), height: z.number() };

export const chartSchema = z.object({
  machine: z.string().describe('the id of the machine'),
  within: z.string().describe('the path of the state that is shown; empty for the whole'),
  isOverview: z.boolean().describe('whether states inside others are cells of them'),
  ...size,
  states: z.array(
    z.object({
      id: z.string(),
      path: z.string().describe('dotted, as the state of an actor is written'),
      title: z.string(),
      type: z.enum(['atomic', 'compound', 'parallel', 'final', 'history', 'start', 'cell']),
      lines: z.array(z.string()).describe('what it does while somebody is in it'),
      ...place,
      ...size,
    }),
  ),
  ways: z.array(
    z.object({
      id: z.string(),
      from: z.string().describe('the path of the state; empty where it only shows where something begins'),
      to: z.string(),
      moves: z.array(z.object({ event: z.string(), guard: z.string() })),
      corners: z.array(z.tuple([z.number(), z.number()])),
      label: z.object({ ...place, lines: z.array(z.string()) }).nullable(),
    }),
  ),
  notes: z.array(z.string()).describe('what is not drawn, one sentence each'),
});
export type Chart = z.output<typeof chartSchema>;

export interface Charted {
  drawing: Drawing;
  plan: Plan;
  arranged: Arrangement;
  /** Of an overview; null where everything is drawn. */
  cells: ReadonlyMap<string, Cell[]> | null;
}

export function chartOf(machine: string, within: string, { drawing, plan, arranged, cells }: Charted): Chart {
  const paths = new Map(withInner(drawing.root).map(({ id, path }) => [id, path]));
  const at = (id: string) => paths.get(id) ?? '';
  const [, ...boxes] = withBoxes(plan.root);
  const shown = within === '' ? boxes : [plan.root, ...boxes];
  const states = shown.flatMap(({ id, type, title, lines }): Chart['states'] => {
    const { x, y, width, height } = arranged.boxes.get(id)!;
    const inner = (cells?.get(id) ?? []).map(cell => ({
      ...{ id: cell.id, path: cell.path, title: cell.title, type: 'cell' as const, lines: [] },
      ...{ x: round(x + cell.x), y: round(y + cell.y), width: cell.width, height: cell.height },
    }));
    const own = { x: round(x), y: round(y), width: round(width), height: round(height) };
    return [{ id, path: at(id), title, type, lines, ...own }, ...inner];
  });
  const ways = plan.arrows.map(({ id, from, to, moves, label }) => {
    const { corners, label: where } = arranged.arrows.get(id)!;
    return {
      ...{ id, from: at(from), to: at(to), moves },
      corners: corners.map(({ x, y }): [number, number] => [round(x), round(y)]),
      label: label === null || where === null ? null : { x: round(where.x), y: round(where.y), lines: label.lines },
    };
  });
  return { machine, within, isOverview: cells !== null, ...trimmed({ states, ways }), notes: plan.notes };
}

/** Without the room that the box around everything has: that is not drawn. */
function trimmed({
  states,
  ways,
}: Pick<Chart, 'states' | 'ways'>): Pick<Chart, 'states' | 'ways' | 'width' | 'height'> {
  const xs = [
    ...states.flatMap(({ x, width }) => [x, x + width]),
    ...ways.flatMap(({ corners }) => corners.map(([x]) => x)),
  ];
  const ys = [
    ...states.flatMap(({ y, height }) => [y, y + height]),
    ...ways.flatMap(({ corners }) => corners.map(([, y]) => y)),
  ];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const at = <Placed extends { x: number; y: number }>(it: Placed) => ({
    ...it,
    x: round(it.x - left),
    y: round(it.y - top),
  });
  return {
    states: states.map(at),
    ways: ways.map(way => ({
      ...way,
      corners: way.corners.map(([x, y]): [number, number] => [round(x - left), round(y - top)]),
      label: way.label === null ? null : at(way.label),
    })),
    width: Math.ceil(Math.max(...xs) - left),
    height: Math.ceil(Math.max(...ys) - top),
  };
}

const round = (length: number) => Math.round(length * 10) / 10;
