/** A command as commander has it, loaded when it is typed. */
import type { Command } from 'commander';
import { describe } from '../client/describe.ts';
import { type AnyCommand, buildCommand, type Catalogue, isOwn, openClient } from './command.ts';
import { commands, groups, unlisted } from './commands.ts';

const order = Object.keys(groups);
const placeOf = (words: string) => order.indexOf(words.split(' ')[0]!);

/** Of a group in the order in which they are written down. */
const listed = [...commands.keys()].filter(words => !unlisted.has(words)).sort((a, b) => placeOf(a) - placeOf(b));

export const catalogue: Catalogue = { words: listed, load: loadCommand };

/** `words`: `task list`. */
export async function loadCommand(words: string): Promise<Command> {
  const spec: AnyCommand = await commands.get(words)!();
  const behind = isOwn(spec) ? undefined : await describe(spec.operation);
  return buildCommand(words.split(' ').at(-1)!, spec, behind, { open: openClient, catalogue });
}
