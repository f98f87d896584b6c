/** Reads JSON from outside: strict UTF-8, no deeper than it can be walked, and no name twice in an object. */
import { SignalboxError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { endOfString } from '../domain/json-text.ts';

/** Arrays and objects in one another. */
const deepest = 64;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Throws `badJson` with the place at which it stops being JSON. */
export function parseJson(bytes: Uint8Array): Json {
  const text = textOf(bytes);
  refuseOddities(text);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw badJson(`The body is not JSON: ${placed(error as Error, text)}.`);
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw badJson('The body is not text in UTF-8.');
  }
}

const badJson = (why: string) =>
  new SignalboxError('invalid', 'badJson', why, { remedy: { say: 'send one JSON object in UTF-8' } });

/** A text longer than this is not read again and again to find the place. */
const mostSearched = 1_000_000;

/** Where it stops being JSON, as line and column; never a piece of the text itself. */
function placed(error: Error, text: string): string {
  const position = positionIn(error) ?? (text.length > mostSearched ? undefined : firstWrong(text));
  if (position === undefined) return 'something is wrong in it';
  const before = text.slice(0, position).split('\n');
  const what = position >= text.length ? 'it ends too early' : 'something is wrong';
  return `${what} at line ${before.length}, column ${before.at(-1)!.length + 1} (position ${position})`;
}

function positionIn({ message }: Error): number | undefined {
  const found = /at position (\d+)/.exec(message)?.[1];
  return found === undefined ? undefined : Number(found);
}

/**
 * Of an unexpected token the parser does not say where it stands. What comes before it is wrong only because it ends there,
 * so that half the text tells in which half to look on.
 */
function firstWrong(text: string): number {
  let [good, bad] = [0, text.length];
  while (good < bad) {
    const middle = (good + bad + 1) >> 1;
    if (onlyEnds(text.slice(0, middle))) good = middle;
    else bad = middle - 1;
  }
  return good;
}

function onlyEnds(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    return /^Unexpected end|^Unterminated/.test(message) || positionIn(error as Error) === text.length;
  }
}

/**
 * What the parser would take: depth, because whoever walks the value walks it by calling himself; a name that stands twice
 * in an object, because two readers of it may take two values. Looks at the text alone, and leaves to the parser what is
 * no JSON at all.
 */
function refuseOddities(text: string): void {
  /** The names of each object that is open; null for an array. */
  const open: (Set<string> | null)[] = [];
  let isName = false;
  for (let index = 0; index < text.length; index++) {
    const mark = text[index]!;
    if (mark === '"') {
      const end = endOfString(text, index);
      if (isName) take(open.at(-1), text.slice(index, end + 1), index);
      isName = false;
      index = end;
    } else if (mark === '{' || mark === '[') {
      open.push(mark === '{' ? new Set() : null);
      if (open.length > deepest) throw badJson(`The body is nested deeper than ${deepest} times.`);
      isName = mark === '{';
    } else if (mark === '}' || mark === ']') {
      open.pop();
      isName = false;
    } else if (mark === ',') {
      isName = open.at(-1) instanceof Set;
    }
  }
}

function take(names: Set<string> | null | undefined, written: string, position: number): void {
  if (!(names instanceof Set)) return;
  const name = unescaped(written);
  if (names.has(name)) throw badJson(`The body has a name twice in one object (position ${position}).`);
  names.add(name);
}

function unescaped(written: string): string {
  if (!written.includes('\\')) return written;
  try {
    return JSON.stringify(JSON.parse(written));
  } catch {
    return written;
  }
}
