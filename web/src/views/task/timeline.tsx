/** Everything that happened to a task, in words: what, who, why, how long after what came before. */
import { useSelector } from '@xstate/store-react';
import { memo, useMemo } from 'react';
import type { LogEntry } from '../../api/types.ts';
import { Link } from '../../parts/link.tsx';
import { Duration, Instant } from '../../parts/when.tsx';
import { itemMark, useListKeys } from '../../state/list-keys.ts';
import { narrow, placeStore } from '../../state/place.ts';
import { useTexts } from '../../texts/index.ts';

const mostShown = 400;

export function Timeline({ log, at }: { log: readonly LogEntry[] | undefined; at: LogEntry | null }) {
  const texts = useTexts();
  const { timeline } = texts;
  const query = useSelector(placeStore, ({ context }) => context.query);
  const path = useSelector(placeStore, ({ context }) => context.path);
  const isAll = query.all === '1';
  const shown = useMemo(
    () =>
      (log ?? [])
        .map((entry, index) => ({ entry, before: log?.[index - 1]?.at ?? null }))
        .filter(({ entry: { from, to, outcome } }) => isAll || from !== to || outcome !== 'applied')
        .reverse(),
    [log, isAll],
  );
  useListKeys();
  if (log === undefined) return <p className="reading">{texts.reading}</p>;
  const { at: _, ...others } = query;
  const place = `/${path.map(encodeURIComponent).join('/')}?${new URLSearchParams({ ...others, at: '' })}`;
  return (
    <section aria-label={texts.task.timeline}>
      <div className="row">
        <button type="button" className="quiet" aria-pressed={!isAll} onClick={() => narrow({ all: '' })}>
          {timeline.onlyMoves}
        </button>
        <button type="button" className="quiet" aria-pressed={isAll} onClick={() => narrow({ all: '1' })}>
          {timeline.everything}
        </button>
      </div>
      <ol className="timeline">
        {shown.slice(0, mostShown).map(({ entry, before }) => (
          <Entry
            key={entry.seq}
            entry={entry}
            before={before}
            to={`${place}${entry.seq}`}
            isHere={entry.seq === at?.seq}
          />
        ))}
      </ol>
    </section>
  );
}

interface EntryProps {
  entry: LogEntry;
  /** When the entry before it was made. */
  before: string | null;
  to: string;
  isHere: boolean;
}

const Entry = memo(function Entry({ entry, before, to, isHere }: EntryProps) {
  const { timeline } = useTexts();
  // What somebody has said is among the words, where there are any.
  const said = entry.words === null ? sayingIn(entry) : '';
  return (
    <li className={`${entry.outcome}${isHere ? ' here' : ''}`}>
      <Instant at={entry.at} />
      <Link to={to} isSame title={timeline.open} aria-current={isHere ? 'true' : undefined} {...itemMark}>
        <b>{entry.words ?? wordsOf(entry)}</b>
      </Link>
      <span className="meta">
        {said !== '' && <q>{said}</q>} {entry.source !== '' && timeline.by(whoIn(entry))}{' '}
        {entry.outcome !== 'applied' && (
          <em>
            {timeline.ignored}
            {entry.words === null && entry.reason !== null && `: ${entry.reason}`}
          </em>
        )}{' '}
        {before !== null && <Duration ms={Date.parse(entry.at) - Date.parse(before)} />} <code>{entry.type}</code>{' '}
        <code>{entry.to}</code>
      </span>
    </li>
  );
});

/** What moved it, where its machine has no words for that. */
const wordsOf = ({ type, to, from }: LogEntry) => (from === to ? type : `${type} → ${to}`);

/** What a person has said with it. */
function sayingIn({ data }: LogEntry): string {
  const { reason, text, comment, stage } = data as Record<string, unknown>;
  const said = [reason, text, comment, stage].find(value => typeof value === 'string' && value !== '');
  return typeof said === 'string' ? said.slice(0, 300) : '';
}

const whoIn = ({ by, source }: LogEntry) => by ?? source;
