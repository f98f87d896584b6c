/** The line above everything: where one can go, how many need a person, whether what is shown is live, and who looks. */
import { useSelector } from '@xstate/store-react';
import { useEffect, useRef } from 'react';
import { Link } from '../parts/link.tsx';
import { useLinkStatus } from '../state/live.ts';
import type { Place } from '../state/place.ts';
import { sessionStore, signOut } from '../state/session.ts';
import { needsPerson, tasksStore } from '../state/tasks.ts';
import { useTexts } from '../texts/index.ts';

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

interface HeaderProps {
  place: Place;
  openPalette(): void;
  openHelp(): void;
}

export function Header({ place: { path }, openPalette, openHelp }: HeaderProps) {
  const texts = useTexts();
  const { views } = texts;
  const waiting = useSelector(tasksStore, ({ context }) => [...context.cards.values()].filter(needsPerson).length);
  const state = useLinkStatus();
  const who = useSelector(sessionStore, ({ context }) => context.who);
  useEffect(() => {
    document.title = waiting > 0 ? `(${waiting}) Signalbox` : 'Signalbox';
  }, [waiting]);
  const nav = useRef<HTMLElement>(null);
  // On a phone there is no room for all of them.
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [path[0]]);
  const to = (name: string, label: string, extra?: React.ReactNode) => (
    <Link to={`/${name}`} aria-current={path[0] === name ? 'page' : undefined}>
      {label}
      {extra}
    </Link>
  );
  return (
    <header className="top">
      <Link to="/" className="brand" aria-current={path.length === 0 ? 'page' : undefined}>
        Signalbox
      </Link>
      <nav aria-label="Signalbox" ref={nav}>
        {to('needs-you', views.needsYou, waiting > 0 && <b className="count">{waiting}</b>)}
        {to('board', views.board)}
        {to('agents', views.agents)}
        {to('figures', views.figures)}
        {to('pipelines', views.pipelines)}
        {to('operations', views.operations)}
      </nav>
      <button type="button" className="quiet" onClick={openPalette}>
        <span className="unseen">{texts.palette.title}</span> {isApple ? '⌘K' : 'Ctrl K'}
      </button>
      <button type="button" className="quiet" onClick={openHelp}>
        <span className="unseen">{texts.help.title}</span> ?
      </button>
      <span className={`link ${state}`} role="status">
        <i className="mark" aria-hidden="true" />
        {texts.link[state]}
      </span>
      {who !== null && (
        <span className="who" title={who.role === 'viewer' ? texts.session.mayOnlyLook : who.role}>
          {who.name} {who.role === 'viewer' && <span className="meta">{texts.session.mayOnlyLook}</span>}
          {who.isSignedIn && (
            <button type="button" className="quiet" onClick={() => void signOut()}>
              {texts.session.leave}
            </button>
          )}
        </span>
      )}
    </header>
  );
}
