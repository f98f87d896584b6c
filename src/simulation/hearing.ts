/** What the gates of a simulated world say, and what each has last said of a tree. */
import type { Gate, Pipeline } from '../machines/pipeline.ts';
import type { Chance } from './chance.ts';
import type { Word } from './owed.ts';
import type { WorldSettings } from './settings.ts';

export interface Hearing {
  /** What a gate comes to under a name; the same for the same. */
  wordFor(gate: Gate, name: string): Word;
  /** What a gate says of a tree; it is heard. */
  judge(gate: Gate, of: { taskId: string; tree: string; round: number }): Word;
  /** A gate has said something of a tree; undefined takes back what it said. */
  hear(gate: string, taskId: string, tree: string, word: Word | undefined): void;
  lastWords(taskId: string, tree: string): Record<string, Word>;
}

export function createHearing(
  pipeline: Pipeline,
  { settings, chance }: { settings: WorldSettings; chance: Chance },
): Hearing {
  const words = new Map<string, Word | undefined>();
  const gates = pipeline.stages.flatMap(stage => stage.gates.map(({ name }) => name));
  const keyOf = (gate: string, taskId: string, tree: string) => `${taskId}\0${gate}\0${tree}`;
  const hearing: Hearing = {
    wordFor(gate, name) {
      const own = Object.hasOwn(settings.gates, gate.name) ? settings.gates[gate.name]! : usualVerdicts(gate);
      return chance.pick<Word>(`gate ${gate.name} ${name}`, own);
    },
    judge(gate, { taskId, tree, round }) {
      // What a command says is of the code; what agents write is of the round.
      const name = gate.kind === 'command' || gate.kind === 'paths' ? tree : `${taskId} ${round}`;
      const word = hearing.wordFor(gate, name);
      hearing.hear(gate.name, taskId, tree, word);
      return word;
    },
    hear: (gate, taskId, tree, word) => void words.set(keyOf(gate, taskId, tree), word),
    lastWords(taskId, tree) {
      const said = gates.map(gate => [gate, words.get(keyOf(gate, taskId, tree))] as const);
      return Object.fromEntries(said.filter(([, word]) => word !== undefined)) as Record<string, Word>;
    },
  };
  return hearing;
}

function usualVerdicts({ kind }: Gate): Record<Word, number> {
  switch (kind) {
    case 'artifacts':
      return { pass: 96, fail: 4, inconclusive: 0 };
    case 'paths':
      return { pass: 96, fail: 0, inconclusive: 4 };
    case 'verdict':
      return { pass: 82, fail: 16, inconclusive: 2 };
    default:
      return { pass: 84, fail: 14, inconclusive: 2 };
  }
}
