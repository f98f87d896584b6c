/**
 * A large machine at a glance: its outermost states as boxes with what leads from one to the other, and what is inside
 * them as cells, a line of them after another. Everything is in its place before anybody is anywhere.
 */
import { type Drawing, type DrawnState, withInner } from './drawing.ts';
import { type Arrow, type Box, type Plan, type Point, padding, planOf, type Size, titleHeight } from './plan.ts';

/** A state inside an outermost one; its place counts from the corner of the box around it. */
export interface Cell extends Point, Size {
  id: string;
  path: string;
  title: string;
}

export interface Overview {
  plan: Plan;
  /** By the id of the outermost state. */
  cells: ReadonlyMap<string, Cell[]>;
}

/** In pixels. */
const widest = 700;
const cellHeight = 20;
const gap = 4;
const narrowest = 120;
const fewCells = 7;
const cellWidth = (title: string) => Math.ceil(title.length * 6.3 + 14);
/** Room for how often a way was taken; what leads along it is said when somebody asks. */
const count = { width: 34, height: 14, lines: [] };

/** So few states are drawn whole. */
const mostWhole = 12;

/** Whether a machine has so much inside that one looks at it in parts. */
export const isLarge = ({ root }: Drawing) =>
  root.states.length > 2 && root.states.reduce((sum, { states }) => sum + states.length, 0) > mostWhole;

export function overviewOf(drawing: Drawing): Overview {
  const { root, arrows, notes } = planOf(drawing);
  const outermost = new Map(
    drawing.root.states.flatMap(state => withInner(state).map(({ id }) => [id, state.id] as const)),
  );
  const cells = new Map(drawing.root.states.map(state => [state.id, cellsOf(state)]));
  const start = root.boxes.find(({ type }) => type === 'start');
  const sized = drawing.root.states.map(state => boxOf(state, cells.get(state.id)!));
  // As wide as each other: they stand under one another, and what leads on leads straight down.
  const width = Math.max(...sized.map(box => box.width));
  const boxes = sized.map(box => (cells.get(box.id)!.length > fewCells ? { ...box, width } : box));
  const crossing = arrows.flatMap(arrow => {
    const [from = arrow.from, to = arrow.to] = [outermost.get(arrow.from), outermost.get(arrow.to)];
    return from === to || arrow.moves.length === 0 ? [] : [{ ...arrow, from, to }];
  });
  const begins = arrows.filter(({ from }) => from === start?.id);
  const plan = { root: { ...root, boxes: start === undefined ? boxes : [start, ...boxes] }, notes };
  return { plan: { ...plan, arrows: [...begins, ...joined(crossing)] }, cells };
}

/** One arrow for everything that leads from one outermost state to another. */
function joined(crossing: readonly Arrow[]): Arrow[] {
  return [...Map.groupBy(crossing, ({ from, to }) => `${from} ${to}`)].map(([id, same]) => {
    const { from, to } = same[0]!;
    return { id, from, to, moves: same.flatMap(arrow => arrow.moves), label: count };
  });
}

function cellsOf({ states }: DrawnState): Cell[] {
  const cells: Cell[] = [];
  let [x, y] = [padding, titleHeight + gap];
  for (const { id, path, key, type } of states) {
    if (type === 'history') continue;
    const width = cellWidth(key);
    if (x > padding && x + width > widest - padding) [x, y] = [padding, y + cellHeight + gap];
    cells.push({ id, path, title: key, x, y, width, height: cellHeight });
    x += width + gap;
  }
  return cells;
}

function boxOf({ id, type, key }: DrawnState, cells: readonly Cell[]): Box {
  const right = Math.max(narrowest, cellWidth(key) + padding, ...cells.map(cell => cell.x + cell.width + padding));
  const below = Math.max(titleHeight + gap, ...cells.map(cell => cell.y + cell.height + padding));
  return { id, type, title: key, lines: [], boxes: [], width: right, height: below };
}
