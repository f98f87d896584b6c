/**
 * What of a drawing becomes a box, an arrow, a line in a box or a note under it, and how large each is. Lengths are in
 * pixels. Where things lie is decided by whoever arranges the plan.
 */
import { type Drawing, type DrawnState, type DrawnTransition, isWithin, withInner } from './drawing.ts';

export interface Size {
  width: number;
  height: number;
}

/** A state. `start` is the dot from which an arrow leads to where it begins. */
export interface Box extends Size {
  id: string;
  type: DrawnState['type'] | 'start';
  title: string;
  lines: string[];
  boxes: Box[];
}

/** Everything that leads from one box to another. */
export interface Arrow {
  id: string;
  from: string;
  to: string;
  /** Null where nothing is to be said. */
  label: (Size & { lines: string[] }) | null;
  /** What leads along it; nothing where it only shows where something begins. */
  moves: { event: string; guard: string }[];
}

export interface Plan {
  root: Box;
  arrows: Arrow[];
  /** What is not drawn as arrows, one sentence each. */
  notes: string[];
}

/** Where everything of a plan lies, from the upper left corner of the drawing. */
export interface Arrangement extends Size {
  /** By the id of the box: its upper left corner, and its size as it came out. */
  boxes: ReadonlyMap<string, Point & Size>;
  /** By the id of the arrow: its corners from one box to the other, and the upper left corner of what it says. */
  arrows: ReadonlyMap<string, { corners: Point[]; label: Point | null }>;
}

export interface Point {
  x: number;
  y: number;
}

export const titleHeight = 24;
export const lineHeight = 14;
export const padding = 10;
const narrowest = 70;
const dot = 12;
const history = 22;

/** What a text takes in a proportional font, on the safe side: titles of 12 pixels and bold, the rest of 10.5 pixels. */
const titleWidth = (text: string) => text.length * 7.4;
const lineWidth = (text: string) => text.length * 5.9;

/** `isBrief` leaves out what is done, and says of a way only when it is taken. */
export function planOf(drawing: Drawing, { isBrief = false } = {}): Plan {
  const { root, transitions } = drawing;
  const ways = transitions.filter(isMove).filter(move => !isAside(move));
  const aside = transitions.filter(transition => !isMove(transition) || isAside(transition));
  const listed = listedOf(ways, root);
  const lines = (state: DrawnState) => [
    ...(isBrief ? [] : state.does),
    ...(isBrief ? [] : aside.filter(({ from }) => from === state).map(lineOf)),
    ...elsewhere(ways.filter(way => way.from === state && listed.has(way))),
  ];
  return {
    root: boxOf(root, lines),
    arrows: [
      ...startsOf(root),
      ...arrowsOf(
        ways.filter(way => !listed.has(way)),
        isBrief ? shortOf : sayingOf,
      ),
    ],
    notes: notesOf([...listed], root),
  };
}

type Move = DrawnTransition & { to: DrawnState };
const isMove = (transition: DrawnTransition): transition is Move => transition.to !== null;

/** What stays inside a state, or only begins one around it anew, is a line of it: an arrow would lead nowhere. */
const isAside = ({ from, to }: Move) => isWithin(to, from) || isWithin(from, to);

const outermostIn =
  (root: DrawnState) =>
  ({ path }: DrawnState) =>
    path.slice(root.path === '' ? 0 : root.path.length + 1).split('.', 1)[0]!;

/** Ways between outermost states beyond which nobody would follow the arrows any more, and ways of one kind. */
const mostWays = 24;
const mostOfAKind = 3;

/**
 * In a large machine: what somebody orders, and what leads from many places to the same, from one outermost state to
 * another. Each arrow of them crosses the whole drawing, so they are said in words.
 */
function listedOf(ways: readonly Move[], root: DrawnState): Set<Move> {
  const outermost = outermostIn(root);
  const crossing = ways.filter(({ from, to }) => outermost(from) !== outermost(to));
  // `done review` of the state `review` is what `done testing` is of `testing`.
  const kindOf = ({ from, event }: Move) => event.replace(outermost(from), '');
  const many = Map.groupBy(crossing, kindOf);
  const isDecision = ({ event }: Move) => event === 'always';
  // Of one state from near one wants to follow how its work goes on and ends, to whichever state.
  const isPart = root.path !== '';
  const isOneOfMany = (move: Move) => !isPart && !isDecision(move) && many.get(kindOf(move))!.length > mostOfAKind;
  if (new Set(crossing.map(({ from, to }) => `${from.id} ${to.id}`)).size <= mostWays) return new Set();
  return new Set(crossing.filter(move => move.isOrder || isOneOfMany(move)));
}

