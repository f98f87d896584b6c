/**
 * Who wants to know that something was committed. The owner of the file knows it by itself; whoever only reads is told by
 * the file system, because every commit writes the write-ahead log.
 */
import { type FSWatcher, watch as watchFiles } from 'node:fs';
import { basename, dirname } from 'node:path';

export interface StoreWatch {
  add(onChange: () => void): () => void;
  changed(): void;
  close(): void;
}

/**
 * A commit is to be seen only a moment after the last write to the file, once it is on the disk: so the log is looked at
 * again after these delays, in milliseconds, counted from the last write that was noticed.
 */
const settlingMs = [20, 200, 2_000];

export function createWatch(file: string, isForeign: boolean): StoreWatch {
  const listeners = new Set<() => void>();
  let watcher: FSWatcher | undefined;
  let timers: NodeJS.Timeout[] = [];

  const tell = () => {
    for (const listener of listeners) listener();
  };
  const settle = () => {
    for (const timer of timers) clearTimeout(timer);
    timers = settlingMs.map(delayMs => setTimeout(tell, delayMs));
  };
  const stop = () => {
    watcher?.close();
    watcher = undefined;
    for (const timer of timers) clearTimeout(timer);
    timers = [];
  };
  const start = () => {
    const name = basename(file);
    watcher = watchFiles(dirname(file), (_, changed) => {
      if (changed?.startsWith(name) && !changed.endsWith('-shm')) settle();
    });
  };

  return {
    add(onChange) {
      const own = () => onChange();
      listeners.add(own);
      if (isForeign && watcher === undefined) start();
      return () => {
        listeners.delete(own);
        if (listeners.size === 0) stop();
      };
    },
    changed: tell,
    close() {
      tell();
      listeners.clear();
      stop();
    },
  };
}
