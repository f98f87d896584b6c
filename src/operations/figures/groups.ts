/** Tasks by what they have in common. */
import { type FiguresView, mostNamed, type Named } from '../views/figures.ts';
import type { TaskFacts } from './facts.ts';
import type { Pause } from './pause.ts';

export interface Group<Item> {
  key: string;
  tasks: TaskFacts[];
  items: Item[];
}

/** What is in tasks by its key, with the tasks that have any of it; in the order in which keys are met. */
export async function groupsOf<Item>(
  tasks: readonly TaskFacts[],
  itemsOf: (task: TaskFacts) => readonly Item[],
  keyOf: (item: Item) => string,
  pause: Pause,
): Promise<Group<Item>[]> {
  const groups = new Map<string, Group<Item>>();
  for (const task of tasks) {
    for (const item of itemsOf(task)) {
      const key = keyOf(item);
      const group = groups.get(key) ?? { key, tasks: [], items: [] };
      groups.set(key, group);
      group.items.push(item);
      if (group.tasks.at(-1) !== task) group.tasks.push(task);
    }
    await pause();
  }
  return [...groups.values()];
}

/** What comes of each group. */
export async function mapped<Item, Figure>(
  groups: readonly Group<Item>[],
  pause: Pause,
  figureOf: (group: Group<Item>) => Figure,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const group of groups) {
    figures.push(figureOf(group));
    await pause();
  }
  return figures;
}

/** Which tasks a figure is made of. */
export const namedOf = (tasks: readonly TaskFacts[]): Named => ({
  total: tasks.length,
  tasks: tasks.slice(0, mostNamed).map(({ id }) => id),
});

export const sumOf = <Item>(items: readonly Item[], count: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + count(item), 0);

export type Sums = Pick<FiguresView, 'overall' | 'periods' | 'projects' | 'stages' | 'rework' | 'gates' | 'usage'>;
