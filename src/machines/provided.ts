/** Stand-ins for what `app.ts` provides: they give a machine the name of an effect, never the effect. */
import { fromCallback } from 'xstate';
import { SignalboxError } from '../domain/errors.ts';

/** An actor that is provided from outside. Running it is a mistake in the wiring. */
export const pureActor = fromCallback<{ type: string }, Record<string, unknown>>(() => {
  throw new SignalboxError(
    'invalid',
    'notProvided',
    'This actor has no implementation; the application has to provide it.',
  );
});

/** An action that is provided from outside. It becomes a row of the outbox and is never called here. */
export const notProvided = (): void => {};
