/** Makes arguments and options out of what an operation takes. */
import type { Command } from 'commander';
import type { Described, Field } from '../client/describe.ts';
import { optionOf } from '../domain/command-line.ts';

export type Values = Record<string, unknown>;

/** How a command differs from what follows from its operation. */
export interface Flags {
  /** Options as they are written for some fields: `--type <type>`. */
  named?: Record<string, string>;
  /** Fields that are not given on the command line, or by options of the command's own. */
  hidden?: readonly string[];
}

/** Gathers an option that may be given more than once. */
export const collect = (value: string, before: string[] = []) => [...before, value];

const argumentNames: Record<string, string> = { taskId: 'id', agentId: 'id', machineId: 'id', type: 'event' };

/** What a command takes, once it has been told. */
export interface Taken {
  /** Reads the values that were given. */
  values(positional: readonly unknown[], options: Values): Values;
  /** How each field is given: `<id>`, `--type`. */
  given: Record<string, string>;
}

/** Adds what the operation takes to a command. */
export function addFields(
  command: Command,
  { operation: { args = [] }, fields }: Described,
  { named = {}, hidden = [] }: Flags = {},
): Taken {
  const given: Record<string, string> = {};
  const placed = args.flatMap(name => fields.filter(field => field.name === name));
  for (const { name, isRequired, means } of placed) {
    const word = isRequired ? `<${argumentNames[name] ?? name}>` : `[${argumentNames[name] ?? name}]`;
    command.argument(word, means);
    given[name] = word;
  }
  const others = fields.filter(({ name }) => !args.includes(name) && !hidden.includes(name));
  const keys = others.map(field => {
    const { key, long } = addOption(command, field, named[field.name]);
    given[field.name] = long;
    return { field, key };
  });
  const values = (positional: readonly unknown[], options: Values) => {
    const read = [
      ...placed.map((field, index) => [field.name, fieldValue(positional[index], field)] as const),
      ...keys.map(({ field, key }) => [field.name, fieldValue(options[key], field)] as const),
    ];
    return Object.fromEntries(read.filter(([, value]) => value !== undefined));
  };
  return { values, given };
}

/** Answers under which name commander keeps the value. */
function addOption(command: Command, { name, type, isList, isRequired, means }: Field, written?: string) {
  const flags = written ?? (type === 'flag' ? optionOf(name) : `${optionOf(name)} <${placeholder(name, type)}>`);
  if (isList) command.option(flags, `${means} (repeat for more)`, collect, undefined);
  else if (isRequired) command.requiredOption(flags, means);
  else command.option(flags, means);
  const option = command.options.at(-1)!;
  return { key: option.attributeName(), long: option.long! };
}

function placeholder(name: string, type: Field['type']): string {
  if (type === 'number') return 'n';
  return /file|directory|repository/i.test(name) ? 'path' : 'text';
}

const fieldValue = (value: unknown, { type }: Field) =>
  type === 'number' && typeof value === 'string' ? Number(value) : value;
