/** A column of cards, of which only those are made that one can see. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useRef } from 'react';
import type { Card as Shown } from '../../api/types.ts';
import { Card } from './card.tsx';

/** In pixels, with the space below it; the style gives a card the same. */
const cardHeight = 112;

interface ColumnProps {
  name: string;
  cards: readonly Shown[];
  isStageShown: boolean;
  /** The card of what is looked at beside the column. */
  current?: string;
}

export const Column = memo(function Column({ name, cards, isStageShown, current }: ColumnProps) {
  const place = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: cards.length,
    getScrollElement: () => place.current,
    estimateSize: () => cardHeight,
    overscan: 4,
    getItemKey: index => cards[index]!.id,
  });
  const at = current === undefined ? -1 : cards.findIndex(({ id }) => id === current);
  const isThere = at !== -1;
  // Where it moves to later, the list stays where one has it.
  useEffect(() => {
    if (isThere) list.scrollToIndex(at);
  }, [current, isThere]);
  return (
    <section className="column" aria-label={name}>
      <h2>
        {name} <span className="number">{cards.length}</span>
      </h2>
      <div className="cards" ref={place} tabIndex={0} role="group" aria-label={name}>
        <div className="all" style={{ height: list.getTotalSize() }}>
          {list.getVirtualItems().map(({ key, index, start }) => (
            <div key={key} className="slot" style={{ transform: `translateY(${start}px)` }}>
              <Card card={cards[index]!} isStageShown={isStageShown} isCurrent={index === at} />
            </div>
          ))}
        </div>
      </div>
    </section>
  );
});
