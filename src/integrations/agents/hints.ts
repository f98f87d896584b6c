/**
 * When to try again, as far as a provider says so in words. Only the words of a limit are read here, never what an agent writes:
 *
 *   Codex    try again at 3:04 PM · try again at Nov 28th, 2026 3:05 AM · Please try again in 3.5s
 *   Claude   resets 3am (Europe/Berlin) · resets Dec 2, 7pm (Europe/Moscow) · limit reached|1764500400
 *   Gemini   Your quota will reset after 14h22m33s · Suggested retry after 2s
 *   others   regain access on 2026-12-01 at 00:00 UTC · resets at 2026-12-01T00:00:00Z · tomorrow at 9:00
 */
import { Cron } from 'croner';

const units: Readonly<Record<string, number>> = {
  ms: 1,
  milli: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
/** A longer wait than this is a mistake or malice, and nobody would want it honoured. */
const longestWaitMs = 31 * 86_400_000;
/** Moments outside of these are no reset times. */
const earliestReset = Date.UTC(2020, 0, 1);
const latestReset = Date.UTC(2100, 0, 1);
/** Times are told in whole minutes: one that has only just passed is that one, and not the same of tomorrow. */
const justPassedMs = 2 * 60_000;
const leastWaitMs = 60_000;

/** When something was said, epoch milliseconds, and the zone of whoever said it, by its IANA name. */
export interface When {
  at: number;
  zone: string;
}

export const whenHere = (at: number = Date.now()): When => ({
  at,
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
});

const spans =
  /(?:(?:try|retry|available|resets?|access|wait)(?: again)?(?: in| after| for)|suggested retry after) ((?:\d+(?:\.\d+)?\s*[a-z]+[\s,]*(?:and )?){1,5})/gi;

/**
 * The wait in a text such as `Please try again in 3.5s`, `try again in 2 hours 5 minutes` or `Suggested retry after 2s`:
 * the last one, which is the newest. Null when there is none.
 */
export function waitIn(text: string): number | null {
  const last = [...text.matchAll(spans)].at(-1)?.[1];
  if (last === undefined) return null;
  let waitMs = 0;
  for (const [, amount, word] of last.matchAll(/(\d+(?:\.\d+)?)\s*(ms|milli|[smhdw])[a-z]*/gi)) {
    waitMs += Number(amount) * (units[word!.toLowerCase()] ?? 0);
  }
  return asWait(waitMs);
}

/** A number of milliseconds as a wait that can be honoured. */
export function asWait(waitMs: number): number | null {
  return waitMs > 0 && waitMs <= longestWaitMs ? Math.ceil(waitMs) : null;
}

/** Epoch milliseconds that can be a reset time. */
export function asMoment(epochMs: number): number | null {
  return epochMs >= earliestReset && epochMs <= latestReset ? Math.round(epochMs) : null;
}

const leads = String.raw`\b(?:resets?|try again|retry|available again|regain access|access returns|renews?)(?: again)?`;
const clock = String.raw`(?<hour>\d{1,2})(?::(?<minute>\d\d))?(?::\d\d)?\s*(?<half>[AaPp]\.?[Mm]\.?)?`;
const date = String.raw`(?<month>[A-Z][a-z]{2,8})\.? (?<day>\d{1,2})(?:st|nd|rd|th)?,?(?: (?<year>\d{4}),?)?`;
const weekday = '(?<weekday>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}),?';
const zoned = String.raw`\s*(?:\((?<zone>[\w+/-]{1,40})[^)]{0,40}\)|(?<suffix>UTC|GMT|Z|[A-Z]{2,4}T)\b)?`;
const told = new RegExp(
  `${leads}(?: on| at|:)? (?:(?:(?<tomorrow>tomorrow)|${date}|${weekday})(?:,? at)?,? )?${clock}${zoned}`,
);
const stamped = /\b(\d{4}-\d\d-\d\d)(?:[T ]| at )(\d\d:\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)\b/;
/** Older versions of Claude Code: https://github.com/anthropics/claude-code/issues/2087. */
const epoch = /limit reached\|(\d{10})\b/;

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * The moment that the words of a limit name, epoch milliseconds: a span as a span, a time of the day as the next such moment in
 * its zone. Null when they name none, or one that cannot be told: an unknown zone, the 31st of February.
 */
export function momentIn(text: string, when: When): number | null {
  const seconds = epoch.exec(text)?.[1];
  if (seconds !== undefined) return asMoment(Number(seconds) * 1_000);
  const stamp = stamped.exec(text);
  if (stamp !== null) {
    const [, day, time, rest = '00', offset = 'Z'] = stamp;
    return asMoment(Date.parse(`${day}T${time}:${rest}${/^[+-]/.test(offset) ? offset : 'Z'}`));
  }
  const parts = told.exec(text)?.groups;
  if (parts !== undefined && (parts.half !== undefined || parts.minute !== undefined)) return nextOf(parts, when);
  const waitMs = waitIn(text);
  return waitMs === null ? null : asMoment(when.at + waitMs);
}

type Parts = Readonly<Record<string, string | undefined>>;

function nextOf(parts: Parts, { at, zone: own }: When): number | null {
  const pattern = patternOf(parts);
  const zone = parts.zone ?? (parts.suffix === undefined ? own : zoneOf(parts.suffix));
  if (pattern === null || zone === undefined) return null;
  try {
    const from = at - justPassedMs + (parts.tomorrow === undefined ? 0 : 12 * 3_600_000);
    const next = new Cron(pattern, { timezone: zone, paused: true }).nextRun(new Date(from));
    // One that has just passed is nearly there: clocks differ.
    return next === null ? null : asMoment(Math.max(next.getTime(), at + leastWaitMs));
  } catch {
    // No such zone, or no such day.
    return null;
  }
}

const zoneOf = (suffix: string) => (/^(?:UTC|GMT|Z)$/.test(suffix) ? 'UTC' : undefined);

/** As cron writes it: second, minute, hour, day, month, weekday, year. */
function patternOf({ hour: told = '', minute = '0', half, month, day, year, weekday }: Parts): string | null {
  const isAfternoon = half?.toLowerCase().startsWith('p') ?? false;
  const hour = half === undefined ? Number(told) : (Number(told) % 12) + (isAfternoon ? 12 : 0);
  if (hour > 23 || Number(minute) > 59 || (half !== undefined && Number(told) > 12)) return null;
  const index = month === undefined ? -1 : months.indexOf(month.slice(0, 3).toLowerCase());
  if (month !== undefined && index < 0) return null;
  const dayAndMonth = month === undefined ? '* *' : `${Number(day)} ${index + 1}`;
  return `0 ${Number(minute)} ${hour} ${dayAndMonth} ${weekday?.slice(0, 3) ?? '*'} ${year ?? '*'}`;
}
