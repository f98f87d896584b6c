/** Signing in with a token. It goes to the service once, and lies in a cookie that no script can read. */
import { useSelector } from '@xstate/store-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { begin } from '../state/engine.ts';
import { sessionStore, signIn } from '../state/session.ts';
import { useTexts } from '../texts/index.ts';

export function SignIn() {
  const { session } = useTexts();
  const field = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isEntering, setEntering] = useState(false);
  const wasIn = useSelector(sessionStore, ({ context }) => context.wasRefused);
  useEffect(() => field.current?.focus(), []);

  const enter = async (event: FormEvent) => {
    event.preventDefault();
    setEntering(true);
    try {
      await signIn(field.current!.value.trim());
      await begin();
    } catch (error) {
      setProblem((error as Error).message);
      setEntering(false);
      field.current?.select();
    }
  };
  return (
    <main className="alone">
      <form className="sign-in" onSubmit={event => void enter(event)}>
        <h1>Signalbox</h1>
        {wasIn ? <p role="status">{session.ended}</p> : null}
        <p>
          {session.why} <code>signalbox token create NAME --role operator</code>
        </p>
        <label htmlFor="token">{session.token}</label>
        <input
          ref={field}
          id="token"
          type="password"
          required
          maxLength={4_000}
          autoComplete="current-password"
          spellCheck={false}
          aria-describedby={problem === null ? undefined : 'token-problem'}
        />
        {problem !== null && (
          <p className="problem" role="alert" id="token-problem">
            {problem}
          </p>
        )}
        <button type="submit" className="primary" disabled={isEntering}>
          {isEntering ? session.entering : session.enter}
        </button>
      </form>
    </main>
  );
}
