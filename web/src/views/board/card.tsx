/** A task on the board. */
import { memo } from 'react';
import type { Card as Shown } from '../../api/types.ts';
import { Link } from '../../parts/link.tsx';
import { Standing, Verdict } from '../../parts/standing.tsx';
import { Age, Deadline, Money } from '../../parts/when.tsx';
import { itemMark } from '../../state/list-keys.ts';
import { useTexts } from '../../texts/index.ts';
import { visible } from '../../visible.ts';

/** One that has come here within this time, in milliseconds, is seen to come. */
const comesMs = 1_500;

interface CardProps {
  card: Shown;
  isStageShown: boolean;
  /** It is what is looked at. */
  isCurrent?: boolean;
}

export const Card = memo(function Card({ card, isStageShown, isCurrent = false }: CardProps) {
  const { board } = useTexts();
  const { id, title, standing, tries, gates, run, why, project, costUsd } = card;
  const isNew = Date.now() - Date.parse(card.updatedAt) < comesMs;
  const isRepeated = tries !== null && tries.used > 1;
  return (
    <article className={`card ${standing}${isNew ? ' new' : ''}`} data-task={id} data-version={card.version}>
      <Link
        to={`/tasks/${encodeURIComponent(id)}`}
        className="head"
        aria-current={isCurrent ? 'true' : undefined}
        {...itemMark}
      >
        <b className="id">{id}</b>
        <span className="title">{visible(title)}</span>
      </Link>
      <p className="happens">
        {run === null ? (
          <>
            <Standing standing={standing} /> {visible(why)}
            {card.deadline !== null && <Deadline {...card.deadline} />}
          </>
        ) : (
          <>
            <b>{run.agent}</b> {run.startedAt !== null && <Age at={run.startedAt} />} · {visible(run.activity || why)}
          </>
        )}
      </p>
      <p className="foot">
        {isRepeated && <Tries {...tries} says={board.tries(tries.used, tries.limit)} />}
        {gates.map(({ gate, verdict }) => (
          <Verdict key={gate} verdict={verdict} name={gate} />
        ))}
        <span className="project">{isStageShown ? card.stage : project}</span>
        <Money usd={costUsd} /> <Age at={card.updatedAt} />
      </p>
    </article>
  );
});

const mostMarks = 6;

function Tries({ used, limit, says }: { used: number; limit: number; says: string }) {
  return (
    <span className="tries" title={says}>
      <span className="unseen">{says}</span>
      {Array.from({ length: Math.min(limit, mostMarks) }, (_, index) => (
        <i key={index} className={index < used ? 'used' : ''} aria-hidden="true" />
      ))}
    </span>
  );
}
