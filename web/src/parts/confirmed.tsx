/** A button for what cannot be undone or is seldom wanted: the first press says what it does, the second does it. */
import { useSelector } from '@xstate/store-react';
import { useState } from 'react';
import { useMayDecide } from '../state/live.ts';
import { sessionStore } from '../state/session.ts';
import { useTexts } from '../texts/index.ts';

interface ConfirmedProps {
  label: string;
  /** What it does. */
  says: string;
  /** For administrators alone. */
  isForAdmins?: boolean;
  order(): Promise<void>;
}

export function Confirmed({ label, says, isForAdmins = false, order }: ConfirmedProps) {
  const { act } = useTexts();
  const role = useSelector(sessionStore, ({ context }) => context.who?.role);
  const [phase, setPhase] = useState<'closed' | 'open' | 'sending'>('closed');
  const isLive = useMayDecide();
  const [problem, setProblem] = useState<string | null>(null);
  if (role === 'viewer' || (isForAdmins && role !== 'admin')) return null;
  const send = async () => {
    setPhase('sending');
    setProblem(null);
    await order().then(
      () => setPhase('closed'),
      (error: Error) => {
        setProblem(error.message);
        setPhase('open');
      },
    );
  };
  if (phase === 'closed') {
    return (
      <button type="button" onClick={() => setPhase('open')}>
        {label}…
      </button>
    );
  }
  return (
    <span className="confirm">
      <span>{isLive ? says : act.notLive}</span>
      {problem !== null && (
        <span className="problem" role="alert">
          {problem}
        </span>
      )}
      <button
        type="button"
        className="danger"
        aria-disabled={phase === 'sending' || !isLive}
        onClick={() => phase === 'open' && isLive && void send()}
      >
        {phase === 'sending' ? act.sending : label}
      </button>
      <button type="button" onClick={() => setPhase('closed')}>
        {act.close}
      </button>
    </span>
  );
}
