/** What could come next on a command line, one candidate in a line: asked by shells, see `completion.ts`. */
import type { Command } from 'commander';
import { wordsOf } from '../domain/command-line.ts';
import { type Catalogue, type OwnCommand, openClient } from './command.ts';
import { print } from './output.ts';

/** The most ids that are offered. */
const mostIds = 200;

export const complete: OwnCommand = {
  description: 'what could come next: asked by shells',
  isApart: true,
  extra: command => command.argument('[words...]', 'what is typed so far; the last one may be unfinished'),
  async run(_, [words = []], catalogue) {
    for (const candidate of await candidatesFor(words as string[], catalogue)) print(candidate);
    return 0;
  },
};

/** What could stand in place of the last of these words. */
export async function candidatesFor(words: readonly string[], catalogue: Catalogue): Promise<string[]> {
  const typed = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  const all = await allThatFit(typed, last, catalogue);
  return [...new Set(all)].filter(candidate => candidate.startsWith(last)).sort();
}

async function allThatFit(
  typed: readonly string[],
  last: string,
  { words: known, load }: Catalogue,
): Promise<string[]> {
  const plain = typed.filter(word => !word.startsWith('-'));
  const name = [plain.slice(0, 2).join(' '), plain[0] ?? ''].find(words => known.includes(words));
  const inGroup = known.flatMap(words => (words.startsWith(`${plain[0]} `) ? [words.split(' ')[1]!] : []));
  if (plain.length === 0)
    return [...known.map(words => words.split(' ')[0]!), ...(last.startsWith('-') ? rootOptions : [])];
  if (plain.length === 1 && inGroup.length > 0 && !last.startsWith('-')) return inGroup;
  if (name === undefined) return [];
  const command = await load(name);
  const option = optionBefore(command, typed.at(-1));
  if (option !== undefined) return [];
  if (last.startsWith('-')) return command.options.flatMap(({ long }) => long ?? []);
  const given = plain.length - name.split(' ').length;
  const wanted = command.registeredArguments[given];
  return wanted?.name() === 'id' ? idsFor(name, typed) : [];
}

const rootOptions = ['--help', '--version'];

/** The option that the next word is the value of. */
const optionBefore = (command: Command, word: string | undefined) =>
  command.options.find(
    ({ long, short, required, optional }) => (required || optional) && (word === long || word === short),
  );

/** Ids of what a command is about: tasks, runs, deliveries. */
async function idsFor(name: string, typed: readonly string[]): Promise<string[]> {
  const client = await openClient(placeIn(typed));
  try {
    if (name.startsWith('agent ')) {
      const { items } = await client.ask('agent.list', { limit: mostIds });
      return items.flatMap(({ agentId, taskId }) => [agentId, taskId]);
    }
    if (name === wordsOf('delivery.show') || name === wordsOf('delivery.replay'))
      return (await client.ask('delivery.list', { limit: mostIds })).items.map(({ id }) => id);
    return (await client.ask('task.list', { limit: mostIds })).items.map(({ id }) => id);
  } catch {
    // Whoever completes a word is told nothing: the command will say what is wrong.
    return [];
  } finally {
    await client.close();
  }
}

function placeIn(typed: readonly string[]): { data?: string; config?: string; url?: string } {
  const after = (option: string) => {
    const at = typed.indexOf(option);
    return at < 0 ? undefined : typed[at + 1];
  };
  const place = { data: after('--data'), config: after('--config'), url: after('--url') };
  return Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined));
}
