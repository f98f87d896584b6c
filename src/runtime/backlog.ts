/**
 * Work that waits in the store, taken up in order and only as much at a time as there is room for. However much is
 * open when the process starts, memory holds no more than `capacity` of it.
 */
import type { Awaitable } from '../persistence/store.ts';

export interface BacklogOptions<T> {
  capacity: number;
  load(after: number, limit: number): Awaitable<T[]>;
  /** Begins with one item; `done` is called for it later. `isFound`: it was in the store, perhaps since before this process. */
  start(item: T, isFound: boolean): void;
  /** Items that are not ours to do. They stay in the store. */
  isWanted(item: T): boolean;
}

export interface Backlog<T> {
  /** Takes up items that have just been stored, or leaves them for later when there is no room. */
  add(items: readonly T[]): void;
  /** Takes up what waits in the store. */
  pull(): Promise<void>;
  /** Takes up one item again that had been given up, whatever its position. */
  revive(item: T): void;
  /** Makes room for one more. */
  done(): void;
  /** Takes up nothing more. */
  close(): void;
}

export function createBacklog<T extends { position: number }>(options: BacklogOptions<T>): Backlog<T> {
  const { capacity, load, start, isWanted } = options;
  let active = 0;
  /** Everything up to this position has been taken up. */
  let cursor = 0;
  let isDrained = false;
  let isPulling = false;
  let hasGrown = false;
  let isClosed = false;

  const begin = (item: T, isFound: boolean) => {
    cursor = Math.max(cursor, item.position);
    if (!isWanted(item)) return;
    active += 1;
    start(item, isFound);
  };

  async function pull(): Promise<void> {
    if (isPulling) return;
    isPulling = true;
    try {
      while (!isDrained && !isClosed && active < capacity) {
        hasGrown = false;
        const items = await load(cursor, capacity - active);
        for (const item of items) begin(item, true);
        // What was stored while the page was read is on the next page.
        if (items.length === 0 && !hasGrown) isDrained = true;
      }
    } finally {
      isPulling = false;
    }
  }

  /** A store that cannot be read now is read again when the next item is added or done. */
  const take = () => {
    if (!isClosed) pull().catch(() => {});
  };

  return {
    close() {
      isClosed = true;
    },
    add(items) {
      for (const item of items) {
        if (isDrained && active < capacity) {
          begin(item, false);
        } else {
          isDrained = false;
          hasGrown = true;
        }
      }
      if (!isDrained) take();
    },
    pull,
    revive: item => begin(item, true),
    done() {
      active -= 1;
      if (!isDrained) take();
    },
  };
}
