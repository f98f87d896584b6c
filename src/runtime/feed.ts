/**
 * What was committed, told to whoever listens: every transition once, in order, with its position in the log of the store.
 * Whoever only looks, beside the process that works, hears of it too: the store says that it has changed, and the log what.
 */
import type { EventObject, Store, StoredLogEntry } from '../persistence/store.ts';
import type { LiveActor } from './cache.ts';
import { type Changes, createChanges } from './changes.ts';

/** A committed transition. */
export interface Transition extends StoredLogEntry {
  kind: string;
  parentId: string | null;
  status: LiveActor['status'];
  /** What the actor is after it; without a state where its stored snapshot cannot be used. */
  snapshot: LiveActor['snapshot'];
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
 * Everything that was and will be committed after a position, in pages, until one of the signals aborts. Reads from the
 * log, so that a slow reader costs no memory and misses nothing.
 */
export async function* logSince(
  store: Store,
  after: number,
  signals: readonly AbortSignal[],
): AsyncGenerator<StoredLogEntry[]> {
  const changes = changesOf(store, signals);
  try {
    for (let position = after; !signals.some(({ aborted }) => aborted); ) {
      changes.see();
      const page = await store.logSince(position, pageSize);
      const last = page.at(-1);
      if (last === undefined) {
        await changes.next();
      } else {
        yield page;
        position = last.position;
      }
    }
  } finally {
    changes.forget();
  }
}

/** Looks again with every commit until there is an answer. Throws what `look` throws, and the reason of a signal. */
export async function until<T>(
  store: Store,
  look: () => Promise<T | undefined>,
  signals: readonly AbortSignal[],
): Promise<T> {
  const changes = changesOf(store, signals);
  try {
    for (;;) {
      for (const signal of signals) signal.throwIfAborted();
      changes.see();
      const found = await look();
      if (found !== undefined) return found;
      await changes.next();
    }
  } finally {
    changes.forget();
  }
}

/** Changes of the store; `forget` ends the watch. */
function changesOf(store: Store, signals: readonly AbortSignal[]): Changes {
  const changes = createChanges(signals);
  const end = store.watch(changes.hear);
  return {
    ...changes,
    forget() {
      end();
      changes.forget();
    },
  };
}
