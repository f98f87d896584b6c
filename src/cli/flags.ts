/** Makes arguments and options out of what an operation takes. */
import type { Command } from 'commander';
import type { Loaded } from '../client/signalbox.ts';
import { optionOf } from './words.ts';

/** A field as its JSON Schema describes it. */
interface Field {
  type?: string;
  description?: string;
  default?: unknown;
}

interface Shape {
  properties: Record<string, Field>;
  required: string[];
}

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

const argumentNames: Record<string, string> = { taskId: 'id', agentId: 'id', type: 'event', name: 'name' };

/** Adds what the operation takes to a command. Answers how to read the values that were given. */
export function addFields(
  command: Command,
  { args = [] }: Loaded,
  shape: Shape,
  { named = {}, hidden = [] }: Flags = {},
): (positional: readonly unknown[], options: Values) => Values {
  for (const name of args) {
    const field = shape.properties[name] ?? {};
    const word = argumentNames[name] ?? name;
    command.argument(shape.required.includes(name) ? `<${word}>` : `[${word}]`, field.description ?? '');
  }
  const fields = Object.keys(shape.properties).filter(name => !args.includes(name) && !hidden.includes(name));
  const keys = new Map(fields.map(name => [name, addOption(command, name, shape, named[name])]));
  return (positional, options) => {
    const values: Values = {};
    for (const [index, name] of args.entries()) values[name] = fieldValue(positional[index], shape.properties[name]);
    for (const [name, key] of keys) values[name] = fieldValue(options[key], shape.properties[name]);
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  };
}

/** Answers under which name commander keeps the value. */
function addOption(command: Command, name: string, shape: Shape, written?: string): string {
  const { type, description = '' } = shape.properties[name] ?? {};
  const isFlag = type === 'boolean' || isEither(shape.properties[name]);
  const flags = written ?? (isFlag ? optionOf(name) : `${optionOf(name)} <${placeholder(name, type)}>`);
  const isRequired = shape.required.includes(name) && type !== 'array';
  if (type === 'array') command.option(flags, `${description} (repeat for more)`, collect, undefined);
  else if (isRequired) command.requiredOption(flags, description);
  else command.option(flags, description);
  return command.options.at(-1)!.attributeName();
}

/** Yes or no, also as the text that a query string has. */
const isEither = (field: Field | undefined) => JSON.stringify(field ?? {}).includes('"boolean"');

function placeholder(name: string, type: string | undefined): string {
  if (type === 'integer' || type === 'number') return 'n';
  return /file|directory|repository/i.test(name) ? 'path' : 'text';
}

function fieldValue(value: unknown, field: Field | undefined): unknown {
  const isNumber = field?.type === 'integer' || field?.type === 'number';
  return isNumber && typeof value === 'string' ? Number(value) : value;
}
