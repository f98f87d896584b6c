/**
 * A clock for measurements in which hours are waited: it stands still while anybody has something to do, and moves on to
 * the next instant for which somebody waits when nobody has.
 */
import type { Clock } from '../src/runtime/index.ts';

export interface MovingClock extends Clock {
  sleep(ms: number): Promise<void>;
  /** Work of which the clock knows nothing by itself: time does not pass meanwhile. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Somebody has done something: whatever follows from it comes first. */
  stir(): void;
  /** Lets time pass at once, whatever anybody does. */
  hop(ms: number): Promise<void>;
  /** Lets time pass until then, or until it is enough. */
  pass(until: number, isEnough?: () => boolean): Promise<void>;
}

/** Rounds of the event loop in which nothing must happen before time passes: what was begun in one goes on in the next. */
const quietRounds = 12;

export function createMovingClock(start = Date.now()): MovingClock {
  let now = start;
  let working = 0;
  let quiet = 0;
  const sleepers = new Set<{ at: number; callback: () => void }>();
  const wake: Clock['wake'] = (delayMs, callback) => {
    const sleeper = { at: now + Math.ceil(Math.max(0, delayMs)), callback };
    sleepers.add(sleeper);
    return () => void sleepers.delete(sleeper);
  };
  const stir = () => {
    quiet = 0;
  };
  const moveTo = (at: number) => {
    now = Math.max(now, at);
    const due = [...sleepers].filter(sleeper => sleeper.at <= now).sort((one, other) => one.at - other.at);
    for (const sleeper of due) if (sleepers.delete(sleeper)) sleeper.callback();
  };
  return {
    now: () => now,
    wake,
    stir,
    sleep: ms => new Promise(resolve => wake(ms, resolve)),
    async during(work) {
      working += 1;
      try {
        return await work;
      } finally {
        working -= 1;
        stir();
      }
    },
    async hop(ms) {
      for (const until = now + ms; now < until; ) {
        moveTo(Math.min(until, ...[...sleepers].map(({ at }) => at)));
        await new Promise(resolve => setImmediate(resolve));
      }
    },
    async pass(until, isEnough = () => false) {
      for (stir(); !isEnough(); quiet += 1) {
        await new Promise(resolve => setImmediate(resolve));
        if (working > 0) stir();
        if (quiet < quietRounds) continue;
        if (now >= until) return;
        moveTo(Math.min(until, ...[...sleepers].map(({ at }) => at)));
        stir();
      }
    },
  };
}
