/** Admits an order and carries it out: who asks first, then what is asked, then the data. The same for every client. */
import type { z } from 'zod';
import { type Problem, SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import {
  type AnyOperation,
  type DataOperation,
  type Here,
  isStream,
  type LocalOperation,
  roles,
  type Site,
  type Who,
} from './operation.ts';

/** An order that was admitted: its input is checked, and nothing has been read yet. */
export interface Admitted {
  operation: AnyOperation;
  input: never;
  who: Who;
}

/** Throws `notAllowed` before anything is looked at, and `badInput` with a problem for each field that is wrong. */
export function admit(operation: AnyOperation, input: unknown, who: Who): Admitted {
  const { name, may } = operation;
  if (roles.indexOf(who.role) < roles.indexOf(may)) {
    const why = `${name} is for the role ${may}; ${quote(who.name)} has the role ${who.role}.`;
    throw new SignalboxError('forbidden', 'notAllowed', why);
  }
  const parsed = operation.input.safeParse(input ?? {});
  if (!parsed.success) throw badInput(operation, parsed.error);
  return { operation, input: parsed.data as never, who: { ...who, key: keyFor(operation, who.key) } };
}

const longestKey = 200;

/** A key that would not be heeded is refused: whoever gives one relies on it. */
function keyFor({ name, changes, isKeyed = false }: AnyOperation, key: string | null): string | null {
  if (key === null || key === '' || !changes) return null;
  if (!isKeyed) {
    throw new SignalboxError('invalid', 'badInput', `${name} cannot be ordered under a key; events for a task can.`);
  }
  if (key.length <= longestKey) return key;
  throw new SignalboxError('invalid', 'badInput', `The key is longer than ${longestKey} characters.`);
}

/** So many of the things that are wrong are named. */
const mostProblems = 20;

function badInput({ name, input }: AnyOperation, { issues }: z.ZodError): SignalboxError {
  const known = Object.keys(input.shape);
  const all = issues.slice(0, mostProblems).flatMap((issue): Problem[] => {
    if (issue.code !== 'unrecognized_keys') return [{ path: pathOf(issue.path), message: wordsFor(issue) }];
    return issue.keys.slice(0, mostProblems).map(key => ({
      path: pathOf([...issue.path, key]),
      message: issue.path.length > 0 ? 'there is no such field' : noField(key, known),
    }));
  });
  const problems = all.slice(0, mostProblems);
  const words = problems.map(({ path, message }) => `${quote(path)}: ${message}`).join('; ');
  const field = issues[0]?.path[0];
  const remedy = typeof field === 'string' ? { say: 'give another value', field } : undefined;
  return new SignalboxError('invalid', 'badInput', `${name}: ${words}.`, { problems, remedy });
}

const longestPath = 200;
const pathOf = (path: readonly PropertyKey[]) => path.join('.').slice(0, longestPath);

const noField = (key: string, known: readonly string[]) =>
  known.length === 0
    ? 'there are no fields'
    : `there is no such field; did you mean ${nearest(key, known).join(', ')}?`;

/** What zod says by itself, in words of ours. What a schema says stays. */
function wordsFor(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_small' && /^Too small/.test(issue.message)) {
    return issue.origin === 'string' ? 'this is empty' : `write at least ${issue.minimum}`;
  }
  if (issue.code === 'too_big' && /^Too big/.test(issue.message)) {
    return `write at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`;
  }
  if (issue.code !== 'invalid_type') return issue.message;
  if (/received undefined/.test(issue.message)) return 'this is missing';
  return /expected number/.test(issue.message) ? 'write a number' : issue.message;
}

/** Carries out what needs no data. */
export function performHere({ operation, input, who }: Admitted, here: Here): Promise<unknown> {
  return (operation as LocalOperation).run(here, input, who);
}

/** What can be found out and refused before the data is touched. */
export async function planFor({ operation, input, who }: Admitted, here: Here): Promise<unknown> {
  return (operation as DataOperation).plan?.(here, input, who);
}

/** Carries out an order on open data. */
export function performOn({ operation, input, who }: Admitted, site: Site, plan: unknown): Promise<unknown> {
  return (operation as DataOperation).run(site, input, who, plan);
}

/** Carries out an order on data that is open already, as whoever works on it does. */
export async function perform(admitted: Admitted, site: Site): Promise<unknown> {
  if (admitted.operation.needs === 'nothing') return performHere(admitted, site.here);
  return performOn(admitted, site, await planFor(admitted, site.here));
}

/** The pieces of an answer that comes bit by bit. */
export function streamOn({ operation, input, who }: Admitted, site: Site): AsyncGenerator<unknown> {
  if (!isStream(operation)) throw new Error(`${operation.name} answers at once`);
  return operation.stream(site, input, who);
}
