/** What builds and reviews at the forge of a simulated world share: the branch, who judges, and who hears of it. */
import type { Gate } from '../../machines/pipeline.ts';
import type { Calendar } from '../calendar.ts';
import type { Chance } from '../chance.ts';
import type { Word } from '../owed.ts';
import type { WorldSettings } from '../settings.ts';

export interface Pushed {
  taskId: string;
  name: string;
  sha: string;
  tree: string;
  /** Whether the code there is the target's, and documents alone are the task's: builds of it speak of others. */
  isOfOthers?: boolean;
}

/** How the world judges: what a gate comes to under a name, and who hears of it. */
export interface Judgement {
  wordFor(gate: Gate, name: string): Word;
  hear(gate: string, taskId: string, tree: string, word: Word): void;
}

/** What there is wherever something happens at the forge. */
export interface AtForge {
  calendar: Calendar;
  chance: Chance;
  settings: WorldSettings;
  gates: readonly Gate[];
  judgement: Judgement;
}

export interface Branch {
  name: string;
  sha: string;
  tree: string;
  number: number;
  isMerged: boolean;
  isOfOthers: boolean;
}

/** What is still open says nothing: what was said of the same code before goes on to hold. */
export function hearAll<G extends Gate>(
  hear: Judgement['hear'],
  gates: readonly G[],
  { taskId, tree }: Pick<Pushed, 'taskId' | 'tree'>,
  wordOf: (gate: G) => Word | undefined,
): void {
  for (const gate of gates) {
    const word = wordOf(gate);
    if (word !== undefined) hear(gate.name, taskId, tree, word);
  }
}
