/** Which column a card is in, and in which order they stand. */
import type { Card } from '../../api/types.ts';
import { hasEnded } from '../../state/tasks.ts';

export interface Filter {
  project: string;
  pipeline: string;
  standing: string;
  q: string;
  /** Only these, where some are named. */
  ids: ReadonlySet<string> | null;
  group: string;
}

export interface Column {
  key: string;
  cards: Card[];
}

export const filterIn = (query: Readonly<Record<string, string>>): Filter => ({
  project: query.project ?? '',
  pipeline: query.pipeline ?? '',
  standing: query.standing ?? '',
  q: (query.q ?? '').trim().toLowerCase(),
  ids: query.ids ? new Set(query.ids.split(',')) : null,
  group: query.group ?? '',
});

const isShown = (card: Card, { project, pipeline, standing, q, ids }: Filter): boolean =>
  (ids === null || ids.has(card.id)) &&
  (project === '' || card.project === project) &&
  (pipeline === '' || card.pipeline === pipeline) &&
  (standing === '' || card.standing === standing) &&
  (q === '' || card.id.toLowerCase().includes(q) || card.title.toLowerCase().includes(q));

/** Keys of what is no stage. A stage of a pipeline cannot have such a name. */
export const before = '(before)';
export const ended = '(ended)';

/**
 * The columns: what waits to begin, the stages of all pipelines that are shown, what comes after them, what has ended. Of
 * several pipelines a stage stands where the first one has it.
 */
export function columnsOf(
  cards: Iterable<Card>,
  pipelines: ReadonlyMap<string, readonly string[]>,
  filter: Filter,
): Column[] {
  const shown = [...cards].filter(card => isShown(card, filter));
  const isByProject = filter.group === 'project';
  const stages = isByProject ? [] : stagesOf(pipelines, new Set(shown.map(({ pipeline }) => pipeline)), filter);
  const columns = new Map<string, Card[]>([before, ...stages].map(key => [key, []]));
  const keyOf = (card: Card) => {
    if (hasEnded(card)) return ended;
    if (isByProject) return card.project;
    // What waits before its first stage is in none.
    return columns.has(card.stage) || card.standing !== 'waiting' ? card.stage : before;
  };
  const gone: Card[] = [];
  for (const card of shown) {
    const key = keyOf(card);
    if (key === ended) gone.push(card);
    else (columns.get(key) ?? made(columns, key)).push(card);
  }
  const isEmptyAside = (key: string, those: Card[]) => key === before && those.length === 0;
  const living = [...columns].filter(([key, those]) => !isEmptyAside(key, those));
  return [
    ...living.map(([key, those]) => ({ key, cards: those.sort(byNeed) })),
    ...(gone.length > 0 || living.length > 0 ? [{ key: ended, cards: gone.sort(byEnd) }] : []),
  ];
}

/** All in one list, in the order of the columns. */
export function inOneList(cards: Iterable<Card>): Card[] {
  const all = [...cards];
  const living = all.filter(card => !hasEnded(card));
  return [...living.sort(byNeed), ...all.filter(hasEnded).sort(byEnd)];
}

/** The same columns, each as it was before where nothing in it has changed: what is the same is not drawn again. */
export function settled(before: readonly Column[], now: readonly Column[]): readonly Column[] {
  const known = new Map(before.map(column => [column.key, column]));
  return now.map(column => {
    const last = known.get(column.key);
    const isSame =
      last?.cards.length === column.cards.length && last.cards.every((card, at) => card === column.cards[at]);
    return isSame ? last : column;
  });
}

function made(columns: Map<string, Card[]>, key: string): Card[] {
  const cards: Card[] = [];
  columns.set(key, cards);
  return cards;
}

function stagesOf(
  pipelines: ReadonlyMap<string, readonly string[]>,
  used: ReadonlySet<string>,
  { pipeline }: Filter,
): string[] {
  const names = pipeline === '' ? [...pipelines.keys()].filter(name => used.size === 0 || used.has(name)) : [pipeline];
  return [...new Set(names.flatMap(name => pipelines.get(name) ?? []))];
}

/** What needs a person first, then what is broken, then what moves, then what waits; the longest there first. */
const order = ['person', 'blocked', 'working', 'waiting', 'paused'];
const rank = ({ standing }: Card) => order.indexOf(standing);
const byNeed = (a: Card, b: Card) => rank(a) - rank(b) || compare(a.updatedAt, b.updatedAt) || compare(a.id, b.id);
const byEnd = (a: Card, b: Card) => compare(b.updatedAt, a.updatedAt) || compare(a.id, b.id);
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
