/** On a wide screen the tasks stand in a list beside the one that is looked at. */
import { useSelector } from '@xstate/store-react';
import { type ReactNode, useDeferredValue, useMemo } from 'react';
import { useListKeys } from '../../state/list-keys.ts';
import { tasksStore } from '../../state/tasks.ts';
import { useWide } from '../../state/width.ts';
import { useTexts } from '../../texts/index.ts';
import { Column } from '../board/column.tsx';
import { inOneList } from '../board/columns.ts';

export function BesideTasks({ id, children }: { id: string; children: ReactNode }) {
  const isWide = useWide();
  return (
    <div className={isWide ? 'beside' : undefined}>
      {isWide && <Tasks current={id} />}
      {children}
    </div>
  );
}

function Tasks({ current }: { current: string }) {
  const { views } = useTexts();
  const cards = useDeferredValue(useSelector(tasksStore, state => state.context.cards));
  const inOrder = useMemo(() => inOneList(cards.values()), [cards]);
  useListKeys();
  return (
    <nav className="others" aria-label={views.board}>
      <Column name={views.board} cards={inOrder} isStageShown current={current} />
    </nav>
  );
}
