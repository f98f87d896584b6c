/**
 * Lanes of the outbox: one for each integration, so that one that is away holds up nothing but what goes to it. Whether a
 * lane is passable is known outside the runtime; here it is only asked, and told what happened.
 */
import type { Later } from './kind.ts';

export interface LaneKeeper {
  /** Milliseconds until this action may go through its lane; 0 when it may go now. */
  admit(lane: string, key: string): number | Promise<number>;
  /** Whoever the lane leads to has taken an action, or refused it for good: he is there. */
  onPassed(lane: string, key: string): void;
  /** He is away, or wants to be left alone for a while. */
  onAway(lane: string, key: string, why: Later): void;
  /** Calls back when a lane that was closed may be passable again. */
  onOpen(listener: (lane: string) => void): void;
}

/** Everything goes. */
export const openLanes: LaneKeeper = {
  admit: () => 0,
  onPassed: () => {},
  onAway: () => {},
  onOpen: () => {},
};

/** Places in a lane: so many actions are under way in it at once. */
export interface Places {
  /** Whether there is one free; otherwise `next` is called, once, when there is. `who` waits in one place only. */
  take(who: object, next: () => void): boolean;
  free(): void;
  /** Has everybody who waits look again. */
  callAll(): void;
}

export function createPlaces(count: number): Places {
  const waiting = new Map<object, () => void>();
  let taken = 0;
  return {
    take(who, next) {
      if (taken < count) {
        taken += 1;
        return true;
      }
      waiting.set(who, next);
      return false;
    },
    free() {
      taken -= 1;
      // Who has nothing to do any more takes no place: the next one is asked.
      for (const [who, next] of waiting) {
        if (taken >= count) return;
        waiting.delete(who);
        next();
      }
    },
    callAll() {
      const all = [...waiting.values()];
      waiting.clear();
      for (const next of all) next();
    },
  };
}
