/** Makes readings: what a payload says once it is known to fit its event. */
import type { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import type { Reading, ReadingKind } from '../../domain/reading.ts';
import type { Checked, OwnAccounts } from '../webhook.ts';
import { good, refuse } from './checked.ts';

/** What one kind of payload says. */
export type Reader = (payload: unknown, own: OwnAccounts) => Checked<Reading>;

/** A reading with what is said; what is undefined is left out. */
export function reading(kind: ReadingKind, said: { [key: string]: Json | undefined } = {}): Checked<Reading> {
  const entries = Object.entries(said).filter(([, value]) => value !== undefined);
  const silent = {
    repo: null,
    branch: null,
    sha: null,
    number: null,
    action: null,
    actor: null,
    verdict: null,
    ci: null,
  };
  return good({ ...silent, ...Object.fromEntries(entries), kind } as Reading);
}

/** What is of no interest to anybody here. */
export const ignored = (): Checked<Reading> => reading('ignored');

/** A reader of payloads of this shape; all others are refused with 422. Only the place of what is wrong is told. */
export function readerOf<Schema extends z.ZodType>(
  schema: Schema,
  tell: (payload: z.output<Schema>, own: OwnAccounts) => Checked<Reading>,
): Reader {
  return (payload, own) => {
    const result = schema.safeParse(payload);
    return result.success ? tell(result.data, own) : unfit(result.error.issues[0]?.path);
  };
}

/** The body does not say what the event says that it says. */
export const unfit = (path: readonly PropertyKey[] = []) =>
  refuse(422, `The body does not fit the event${path.length === 0 ? '' : `: look at ${path.map(String).join('.')}`}.`);
