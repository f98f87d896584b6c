/** Everything that waits for a person, over all projects, to be decided where it is read. */
import { useSelector } from '@xstate/store-react';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Card, Move } from '../api/types.ts';
import { useActing } from '../parts/act.tsx';
import { Link } from '../parts/link.tsx';
import { Standing } from '../parts/standing.tsx';
import { Age, Money } from '../parts/when.tsx';
import { useKeys } from '../state/keys.ts';
import { itemMark, useListKeys } from '../state/list-keys.ts';
import { sessionStore } from '../state/session.ts';
import { hasEnded, needsPerson, tasksStore } from '../state/tasks.ts';
import { useTexts } from '../texts/index.ts';

export function NeedsYouView() {
  const { views, needs } = useTexts();
  return (
    <section className="lane whole" aria-labelledby="needs">
      <h1 id="needs">{views.needsYou}</h1>
      <p className="meta keys-hint">{needs.keys}</p>
      <NeedsYou />
    </section>
  );
}

/** `most` are shown; all without it. */
export function NeedsYou({ most = Number.POSITIVE_INFINITY }: { most?: number }) {
  const { needs, task } = useTexts();
  const cards = useSelector(tasksStore, ({ context }) => context.cards);
  const waiting = useMemo(() => inOrder([...cards.values()].filter(needsPerson)), [cards]);
  const living = useMemo(() => [...cards.values()].filter(card => !hasEnded(card)).length, [cards]);
  useListKeys();
  if (waiting.length === 0) {
    return (
      <p className="empty">
        {needs.empty} {needs.emptyMore(living)}
      </p>
    );
  }
  return (
    <>
      <ul className="needs">
        {waiting.slice(0, most).map(card => (
          <Row key={card.id} card={card} />
        ))}
      </ul>
      {waiting.length > most && <Link to="/needs-you">{task.showAll(waiting.length)}</Link>}
    </>
  );
}

/** The most urgent first, then whoever has waited longest. */
const inOrder = (cards: Card[]) =>
  cards.sort((a, b) => a.priority - b.priority || a.updatedAt.localeCompare(b.updatedAt) || a.id.localeCompare(b.id));

/** Keys by which one decides without the mouse. */
const keyOf: Record<string, string> = { 'task.approve': 'a', 'task.reject': 'r', 'task.answer': 'w' };

function Row({ card }: { card: Card }) {
  const { actions, needs } = useTexts();
  const role = useSelector(sessionStore, ({ context }) => context.who?.role);
  const acting = useActing({ taskId: card.id, question: card.asks?.number ?? null });
  const row = useRef<HTMLLIElement>(null);
  const [isHere, setHere] = useState(false);
  // What was decided here goes away: whoever works through the list is at the next one then.
  useLayoutEffect(() => {
    const item = row.current;
    return () => {
      if (item?.contains(document.activeElement) !== true) return;
      const next = item.nextElementSibling ?? item.previousElementSibling;
      next?.querySelector<HTMLElement>('[data-item]')?.focus();
    };
  }, []);
  const moves = role === 'viewer' ? [] : shown(card.moves);
  const open = useRef(acting.open);
  useEffect(() => {
    open.current = acting.open;
  });
  const keys = useMemo(
    () =>
      Object.fromEntries(
        isHere ? moves.flatMap(move => (keyOf[move.event] ? [[keyOf[move.event], () => open.current(move)]] : [])) : [],
      ),
    [isHere, moves],
  );
  useKeys(keys);
  return (
    <li
      ref={row}
      className={`need ${card.standing}`}
      onFocus={() => setHere(true)}
      onBlur={({ relatedTarget }) => !row.current?.contains(relatedTarget as Node | null) && setHere(false)}
    >
      <Link to={`/tasks/${encodeURIComponent(card.id)}`} className="what" {...itemMark}>
        <b className="id">{card.id}</b> <span className="title">{card.title}</span>
      </Link>
      <span className="why">
        <Standing standing={card.standing} /> {card.questions === null ? card.why : firstLine(card.questions)}
      </span>
      <span className="meta">
        {card.project} · {card.stage} · {needs.since} <Age at={card.asks?.at ?? card.updatedAt} /> ·{' '}
        <Money usd={card.costUsd} />
      </span>
      <span className="buttons">
        {moves.map((move, index) => (
          <button
            key={move.event}
            type="button"
            className={move.isUsual && index === 0 ? 'primary' : ''}
            onClick={() => acting.open(move)}
            aria-keyshortcuts={keyOf[move.event]}
          >
            {actions[move.event] ?? move.event}
            {move.fields.length > 0 && '…'}
          </button>
        ))}
      </span>
      {acting.panel}
    </li>
  );
}

/** What one decides here; the others are at the task. */
const shown = (moves: readonly Move[]) =>
  moves.filter(
    ({ event, isUsual }) => isUsual || ['task.approve', 'task.reject', 'task.answer', 'task.retry'].includes(event),
  );

const firstLine = (text: string) => text.split('\n').find(line => /\w/.test(line) && !line.startsWith('#')) ?? text;
