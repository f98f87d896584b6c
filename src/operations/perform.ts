/** Admits an order and carries it out: who asks first, then what is asked, then the data. The same for every client. */
import type { z } from 'zod';
import { type Problem, SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { longestKey } from './http.ts';
import { once } from './once.ts';
import {
  type AnyOperation,
  type Batch,
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
  const odd = oddTextIn(input, []);
  if (odd !== undefined) throw oddText(operation, odd);
  const parsed = operation.input.safeParse(input ?? {});
  if (!parsed.success) throw badInput(operation, parsed.error);
  return { operation, input: parsed.data as never, who: { ...who, key: keyFor(operation, who.key) } };
}

/** Where a text holds what no text of people holds: half a character, or a NUL. Neither comes back as it was from everywhere. */
function oddTextIn(value: unknown, path: readonly string[]): readonly string[] | undefined {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0') ? undefined : path;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, field] of Object.entries(value)) {
    const below = [...path, name.toWellFormed()];
    if (!name.isWellFormed() || name.includes('\0')) return below;
    const found = oddTextIn(field, below);
    if (found !== undefined) return found;
  }
  return undefined;
}

function oddText({ name }: AnyOperation, at: readonly string[]): SignalboxError {
  const problem = { path: pathOf(at), message: 'this holds a NUL or half a character' };
  const why = `${name}: ${quote(problem.path)}: ${problem.message}.`;
  return new SignalboxError('invalid', 'badInput', why, { problems: [problem] });
}

/** A key that would not be heeded is refused: whoever gives one relies on it. */
function keyFor({ name, changes, isKeyed = false }: AnyOperation, key: string | null): string | null {
  if (key === null || key === '' || !changes) return null;
  if (!isKeyed) {
    throw new SignalboxError('invalid', 'badInput', `${name} cannot be ordered under a key.`);
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

/** Carries out what has an answer where there is no data; undefined for what has none. */
export function performWithout({ operation, input, who }: Admitted, here: Here): Promise<unknown> | undefined {
  return (operation as DataOperation).withoutData?.(here, input, who);
}

/** What can be found out and refused before the data is touched. */
export async function planFor({ operation, input, who }: Admitted, here: Here): Promise<unknown> {
  return (operation as DataOperation).plan?.(here, input, who);
}

/**
 * Carries out an order on open data. Under a key it is carried out once, and planned only when that is the first time:
 * what it has made would be in its own way.
 */
export async function performOn(admitted: Admitted, site: Site, plan?: unknown): Promise<unknown> {
  const { operation, input, who } = admitted;
  const { run, already } = operation as DataOperation;
  const { key } = who;
  if (key === null) return run(site, input, who, plan);
  return once(site.runtime, { operation, input, who: { ...who, key } }, async keyed => {
    const before = await already?.(site, input, keyed);
    return before ?? run(site, input, keyed, await planFor({ operation, input, who: keyed }, site.here));
  });
}

/** Whether it is planned before the data is opened. */
export const isPlannedFirst = ({ who }: Admitted): boolean => who.key === null;

/** Carries out an order on data that is open already, as whoever works on it does. */
export async function perform(admitted: Admitted, site: Site): Promise<unknown> {
  if (admitted.operation.needs === 'nothing') return performHere(admitted, site.here);
  return performOn(admitted, site, isPlannedFirst(admitted) ? await planFor(admitted, site.here) : undefined);
}

/** The answer as it is described: nothing else leaves, in whichever way it was asked for. */
export function checked({ name, output }: AnyOperation, given: unknown): unknown {
  const parsed = output.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`the answer of ${name} is not what it says: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** The pieces of an answer that comes bit by bit, as many as are there at a time. */
export function streamOn({ operation, input, who }: Admitted, site: Site): AsyncGenerator<Batch<unknown>> {
  if (!isStream(operation)) throw new Error(`${operation.name} answers at once`);
  return operation.stream(site, input, who);
}
