/** The present, told to everything that shows an age: once for all of it. */
import { createStore } from '@xstate/store';

const everyMs = 5_000;

export const clockStore = createStore({
  context: { now: Date.now() },
  on: { ticked: (_, { now }: { now: number }) => ({ now }) },
});

export function startClock(): void {
  setInterval(() => {
    if (document.visibilityState === 'visible') clockStore.trigger.ticked({ now: Date.now() });
  }, everyMs);
}
