/** Times, ages, durations and money, short; exact ones when one points at them. */
import { useSelector } from '@xstate/store-react';
import { memo } from 'react';
import { clockTime, duration, exactDuration, exactTime, money } from '../format.ts';
import { clockStore } from '../state/clock.ts';
import { useLanguage, useTexts } from '../texts/index.ts';

/** How long ago it was, kept up. */
export function Age({ at, isAgo = false }: { at: string; isAgo?: boolean }) {
  const now = useSelector(clockStore, ({ context }) => context.now);
  const language = useLanguage();
  const { ago } = useTexts();
  return (
    <time dateTime={at} title={exactTime(at, language)}>
      {isAgo ? ago(duration(now - Date.parse(at))) : duration(now - Date.parse(at))}
    </time>
  );
}

/** Says the same for as long as it is shown. */
export const Instant = memo(function Instant({ at }: { at: string }) {
  const language = useLanguage();
  return (
    <time dateTime={at} title={exactTime(at, language)}>
      {clockTime(at, Date.now(), language)}
    </time>
  );
});

/** When something goes on without what it waits for, and what then. */
export function Deadline({ at, means }: { at: string; means: string }) {
  const { deadline } = useTexts();
  return (
    <span className="deadline">
      {deadline.until} <Instant at={at} />
      {deadline.afterwards(means)}
    </span>
  );
}

export const Duration = ({ ms }: { ms: number }) => <span title={exactDuration(ms)}>{duration(ms)}</span>;

export const Money = ({ usd }: { usd: number | null }) => (
  <span title={usd === null ? undefined : `$${usd}`}>{money(usd)}</span>
);
