/**
 * Reading what an agent's program printed. None of it can be trusted: any value may have any type, numbers may be negative
 * or huge, texts may be megabytes long. Every reader here has an answer for every value, and none keeps a long text alive.
 */
import { stripVTControlCharacters } from 'node:util';

/** A JSON object of unknown content. */
export type Fields = Readonly<Record<string, unknown>>;

const nothing: Fields = {};
/** More tokens or dollars than one number can honestly hold are a lie, and sums of them must stay exact. */
const mostTokens = 1e12;
const mostUsd = 1e6;

/** The JSON object on a line; null when there is none. */
export function parseObject(line: string): Fields | null {
  // Most of what is no event is seen at its ends, a thousand times faster than by a parser that throws.
  const text = line.trim();
  if (text.charCodeAt(0) !== 0x7b || text.charCodeAt(text.length - 1) !== 0x7d) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** What stands on a line of standard output, which the program shares with its hooks, wrappers and notices of its own. */
export interface Line {
  events: Fields[];
  /** What is no event; empty when that is nothing, or nothing but codes for a terminal. */
  rest: string;
}

/** So many characters are looked at, as a multiple of the line and at least: one of nothing but beginnings is no work for an hour. */
const mostLooks = 3;
const leastLooked = 100_000;

/**
 * The events on a line, and what stands beside them. Usually a line is one event; but a title for the terminal, a prompt or a
 * notice without a line end may stand before or behind one, and two may have come onto the same line.
 */
export function readLine(line: string): Line {
  const whole = parseObject(line);
  if (whole !== null) return { events: [whole], rest: '' };
  const text = withoutCodes(line);
  const events: Fields[] = [];
  let rest = '';
  let from = 0;
  let begin = text.indexOf('{"');
  for (let left = Math.max(text.length * mostLooks, leastLooked); begin !== -1 && left > 0; ) {
    const end = endOfObject(text, begin);
    left -= (end === -1 ? text.length : end) - begin;
    const event = end === -1 ? null : parseObject(text.slice(begin, end));
    const isEvent = event !== null && typeof event.type === 'string';
    if (isEvent) {
      events.push(event);
      rest += ` ${text.slice(from, begin)}`;
      from = end;
    }
    begin = text.indexOf('{"', isEvent ? end : begin + 1);
  }
  return { events, rest: (rest + text.slice(from)).trim() };
}

/** Without sequences for terminals, and single codes that no text has. */
const withoutCodes = (line: string) => stripVTControlCharacters(line).replace(/[^\P{Cc}\t]/gu, '');

/** Where the object that begins at a place ends; -1 where it does not. */
function endOfObject(text: string, begin: number): number {
  let depth = 0;
  let isText = false;
  for (let at = begin; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isText) {
      if (code === 0x5c) at++;
      else if (code === 0x22) isText = false;
    } else if (code === 0x22) isText = true;
    else if (code === 0x7b) depth++;
    else if (code === 0x7d && --depth === 0) return at + 1;
  }
  return -1;
}

/** The value as an object; an empty one when it is none. */
export function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : nothing;
}

/** The value as a list; an empty one when it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as a text; an empty one when it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** No more than the beginning of a text, to keep or to search. */
export function beginningOf(value: unknown, limit: number): string {
  const text = textOf(value);
  return text.length <= limit && text.isWellFormed() ? text : copy(text.slice(0, limit));
}

/** The value as a finite number. */
export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A count of tokens or turns: whole, never negative, never absurd. */
export function countOf(value: unknown): number {
  return Math.floor(Math.min(Math.max(numberOf(value) ?? 0, 0), mostTokens));
}

/** Whether a moment as ISO 8601 writes it is not before another, epoch milliseconds; one in whole seconds may be as late as their end. */
export function isSince(value: unknown, since: number): boolean {
  const at = Date.parse(beginningOf(value, 40));
  return at >= (at % 1_000 === 0 ? Math.floor(since / 1_000) * 1_000 : since);
}

/** An amount of money; null when the value is none. */
export function usdOf(value: unknown): number | null {
  const usd = numberOf(value);
  return usd === null || usd < 0 ? null : Math.min(usd, mostUsd);
}

/**
 * An identifier that may be given back to the program as an argument. A session "named" `--some-flag` would be read as
 * a flag by its next process, so only harmless names pass.
 */
export function identifierOf(value: unknown): string | null {
  return /^[A-Za-z0-9][\w.:-]{0,127}$/.test(textOf(value)) ? copy(textOf(value)) : null;
}

/** A short name, such as that of a model or a tool; null when there is none. */
export function nameOf(value: unknown): string | null {
  const text = textOf(value);
  // Most are plain, and those come with nearly every line. A text out of `JSON.parse` has no ties.
  return plainName.test(text) ? text : oneLine(text, 100) || null;
}

const plainName = /^[\w.:/-]{1,100}$/;

/** The text on one line for people: no control characters, no more than `limit` characters. */
export function oneLine(text: string, limit: number): string {
  // Longer texts are cut first, so that ten megabytes cost no more than a line.
  const start = stripVTControlCharacters(text.slice(0, limit * 4));
  const line = start.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return copy(line.length > limit ? `${line.slice(0, limit - 1)}…` : line);
}

/** The end of a text, line breaks kept: verdicts and summaries come last. */
export function lastPart(text: string, limit: number): string {
  const end = text.slice(-limit).replace(/[^\P{Cc}\n\t]/gu, '');
  return copy(end.trim());
}

/**
 * The same text without ties. A slice keeps the whole text that it was cut from in memory, and half a surrogate pair
 * cannot be stored; a trip through UTF-8 fixes both.
 */
export function copy(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
