/** The page: what is always there, and the view of the place where one is. */
import { useSelector } from '@xstate/store-react';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { Boundary } from './parts/boundary.tsx';
import { Help } from './parts/help.tsx';
import { Link } from './parts/link.tsx';
import { Palette } from './parts/palette.tsx';
import { Header } from './shell/header.tsx';
import { LinkNotice } from './shell/link-notice.tsx';
import { SignIn } from './shell/sign-in.tsx';
import { useKeys } from './state/keys.ts';
import { go, type Place, placeStore } from './state/place.ts';
import { sessionStore } from './state/session.ts';
import { useTexts } from './texts/index.ts';
import { BoardView } from './views/board/board.tsx';
import { HomeView } from './views/home.tsx';
import { NeedsYouView } from './views/needs-you.tsx';
import { BesideTasks } from './views/task/beside.tsx';

const loadTask = () => import('./views/task/task.tsx');
const TaskView = lazy(loadTask);
const AgentsView = lazy(() => import('./views/agents/agents.tsx'));
const AgentView = lazy(() => import('./views/agents/agent.tsx'));
const PipelinesView = lazy(() => import('./views/pipelines/pipelines.tsx'));
const OperationsView = lazy(() => import('./views/operations/operations.tsx'));
const DeliveryView = lazy(() => import('./views/operations/delivery.tsx'));
const FiguresView = lazy(() => import('./views/figures/figures.tsx'));

export function App() {
  const place = useSelector(placeStore, ({ context }) => context);
  const { phase } = useSelector(sessionStore, ({ context }) => context);
  const [over, setOver] = useState<'palette' | 'help' | null>(null);
  const texts = useTexts();
  const keys = useMemo(
    () => ({
      'mod+k': () => setOver('palette'),
      '?': () => setOver('help'),
      'g b': () => go('/board'),
      'g n': () => go('/needs-you'),
      'g a': () => go('/agents'),
      'g f': () => go('/figures'),
      'g p': () => go('/pipelines'),
      'g o': () => go('/operations'),
    }),
    [],
  );
  useKeys(keys);
  // Whoever looks at the board opens a task soon.
  useEffect(() => {
    // Where it cannot be had now, it is asked for when it is needed.
    if (phase === 'in') loadTask().catch(() => {});
  }, [phase]);

  if (phase === 'unknown') return null;
  if (phase === 'unreachable') return <p className="alone">{texts.session.unreachable}</p>;
  if (phase === 'out') return <SignIn />;
  return (
    <>
      <a className="skip" href="#content">
        {texts.skip}
      </a>
      <Header place={place} openPalette={() => setOver('palette')} openHelp={() => setOver('help')} />
      <LinkNotice />
      <main id="content" tabIndex={-1}>
        <Boundary place={place.path.join('/')}>
          <Suspense fallback={<p className="reading">{texts.reading}</p>}>{viewAt(place)}</Suspense>
        </Boundary>
      </main>
      {over === 'palette' && <Palette close={() => setOver(null)} openHelp={() => setOver('help')} />}
      {over === 'help' && <Help close={() => setOver(null)} />}
    </>
  );
}

function viewAt({ path: [view = '', id] }: Place) {
  if (view === '') return <HomeView />;
  if (view === 'needs-you') return <NeedsYouView />;
  if (view === 'board' || (view === 'tasks' && id === undefined)) return <BoardView />;
  if (view === 'tasks') {
    return (
      <BesideTasks id={id!}>
        <TaskView key={id} id={id!} />
      </BesideTasks>
    );
  }
  if (view === 'agents') return id === undefined ? <AgentsView /> : <AgentView key={id} id={id} />;
  if (view === 'pipelines') return <PipelinesView name={id ?? null} />;
  if (view === 'operations') return <OperationsView part={id ?? null} />;
  if (view === 'deliveries' && id !== undefined) return <DeliveryView key={id} id={id} />;
  if (view === 'figures') return <FiguresView />;
  return <Nowhere />;
}

function Nowhere() {
  const { failed } = useTexts();
  return (
    <div className="failed">
      <p>{failed.unknown}</p>
      <Link to="/board">{failed.toBoard}</Link>
    </div>
  );
}
