/** When to try again, as far as a provider says so in words. */

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** A longer wait than this is a mistake or malice, and nobody would want it honoured. */
const longestWaitMs = 31 * 86_400_000;
/** Moments outside of these are no reset times. */
const earliestReset = Date.UTC(2020, 0, 1);
const latestReset = Date.UTC(2100, 0, 1);

/**
 * The wait in a text such as `Please try again in 3.5s`, `try again in 2 hours 5 minutes` or `Suggested retry after 2s`:
 * the last one, which is the newest. Null when there is none.
 */
export function waitIn(text: string): number | null {
  const spans = text.matchAll(
    /(?:try again in|suggested retry after) ((?:\d+(?:\.\d+)?\s*[a-z]+[\s,]*(?:and )?){1,4})/gi,
  );
  const last = [...spans].at(-1)?.[1];
  if (last === undefined) return null;
  let waitMs = 0;
  for (const [, amount, word] of last.matchAll(/(\d+(?:\.\d+)?)\s*(ms|[smhd])[a-z]*/gi)) {
    waitMs += Number(amount) * (units[word!.toLowerCase()] ?? 0);
  }
  return asWait(waitMs);
}

/** A number of milliseconds as a wait that can be honoured. */
export function asWait(waitMs: number): number | null {
  return waitMs > 0 && waitMs <= longestWaitMs ? Math.ceil(waitMs) : null;
}

/** The moment in a text such as `You will regain access on 2026-12-01 at 00:00 UTC`. Local clock times need a clock. */
export function momentIn(text: string): number | null {
  const found = /\b(\d{4})-(\d\d)-(\d\d) at (\d\d):(\d\d) UTC\b/.exec(text);
  if (!found) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = found.slice(1).map(Number);
  return asMoment(Date.UTC(year, month - 1, day, hour, minute));
}

/** Epoch milliseconds that can be a reset time. */
export function asMoment(epochMs: number): number | null {
  return epochMs >= earliestReset && epochMs <= latestReset ? Math.round(epochMs) : null;
}
