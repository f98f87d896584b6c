/** Everything that waits for a person, over all projects, to be decided where it is read. */
import { useSelector } from '@xstate/store-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Card, Move } from '../api/types.ts';
import { useActing } from '../parts/act.tsx';
import { Link } from '../parts/link.tsx';
import { Standing } from '../parts/standing.tsx';
import { Age, Deadline, Money } from '../parts/when.tsx';
import { decisionKeys, useDecisionKeys } from '../state/decision-keys.ts';
import { itemMark, useListKeys } from '../state/list-keys.ts';
import { sessionStore } from '../state/session.ts';
import { hasEnded, needsPerson, tasksStore } from '../state/tasks.ts';
import { useTexts } from '../texts/index.ts';
import { visible } from '../visible.ts';

export function NeedsYouView() {
  const { views, needs } = useTexts();
  const role = useSelector(sessionStore, ({ context }) => context.who?.role);
  return (
    <section className="lane whole" aria-labelledby="needs">
      <h1 id="needs">{views.needsYou}</h1>
      {role !== 'viewer' && <p className="meta keys-hint">{needs.keys}</p>}
      <NeedsYou />
    </section>
  );
}

/** `most` are shown; all without it. */
export function NeedsYou({ most = Number.POSITIVE_INFINITY }: { most?: number }) {
  const { needs, task } = useTexts();
  const cards = useSelector(tasksStore, ({ context }) => context.cards);
  // What somebody is just deciding stays under his hands, whatever becomes of it.
  const [held, setHeld] = useState<ReadonlyMap<string, Card>>(new Map());
  const waiting = useMemo(() => {
    const all = [...cards.values()].filter(card => needsPerson(card) && !held.has(card.id));
    return inOrder([...all, ...held.values()]);
  }, [cards, held]);
  const living = useMemo(() => [...cards.values()].filter(card => !hasEnded(card)).length, [cards]);
  const hold = useCallback((card: Card, isHeld: boolean) => {
    setHeld(before => {
      if (before.has(card.id) === isHeld) return before;
      const next = new Map(before);
      if (isHeld) next.set(card.id, card);
      else next.delete(card.id);
      return next;
    });
  }, []);
  const decided = useRef<{ id: string; at: number } | null>(null);
  const list = useRef<HTMLUListElement>(null);
  // Whoever works through the list is at the next one when his decision is made.
  useEffect(() => {
    const last = decided.current;
    if (last === null || waiting.some(({ id }) => id === last.id)) return;
    decided.current = null;
    const items = [...(list.current?.querySelectorAll<HTMLElement>('[data-item]') ?? [])];
    if (document.activeElement === document.body) items[Math.min(last.at, items.length - 1)]?.focus();
  }, [waiting]);
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
      <ul className="needs" ref={list}>
        {waiting.slice(0, most).map((card, at) => (
          <Row
            key={card.id}
            card={card}
            isOver={held.has(card.id) && isDecided(card, cards.get(card.id))}
            hold={hold}
            onDone={() => {
              decided.current = { id: card.id, at };
              hold(card, false);
            }}
          />
        ))}
      </ul>
      {waiting.length > most && <Link to="/needs-you">{task.showAll(waiting.length)}</Link>}
    </>
  );
}

/** Whether what a card asked is not asked any more. */
const isDecided = (asked: Card, now: Card | undefined) =>
  now === undefined || !needsPerson(now) || now.asks?.number !== asked.asks?.number;

/** The most urgent first, then whoever has waited longest. */
const inOrder = (cards: Card[]) =>
  cards.sort((a, b) => a.priority - b.priority || a.updatedAt.localeCompare(b.updatedAt) || a.id.localeCompare(b.id));

interface RowProps {
  card: Card;
  /** It has moved while it was being decided. */
  isOver: boolean;
  hold(card: Card, isHeld: boolean): void;
  onDone(): void;
}

function Row({ card, isOver, hold, onDone }: RowProps) {
  const { actions, needs, task } = useTexts();
  const role = useSelector(sessionStore, ({ context }) => context.who?.role);
  const acting = useActing({ taskId: card.id, question: card.asks?.number ?? null, isOver, onDone });
  const { isOpen } = acting;
  useEffect(() => hold(card, isOpen), [card, isOpen, hold]);
  const row = useRef<HTMLLIElement>(null);
  const [isHere, setHere] = useState(false);
  const moves = role === 'viewer' ? [] : shown(card.moves);
  useDecisionKeys(moves, isHere, acting.open);
  return (
    <li
      ref={row}
      className={`need ${card.standing}`}
      onFocus={() => setHere(true)}
      onBlur={({ relatedTarget }) => !row.current?.contains(relatedTarget as Node | null) && setHere(false)}
    >
      <Link to={`/tasks/${encodeURIComponent(card.id)}`} className="what" {...itemMark}>
        <b className="id">{card.id}</b> <span className="title">{visible(card.title)}</span>
      </Link>
      <span className="why">
        <Standing standing={card.standing} /> {visible(card.questions === null ? card.why : firstLine(card.questions))}
      </span>
      <span className="meta">
        {card.project} · {card.stage} · {needs.since} <Age at={card.asks?.at ?? card.updatedAt} /> ·{' '}
        {card.deadline === null ? needs.noDeadline : <Deadline {...card.deadline} />} · <Money usd={card.costUsd} /> ·{' '}
        <Link to={`/tasks/${encodeURIComponent(card.id)}?show=changes`}>{task.seeChanges}</Link>
      </span>
      <span className="buttons">
        {moves.map((move, index) => (
          <button
            key={move.event}
            type="button"
            className={move.isUsual && index === 0 ? 'primary' : ''}
            onClick={() => acting.open(move)}
            aria-keyshortcuts={decisionKeys[move.event]}
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
