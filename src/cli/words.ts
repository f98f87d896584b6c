/** What failures, moves and operations are in the words of the command line: fields become options, operations commands. */
import { messageOf, type Remedy, SignalboxError } from '../domain/errors.ts';
import type { Reason } from '../domain/reasons.ts';

/** What is typed for an operation that is not simply called after itself. */
const commands: Record<string, string> = {
  'queue.show': 'queue',
  'data.verify': 'verify',
  'data.backup': 'backup',
  'data.prune': 'prune',
  'events.follow': 'events',
};

/** The option that gives a field that is not simply called after it. */
const options: Record<string, string> = {
  repository: '--repo',
  configFile: '--config',
  dataDir: '--data',
  weakerSandbox: '--allow-weaker-sandbox',
};

/** What is to be done at a command line, where a remedy speaks of requests. */
const instead: Partial<Record<Reason, string>> = {
  unauthenticated: 'Set SIGNALBOX_API_TOKEN to one that holds; "signalbox token create" makes one.',
};

/** Fields that are given by their place. */
const placed = ['taskId', 'agentId', 'machineId', 'id', 'name', 'stage', 'file', 'resource'];

const kebab = (name: string) => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);

/** `agent.killAll` as it is typed: `agent kill-all`. */
export const wordsOf = (operation: string) => commands[operation] ?? kebab(operation).replaceAll('.', ' ');

/** `bodyFile` as it is typed: `--body-file`. */
export const optionOf = (field: string) => options[field] ?? `--${kebab(field)}`;

/** What to type for an operation with these fields; a field without a value is shown by its name. */
export function commandFor(operation: string, fields: Record<string, unknown>, hint = ''): string {
  const parts = Object.entries(fields).map(([field, value]) => {
    const shown = value === undefined ? field.toUpperCase() : quoted(String(value));
    return placed.includes(field) ? shown : `${optionOf(field)} ${shown}`;
  });
  return `${['signalbox', wordsOf(operation), ...parts].join(' ')}${hint}`;
}

/** As a shell takes it for one word. */
const quoted = (text: string) => (/^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** How the command that failed has its fields given: `<id>`, `--type`. */
const given = new WeakMap<Error, Readonly<Record<string, string>>>();

/** Remembers with an error how its command calls the fields that a remedy may name. */
export function rememberFields(error: unknown, fields: Readonly<Record<string, string>>): void {
  if (error instanceof Error) given.set(error, fields);
}

/** An error with its remedy, as a person at a terminal can follow it. */
export function inWords(error: unknown): string {
  const message = messageOf(error);
  if (!(error instanceof SignalboxError)) return message;
  const { remedy, reason } = error;
  if (instead[reason] !== undefined) return `${message} ${instead[reason]}`;
  return remedy === undefined ? message : `${message} ${sentenceOf(remedy, given.get(error as Error))}`;
}

function sentenceOf(
  { say, field, operation, input = {} }: Remedy,
  fields: Readonly<Record<string, string>> = {},
): string {
  const sentence = `${say[0]!.toUpperCase()}${say.slice(1)}`;
  if (operation !== undefined) return `${sentence}: ${commandFor(operation, input)}`;
  if (field === undefined) return `${sentence}.`;
  const how = fields[field] ?? optionOf(field);
  return `${sentence} ${how.startsWith('-') ? 'with' : 'as'} ${how}.`;
}
