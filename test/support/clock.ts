/** A clock that is moved by hand. */
import type { Clock } from '../../src/runtime/index.ts';

export interface FakeClock extends Clock {
  /** Moves the time forward, waking everybody who is due, in order. */
  advance(ms: number): void;
  set(at: number): void;
}

export function createFakeClock(start = 1_000_000): FakeClock {
  let now = start;
  let sleepers: { at: number; callback: () => void }[] = [];
  const wakeDue = () => {
    const due = sleepers.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    sleepers = sleepers.filter(({ at }) => at > now);
    for (const { callback } of due) callback();
  };
  return {
    now: () => now,
    wake(delayMs, callback) {
      const sleeper = { at: now + delayMs, callback };
      sleepers.push(sleeper);
      return () => {
        sleepers = sleepers.filter(other => other !== sleeper);
      };
    },
    // As of one that is not moved by hand.
    doubtMs: 60_000,
    advance(ms) {
      now += ms;
      wakeDue();
    },
    set(at) {
      now = at;
      wakeDue();
    },
  };
}
