/** What failures, moves and operations are in the words of the command line: fields become options, operations commands. */
import { commandFor, optionOf } from '../domain/command-line.ts';
import { messageOf, type Remedy, SignalboxError } from '../domain/errors.ts';
import type { Reason } from '../domain/reasons.ts';

/** What is to be done at a command line, where a remedy speaks of requests. */
const instead: Partial<Record<Reason, string>> = {
  unauthenticated: 'Set SIGNALBOX_API_TOKEN to one that holds; "signalbox token create" makes one.',
};

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

/** What somebody has done, or what has happened by itself. */
export const deedOf = ({ by, words }: { by: string | null; words: string }): string =>
  by === null ? words : `${by} ${words}`;
