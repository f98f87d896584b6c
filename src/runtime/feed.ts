/**
 * What was committed, told to whoever listens: every transition once, in order, with its position in the log of the store.
 * Whoever only looks, beside the process that works, hears of it too: the store says that it has changed, and the log what.
 */
import type { EventObject, Store, StoredLogEntry } from '../persistence/store.ts';
import type { LiveActor } from './cache.ts';

/** A committed transition. */
export interface Transition extends StoredLogEntry {
  kind: string;
  parentId: string | null;
  status: LiveActor['status'];
  emitted: EventObject[];
}

export type TransitionListener = (transition: Transition) => void;

export interface Feed {
  /** Calls for every transition that is committed here from now on. Answers how to end it. */
  listen(listener: TransitionListener): () => void;
  /** Whether anybody listens. */
  readonly isHeard: boolean;
  /** Tells all listeners. One that throws is reported, and neither the others nor the commit suffer from it. */
  publish(transitions: readonly Transition[]): void;
}

export function createFeed(onFault: (error: unknown) => void = () => {}): Feed {
  const listeners = new Set<TransitionListener>();
  return {
    listen(listener) {
      // One function may listen twice, and each is ended by itself.
      const own: TransitionListener = transition => listener(transition);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    get isHeard() {
      return listeners.size > 0;
    },
    publish(transitions) {
      for (const transition of transitions) {
        for (const listener of listeners) {
          try {
            listener(transition);
          } catch (error) {
            onFault(error);
          }
        }
      }
    },
  };
}

const pageSize = 256;

/**
 * Everything that was and will be committed after a position, in pages, until the signal aborts. Reads from the log, so
 * that a slow reader costs no memory and misses nothing.
 */
export async function* logSince(store: Store, after: number, signal: AbortSignal): AsyncGenerator<StoredLogEntry[]> {
  for (let position = after; !signal.aborted; ) {
    const change = nextChange(store, signal);
    try {
      const page = await store.logSince(position, pageSize);
      const last = page.at(-1);
      if (last === undefined) {
        await change.happened;
      } else {
        yield page;
        position = last.position;
      }
    } finally {
      change.forget();
    }
  }
}

/** Looks again with every commit until there is an answer. Throws what `look` throws, and the reason of the signal. */
export async function until<T>(
  store: Store,
  look: () => Promise<T | undefined>,
  signal: AbortSignal = never,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    // Before the look: what comes between the two is not missed.
    const change = nextChange(store, signal);
    try {
      const found = await look();
      if (found !== undefined) return found;
      await change.happened;
    } finally {
      change.forget();
    }
  }
}

const never = new AbortController().signal;

function nextChange(store: Store, signal: AbortSignal): { happened: Promise<void>; forget(): void } {
  let wake = () => {};
  const happened = new Promise<void>(resolve => {
    wake = resolve;
  });
  const forget = store.watch(wake);
  signal.addEventListener('abort', wake, { once: true });
  return {
    happened,
    forget() {
      forget();
      signal.removeEventListener('abort', wake);
    },
  };
}
