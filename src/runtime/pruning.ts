/**
 * Removes what has ended long ago, a bite at a time and between turns: while a bite is taken nothing is being committed,
 * and it is taken only when no event waits, so that none is on its way to what goes.
 */
import type { Pruned, PruneQuery, Store } from '../persistence/store.ts';
import type { ActorCache } from './cache.ts';

interface Bite {
  query: PruneQuery;
  resolve(pruned: Pruned): void;
  reject(error: unknown): void;
}

export interface Pruning {
  readonly isWanted: boolean;
  /** Resolves when the bite was taken. Throws what the store throws. */
  ask(query: PruneQuery): Promise<Pruned>;
  /** Takes the bite that has waited for longest. Never throws: whoever asked is told. */
  takeOne(): Promise<void>;
  /** Nothing more is taken. */
  refuse(error: unknown): void;
}

export function createPruning(store: Store, cache: ActorCache, schedule: () => void): Pruning {
  const waiting: Bite[] = [];
  return {
    get isWanted() {
      return waiting.length > 0;
    },
    ask: query =>
      new Promise((resolve, reject) => {
        waiting.push({ query, resolve, reject });
        schedule();
      }),
    async takeOne() {
      const bite = waiting.shift();
      if (bite === undefined) return;
      try {
        const pruned = await store.prune(bite.query);
        if (!bite.query.isDryRun) cache.forget(pruned.actors);
        bite.resolve(pruned);
      } catch (error) {
        bite.reject(error);
      }
    },
    refuse(error) {
      for (const { reject } of waiting.splice(0)) reject(error);
    },
  };
}
