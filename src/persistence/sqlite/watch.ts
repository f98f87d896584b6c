/**
 * Who wants to know that something was committed. The owner of the file knows it by itself; whoever only reads is told by
 * the file system, because every commit writes the write-ahead log.
 */
import { basename, dirname } from 'node:path';
import { watchDirectory } from '../../host/watch-directory.ts';
import { tellAll } from '../listeners.ts';

export interface StoreWatch {
  add(onChange: () => void): () => void;
  changed(): void;
  close(): void;
}

/** A commit is to be seen only a moment after its last write to the file, once it is on the disk. In milliseconds. */
const soonMs = 20;
const laterMs = [200, 2_000];

export function createWatch(file: string, isForeign: boolean): StoreWatch {
  const listeners = new Set<() => void>();
  let watcher: { close(): void } | undefined;
  let soon: NodeJS.Timeout | undefined;
  let later: NodeJS.Timeout[] = [];

  const tell = () => tellAll(listeners);

  /** Looks that are due are not put off, or none would come while others write all the time; those after the last write are. */
  function settle(): void {
    soon ??= setTimeout(() => {
      soon = undefined;
      tell();
    }, soonMs);
    for (const timer of later) clearTimeout(timer);
    later = laterMs.map(delayMs => setTimeout(tell, delayMs));
  }

  function start(): void {
    const name = basename(file);
    watcher = watchDirectory(dirname(file), changed => {
      if (changed === null || (changed.startsWith(name) && !changed.endsWith('-shm'))) settle();
    });
  }

  function stop(): void {
    watcher?.close();
    watcher = undefined;
    for (const timer of [soon, ...later]) clearTimeout(timer);
    soon = undefined;
    later = [];
  }

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
