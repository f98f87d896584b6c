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

const approval = /^\s*(?::approved:|\/approve)(?=[\s.!,;]|$)/i;
const rejection = /^\s*(?::rejected:|\/reject(?=[\s.!,;:]|$)):?/i;

/** The order in a text; null when there is none, or when it says both. A reason goes on to the end of the text. */
export function commandIn(lines: readonly Line[]): { verb: Command['verb']; reason: string } | null {
  const approves = lines.some(({ spoken }) => approval.test(spoken));
  const rejecting = lines.findIndex(({ spoken }) => rejection.test(spoken));
  if (approves) return rejecting === -1 ? { verb: 'approve', reason: '' } : null;
  if (rejecting === -1) return null;
  return { verb: 'reject', reason: storable(textFrom(lines, rejecting).replace(rejection, '').trim()) };
}

const textFrom = (lines: readonly Line[], first: number) =>
  lines
    .slice(first)
    .map(({ shown }) => shown.trimEnd())
    .join('\n')
    .trim();
