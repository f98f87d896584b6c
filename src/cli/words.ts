/** What failures and moves are in the words of the command line: fields become options, operations become commands. */
import { messageOf, type Remedy, SignalboxError } from '../domain/errors.ts';

/** The option that gives a field where it is not simply called after it. */
const options: Record<string, string> = { repository: '--repo', configFile: '--config', config: '--config' };

/** `bodyFile` as it is typed: `--body-file`. */
export function optionOf(field: string): string {
  return options[field] ?? `--${field.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
}

/** An error with its remedy, as a person at a terminal can follow it. */
export function inWords(error: unknown): string {
  const message = messageOf(error);
  const remedy = error instanceof SignalboxError ? error.remedy : undefined;
  return remedy === undefined ? message : `${message} ${sentenceOf(remedy)}`;
}

function sentenceOf({ say, field }: Remedy): string {
  const how = field === undefined ? '' : ` with ${optionOf(field)}`;
  return `${say[0]!.toUpperCase()}${say.slice(1)}${how}.`;
}
