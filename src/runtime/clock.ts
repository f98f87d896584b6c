/** The only way in which the runtime knows the time. */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, not before `delayMs` has passed. Answers a function that calls it off. */
  wake(delayMs: number, callback: () => void): () => void;
  /**
   * After how many milliseconds at the most a deadline is looked at again, as this clock can be set back, and the machine can
   * sleep; without it, it runs evenly.
   */
  doubtMs?: number;
  /**
   * When the process last went on after it had not run for a while (a machine that slept), in milliseconds since the epoch. Those at
   * work tell first how they have come through it; deadlines are due a moment later.
   */
  lastWake?(): number;
}

/** Node fires timers with a longer delay at once. */
const longestDelayMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: Date.now,
  wake(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), longestDelayMs));
    return () => clearTimeout(timer);
  },
  doubtMs: 60_000,
};
