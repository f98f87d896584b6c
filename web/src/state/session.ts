/** Who is signed in. */
import { createStore } from '@xstate/store';
import { ask, onSignedOut, Refused } from '../api/ask.ts';
import type { Session } from '../api/types.ts';

export interface SessionState {
  phase: 'unknown' | 'in' | 'out' | 'unreachable';
  who: Session | null;
  /** Whether somebody was in by a token, and is not let in any more. */
  wasRefused: boolean;
}

export const sessionStore = createStore({
  context: { phase: 'unknown', who: null, wasRefused: false } as SessionState,
  on: {
    entered: (_, { who }: { who: Session }): SessionState => ({ phase: 'in', who, wasRefused: false }),
    left: ({ who, wasRefused }, { isAsked = false }: { isAsked?: boolean }): SessionState => ({
      ...{ phase: 'out', who: null },
      wasRefused: !isAsked && ((who?.isSignedIn ?? false) || wasRefused),
    }),
    unreachable: (state): SessionState => ({ ...state, phase: 'unreachable' }),
  },
});

onSignedOut(() => sessionStore.trigger.left({}));

/** Asks who we are; answers whether somebody is let in. */
export async function findOut(): Promise<boolean> {
  try {
    sessionStore.trigger.entered({ who: await ask<Session>('/session') });
    return true;
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 401) sessionStore.trigger.unreachable();
    return false;
  }
}

/** Throws `Refused` where the token is not accepted. */
export async function signIn(token: string): Promise<void> {
  sessionStore.trigger.entered({ who: await ask<Session>('/session', { method: 'POST', body: { token } }) });
}

export async function signOut(): Promise<void> {
  await ask('/session/end', { method: 'POST', body: {} });
  sessionStore.trigger.left({ isAsked: true });
}
