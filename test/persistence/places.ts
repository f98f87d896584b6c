/** Where stores can be kept: each implementation of the Store contract, to run the same tests against all of them. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { bootId, type ProcessIdentity } from '../../src/host/process-identity.ts';
import { createMemoryDisk, openMemoryStore } from '../../src/persistence/memory.ts';
import { openSqliteStore } from '../../src/persistence/sqlite/store.ts';
import type { Store } from '../../src/persistence/store.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A process that cannot live: the kernel hands out no pid this large. Its stores can be taken over at once. */
export const deadProcess: ProcessIdentity = { pid: 4_194_305, startTime: '1', bootId: bootId() };

export interface Place {
  /** Opens the store that is kept here, as another process would after the last one died. */
  open(): Store;
}

export const places: { name: string; find: () => Place }[] = [
  {
    name: 'memory',
    find() {
      const disk = createMemoryDisk();
      return { open: () => closedAtTheEnd(openMemoryStore(disk)) };
    },
  },
  {
    name: 'SQLite',
    find() {
      const file = join(temporaryDirectory(), 'signalbox.db');
      return { open: () => closedAtTheEnd(openSqliteStore({ file, identity: deadProcess })) };
    },
  },
];

/** Hands the store back, to be closed when the test is over. */
export function closedAtTheEnd(store: Store): Store {
  onTestFinished(async () => {
    await store.close();
  });
  return store;
}
