/** Events and actions that were tried until nobody tries any more. */
import { ask, segment } from '../../api/ask.ts';
import type { Answer } from '../../api/types.ts';
import { Confirmed } from '../../parts/confirmed.tsx';
import { Failed } from '../../parts/failed.tsx';
import { useRead } from '../../state/read.ts';
import { useTexts } from '../../texts/index.ts';

type Letters = Answer<'deadLetter.list'>;
const everyMs = 10_000;

export function DeadLetters() {
  const texts = useTexts();
  const { value, error, again } = useRead<Letters>('/dead-letters', { everyMs });
  if (error !== undefined && value === undefined) return <Failed error={error} again={again} />;
  if (value === undefined) return <p className="reading">{texts.reading}</p>;
  if (value.items.length === 0) return <p className="empty">{texts.operations.noDeadLetters}</p>;
  return (
    <ul className="rows">
      {value.items.map(({ id, actorId, type, error: why }) => (
        <li key={id} className="failed">
          <b className="id">{actorId}</b>
          <span>
            <code>{type}</code> {why}
          </span>
          <Confirmed
            label={texts.operations.retry}
            says={texts.operations.retryWhy}
            order={async () => {
              await ask(`/dead-letters/${segment(id)}/retry`, { method: 'POST', body: {} });
              again();
            }}
          />
        </li>
      ))}
    </ul>
  );
}
