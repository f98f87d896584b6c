/**
 * Conditions on a document, as people write them: `context.attempts.development>=2 and status=active`.
 *
 *   conditions = condition { "and" condition }
 *   condition  = path ( "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" ) value
 *   path       = name { "." name }             name: letters, digits, "_", "-"
 *   value      = number | true | false | null | "text in quotes" | a word
 *
 * `=` on a list asks whether the value is in it; `~` asks whether a text holds another, capitals or not.
 */
import type { Json } from './json.ts';
import { own } from './own.ts';

const operators = ['<=', '>=', '!=', '=', '<', '>', '~'] as const;
type Operator = (typeof operators)[number];

interface Condition {
  path: string[];
  operator: Operator;
  value: string | number | boolean | null;
}

/** What is wrong, and at which character of the text (from 1). */
export interface WhereProblem {
  problem: string;
  at: number;
}

const condition =
  /^\s*([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\s*(<=|>=|!=|=|<|>|~)\s*("(?:[^"\\]|\\.)*"|[^\s"<>=!~]+)(?=\s|$)/;
const most = 20;

/** Reads conditions; answers a test of a document, or what is wrong. */
export function parseWhere(text: string): ((document: Json) => boolean) | WhereProblem {
  const conditions: Condition[] = [];
  for (let rest = text; ; ) {
    const at = text.length - rest.length + 1;
    const found = condition.exec(rest);
    if (found === null) return { problem: 'write a condition such as context.attempts.development>=2', at };
    const [whole, path = '', operator = '=', written = ''] = found;
    const value = valueIn(written);
    if (value === undefined) return { problem: 'the text in quotes cannot be read', at };
    conditions.push({ path: path.split('.'), operator: operator as Operator, value });
    rest = rest.slice(whole.length);
    if (rest.trim() === '') break;
    const joint = /^\s+and\s+/.exec(rest);
    if (joint === null) return { problem: 'join conditions by "and"', at: text.length - rest.length + 1 };
    rest = rest.slice(joint[0].length);
    if (conditions.length === most) return { problem: `there are more than ${most} conditions`, at };
  }
  return document => conditions.every(one => holds(one, document));
}

function valueIn(written: string): Condition['value'] | undefined {
  if (written.startsWith('"')) {
    try {
      return JSON.parse(written) as string;
    } catch {
      return undefined;
    }
  }
  if (written === 'true' || written === 'false') return written === 'true';
  if (written === 'null') return null;
  return /^-?\d+(?:\.\d+)?$/.test(written) ? Number(written) : written;
}

function holds({ path, operator, value }: Condition, document: Json): boolean {
  const actual = at(document, path);
  if (operator === '=') return isEqual(actual, value);
  if (operator === '!=') return !isEqual(actual, value);
  if (operator === '~') return typeof actual === 'string' && actual.toLowerCase().includes(String(value).toLowerCase());
  if (typeof actual !== typeof value || (typeof actual !== 'number' && typeof actual !== 'string')) return false;
  const [a, b] = [actual, value as typeof actual];
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}

/** What is not there equals null. */
function isEqual(actual: Json | undefined, value: Condition['value']): boolean {
  if (Array.isArray(actual)) return actual.some(element => isEqual(element, value));
  return (actual ?? null) === value;
}

function at(document: Json | undefined, [name, ...rest]: string[]): Json | undefined {
  if (name === undefined) return document;
  if (typeof document !== 'object' || document === null) return undefined;
  if (Array.isArray(document)) return /^\d+$/.test(name) ? at(document[Number(name)], rest) : undefined;
  return at(own(document as Record<string, Json>, name), rest);
}
