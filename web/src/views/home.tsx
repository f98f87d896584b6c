/** What needs a person, and all the rest below it. */
import { useSelector } from '@xstate/store-react';
import { needsPerson, tasksStore } from '../state/tasks.ts';
import { useTexts } from '../texts/index.ts';
import { BoardView } from './board/board.tsx';
import { NeedsYou } from './needs-you.tsx';

export function HomeView() {
  const { views } = useTexts();
  const isWanted = useSelector(tasksStore, ({ context }) => [...context.cards.values()].some(needsPerson));
  return (
    <>
      {isWanted && (
        <section className="lane" aria-labelledby="needs">
          <h1 id="needs">{views.needsYou}</h1>
          <NeedsYou most={5} />
        </section>
      )}
      <BoardView />
    </>
  );
}
