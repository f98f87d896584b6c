/** The period that is asked for. */
import { parseDuration } from '../../domain/duration.ts';
import { SignalboxError } from '../../domain/errors.ts';
import { dayMs, periodOf } from './calendar.ts';
import type { Period } from './gather.ts';

/** Days that are counted where nobody says which, today among them. */
const usualDays = 30;

/** How an instant can be written. */
export const instantRule =
  'write a day such as 2026-07-27, a time such as 2026-07-27T08:00:00Z, or how long ago, such as 30d';

/** Whether a text is an instant, or a day. */
export const isInstant = (text: string): boolean => parseInstant(text, 0) !== undefined;

/** The end is now without `to`; a day as the end is counted whole. Throws `badInput` where there is nothing between the two. */
export function periodFor({ from, to }: { from?: string | undefined; to?: string | undefined }, now: number): Period {
  const end = to === undefined ? now : parseInstant(to, now)! + (isDay(to) ? dayMs : 0);
  // Up to the end of the millisecond in which it is asked.
  const until = to === undefined ? end + 1 : end;
  const since = from === undefined ? startOf(end - (usualDays - 1) * dayMs) : parseInstant(from, now)!;
  if (since < until) return { from: since, to: until };
  const problem = { path: 'from', message: 'this is not before the end' };
  throw new SignalboxError('invalid', 'badInput', `figures.show: "from": ${problem.message}.`, {
    problems: [problem],
    remedy: { say: 'give an earlier one', field: 'from' },
  });
}

const startOf = (at: number) => Date.parse(periodOf(at, 'day'));

const isDay = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text);
const isTime = (text: string) =>
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/.test(text);

function parseInstant(text: string, now: number): number | undefined {
  if (isDay(text) || isTime(text)) return isThere(text.slice(0, 10)) ? numberOr(Date.parse(text)) : undefined;
  const ago = parseDuration(text);
  // Before that there was nothing to count.
  return ago === undefined ? undefined : Math.max(0, now - ago);
}

const numberOr = (at: number): number | undefined => (Number.isNaN(at) ? undefined : at);

/** 30 February is no day, though a parser may make one of March of it. */
function isThere(day: string): boolean {
  const at = Date.parse(day);
  return !Number.isNaN(at) && periodOf(at, 'day') === day;
}
