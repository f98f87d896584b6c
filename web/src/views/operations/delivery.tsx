/** One delivery: what came, how it was read, what it did; played again when it is to be. */
import { ask, segment } from '../../api/ask.ts';
import type { Answer } from '../../api/types.ts';
import { Confirmed } from '../../parts/confirmed.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Link } from '../../parts/link.tsx';
import { Instant } from '../../parts/when.tsx';
import { go } from '../../state/place.ts';
import { useRead } from '../../state/read.ts';
import { useTexts } from '../../texts/index.ts';

type Delivery = Answer<'delivery.show'>;

export default function DeliveryView({ id }: { id: string }) {
  const texts = useTexts();
  const { value, error, again } = useRead<Delivery>(`/deliveries/${segment(id)}`);
  if (error !== undefined) return <Failed error={error} again={again} />;
  if (value === undefined) return <p className="reading">{texts.reading}</p>;
  const { name, event, outcome, reason, receivedAt, events, reading, body } = value;
  return (
    <section className="page">
      <h1>
        {name} {event}
      </h1>
      <p className="meta">
        <code>{id}</code> · <Instant at={receivedAt} />
      </p>
      <p>
        <b>{outcome}</b> {reason}
      </p>
      <ul className="rows">
        {events.map(({ actor, type, outcome: did, reason: why }) => (
          <li key={`${actor} ${type}`}>
            <Link to={`/tasks/${encodeURIComponent(actor.split('.')[0]!)}`}>{actor}</Link>
            <span>
              <code>{type}</code> {did} {why}
            </span>
          </li>
        ))}
      </ul>
      <Confirmed
        label={texts.operations.replay}
        says={texts.operations.replayWhy}
        order={async () => {
          const again = await ask<{ id?: string }>(`/deliveries/${segment(id)}/replay`, { method: 'POST', body: {} });
          if (again.id !== undefined) go(`/deliveries/${encodeURIComponent(again.id)}`);
        }}
      />
      <pre tabIndex={0}>{JSON.stringify(reading, null, 2)}</pre>
      <details>
        <summary>JSON</summary>
        <pre tabIndex={0}>{JSON.stringify(body, null, 2)}</pre>
      </details>
    </section>
  );
}
