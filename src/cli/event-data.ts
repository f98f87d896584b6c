/** Here `--data` is an event's fields, as the interface has it; a value that is no JSON object names the directory. */
import { SignalboxError } from '../domain/errors.ts';
import type { AnswerCommand } from './command.ts';
import { collect, type Values } from './flags.ts';

/** What a command has that takes the fields of an event. */
export const eventData = {
  hidden: ['data'],
  extra: command =>
    command.option('--data <json-or-dir>', 'fields such as \'{"stage":"review"}\'; or the data directory', collect, []),
  place: ({ data }) => ({ data: (data as string[]).find(value => !isObject(value)) }),
  input: (given, { data }) => ({
    ...given,
    data: parseData(((data ?? []) as unknown as string[]).find(isObject) ?? '{}'),
  }),
} satisfies Partial<AnswerCommand>;

const isObject = (text: string) => text.trimStart().startsWith('{');

function parseData(text: string): Values {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Values;
  } catch {
    // Said below.
  }
  const why = '--data must be a JSON object, such as \'{"stage":"review"}\'.';
  throw new SignalboxError('invalid', 'badUsage', why);
}
