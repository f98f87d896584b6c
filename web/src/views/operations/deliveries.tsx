/** What came from forges and trackers, and what it did. */
import type { Answer } from '../../api/types.ts';
import { Failed } from '../../parts/failed.tsx';
import { Link } from '../../parts/link.tsx';
import { Instant } from '../../parts/when.tsx';
import { itemMark, useListKeys } from '../../state/list-keys.ts';
import { useRead } from '../../state/read.ts';
import { useTexts } from '../../texts/index.ts';

type Listed = Answer<'delivery.list'>;

export function Deliveries() {
  const texts = useTexts();
  const { value, error, again } = useRead<Listed>('/deliveries', {
    query: { limit: 100 },
    when: ({ kind }) => kind === 'delivery',
  });
  useListKeys();
  if (error !== undefined && value === undefined) return <Failed error={error} again={again} />;
  if (value === undefined) return <p className="reading">{texts.reading}</p>;
  if (value.items.length === 0) return <p className="empty">{texts.operations.noDeliveries}</p>;
  return (
    <ul className="rows">
      {value.items.map(({ id, name, event, outcome, reason, receivedAt, events }) => (
        <li key={id} className={outcome === 'accepted' ? 'passed' : outcome === 'rejected' ? 'failed' : ''}>
          <Link to={`/deliveries/${encodeURIComponent(id)}`} {...itemMark}>
            <b>{name}</b> {event}
          </Link>
          <span>
            {outcome} {reason} {events.map(({ actor, type }) => `${actor}: ${type}`).join(', ')}
          </span>
          <span className="meta">
            <Instant at={receivedAt} />
          </span>
        </li>
      ))}
    </ul>
  );
}
