/** So many at once, and the others in the order of asking. */

export interface Slots {
  /** Runs it when there is room; at once for whoever has moved on meanwhile, who will not do anything any more. */
  use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

export function createSlots(most: number): Slots {
  const waiting = new Set<() => void>();
  let used = 0;
  const release = () => {
    used -= 1;
    const [next] = waiting;
    next?.();
  };
  const acquire = (signal: AbortSignal): Promise<void> =>
    new Promise(resolve => {
      const begin = () => {
        waiting.delete(begin);
        signal.removeEventListener('abort', begin);
        used += 1;
        resolve();
      };
      if (used < most || signal.aborted) begin();
      else {
        waiting.add(begin);
        signal.addEventListener('abort', begin, { once: true });
      }
    });
  return {
    async use(signal, work) {
      await acquire(signal);
      try {
        return await work();
      } finally {
        release();
      }
    },
  };
}