function boxOf(state: DrawnState, linesOf: (state: DrawnState) => string[]): Box {
  const { id, key: title, type } = state;
  if (type === 'history') return { id, type, title: 'H', lines: [], boxes: [], width: history, height: history };
  const lines = linesOf(state).flatMap(line => wrapped(line, longestLine));
  const start: Box[] =
    state.initial === undefined
      ? []
      : [{ id: startOf(state), type: 'start', title: '', lines: [], boxes: [], width: dot, height: dot }];
  const boxes = [...start, ...state.states.map(inner => boxOf(inner, linesOf))];
  const widest = Math.max(titleWidth(title), ...lines.map(lineWidth));
  const height = titleHeight + lines.length * lineHeight + (lines.length > 0 ? padding : padding / 2);
  return { id, type, title, lines, boxes, width: Math.max(narrowest, widest + 2 * padding), height };
}

/** The height of the title and the lines of a box; what is inside comes below. */
export const headOf = ({ lines }: Box) => titleHeight + lines.length * lineHeight + padding / 2;

/** The box itself and all boxes inside it, outer ones first. */
export const withBoxes = (box: Box): Box[] => [box, ...box.boxes.flatMap(withBoxes)];

const startOf = ({ id }: DrawnState) => `${id}:start`;

function startsOf(root: DrawnState): Arrow[] {
  return withInner(root).flatMap(state =>
    state.initial === undefined
      ? []
      : [{ id: `${startOf(state)} ${state.initial}`, from: startOf(state), to: state.initial, label: null, moves: [] }],
  );
}

function arrowsOf(ways: readonly Move[], saying: (move: Move) => string): Arrow[] {
  const byEnds = Map.groupBy(ways, ({ from, to }) => `${from.id} ${to.id}`);
  return [...byEnds].map(([id, same]) => {
    const lines = [...new Set(same.map(saying))].flatMap(text => wrapped(text, longestLabel));
    const width = Math.max(...lines.map(lineWidth)) + 8;
    const { from, to } = same[0]!;
    const moves = same.map(({ event, guard }) => ({ event, guard }));
    return { id, from: from.id, to: to.id, label: { lines, width, height: lines.length * lineHeight }, moves };
  });
}

/** `EVENT [guard] / actions`. */
const sayingOf = (transition: DrawnTransition) =>
  `${whenOf(transition)}${transition.leaves === undefined ? '' : ` → ${transition.leaves}`}${doingOf(transition)}`;
const shortOf = ({ event, guard }: Move) => guard || event;
const lineOf = (transition: DrawnTransition) =>
  transition.to === null ? sayingOf(transition) : `${whenOf(transition)} → ${transition.to.key}${doingOf(transition)}`;

const whenOf = ({ event, guard }: DrawnTransition) => `${event}${guard && ` [${guard}]`}`;
const doingOf = ({ actions }: DrawnTransition) => (actions.length > 0 ? ` / ${actions.join(', ')}` : '');

/** Which events lead away as the notes say. */
function elsewhere(listed: readonly Move[]): string[] {
  const events = [...new Set(listed.map(({ event }) => event))];
  return events.length === 0 ? [] : [`↗ ${events.join(', ')}`];
}

/** One note for what leads to the same in the same words; `*` stands for states that say the same in their own name. */
function notesOf(listed: readonly Move[], root: DrawnState): string[] {
  const ways = listed.map(move => {
    const name = nameIn(move, root);
    const star = (words: string) => words.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), '*');
    return { name, from: star(move.from.path), way: `${star(sayingOf(move))} → ${star(move.to.path)}` };
  });
  return [...Map.groupBy(ways, ({ way }) => way)].map(([way, same]) => {
    const sources = [...Map.groupBy(same, ({ from }) => from)];
    const namesOf = ([, those]: (typeof sources)[number]) => [...new Set(those.map(({ name }) => name))].join(', ');
    const froms = [...Map.groupBy(sources, namesOf)].map(([names, those]) => {
      const patterns = those.map(([from]) => from).join(', ');
      return way.includes('*') || names.includes(', ')
        ? `${patterns} (* is ${names})`
        : patterns.replaceAll('*', names);
    });
    return `${way}; from ${froms.join('; from ')}`;
  });
}

/** The state that a way is about: the one that it leads back to, or the outermost one that it leads from. */
function nameIn({ from, to }: Move, root: DrawnState): string {
  const outermost = outermostIn(root);
  const goal = outermost(to);
  return from.path.split('.').includes(goal) ? goal : outermost(from);
}

const longestLine = 48;
const longestLabel = 36;

/** A text in lines of at most so many characters, broken between words; those that follow are indented. */
export function wrapped(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + word.length < most) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(line === undefined ? word : `   ${word}`);
  }
  return lines;
}
