/** Wakes everybody who waits. Whoever says what he has heard so far misses nothing, and whoever goes leaves nothing behind. */
export interface Bell {
  /** How often it has rung. */
  readonly rings: number;
  /** How many wait. */
  readonly waiting: number;
  ring(): void;
  /** Resolves when it has rung more often than that, or when the signal aborts. */
  after(rings: number, signal: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  let rings = 0;
  const waiting = new Set<() => void>();
  return {
    get rings() {
      return rings;
    },
    get waiting() {
      return waiting.size;
    },
    ring() {
      rings += 1;
      for (const wake of waiting) wake();
    },
    after(heard, signal) {
      if (rings !== heard || signal.aborted) return Promise.resolve();
      return new Promise(resolve => {
        const wake = () => {
          waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        waiting.add(wake);
        signal.addEventListener('abort', wake);
      });
    },
  };
}
