/**
 * What somebody wrote, and what he orders with it. Each line comes twice: as it is shown, and as it is spoken, without what
 * is quoted and what is code. Only what is spoken can be an order, and only at the start of a line.
 */
import type { Command } from '../../domain/reading.ts';
import { storable } from './fields.ts';

export interface Line {
  shown: string;
  /** Where something is left out, a mark stands, so that what follows does not seem to begin the line. */
  spoken: string;
}

/** Stands for what is left out of a spoken line. */
export const leftOut = '\uFFFC';

/** More of a text is not read at all. */
const longestRead = 100_000;

/** The beginning of a text from outside, with one kind of line end. */
export const readable = (text: string): string => storable(text, longestRead).replace(/\r\n?/g, '\n');

/** All of the text. */
export const wholeText = (lines: readonly Line[]): string => textFrom(lines, 0);

/** The text for people, bounded. */
export const shownIn = (lines: readonly Line[]): string => storable(wholeText(lines));

/** How each order begins; what follows `reject` and `answer` belongs to it. */
const orders: readonly (readonly [Command['verb'], RegExp])[] = [
  ['approve', /^\s*(?::approved:|\/approve)(?=[\s.!,;]|$)/i],
  ['reject', /^\s*(?::rejected:|\/reject(?=[\s.!,;:]|$)):?/i],
  ['answer', /^\s*\/answer(?=[\s:]|$):?/i],
  ...(['retry', 'pause', 'resume', 'cancel'] as const).map(
    verb => [verb, new RegExp(`^\\s*\\/${verb}(?=[\\s.!,;]|$)`, 'i')] as const,
  ),
];

/** The order in a text; null when there is none, or more than one. A reason or an answer goes on to the end of the text. */
export function commandIn(lines: readonly Line[]): Command | null {
  const found = lines.flatMap(({ spoken }, index) =>
    orders.filter(([, pattern]) => pattern.test(spoken)).map(([verb, pattern]) => ({ verb, pattern, index })),
  );
  const [first] = found;
  if (first === undefined || found.some(({ verb }) => verb !== first.verb)) return null;
  const { verb, pattern, index } = first;
  const hasText = verb === 'reject' || verb === 'answer';
  return { verb, reason: hasText ? storable(textFrom(lines, index).replace(pattern, '').trim()) : '' };
}

const textFrom = (lines: readonly Line[], first: number) =>
  lines
    .slice(first)
    .map(({ shown }) => shown.trimEnd())
    .join('\n')
    .trim();
