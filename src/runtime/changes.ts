/** Waits for news while something else is looked at now and then; what comes meanwhile is not missed. */
export interface Changes {
  /** There is news. */
  hear(): void;
  /** Everything so far is about to be looked at: what comes from now on is news. */
  see(): void;
  /** Resolves when there is news. */
  next(): Promise<void>;
  /** Listens to the signals no more. */
  forget(): void;
}

/** A signal that aborts is news too. */
export function createChanges(signals: readonly AbortSignal[]): Changes {
  let isNew = false;
  let wake = () => {};
  const hear = () => {
    isNew = true;
    wake();
  };
  for (const signal of signals) signal.addEventListener('abort', hear);
  return {
    hear,
    see() {
      isNew = false;
    },
    async next() {
      if (isNew) return;
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    },
    forget() {
      for (const signal of signals) signal.removeEventListener('abort', hear);
    },
  };
}
