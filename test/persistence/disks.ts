/** Disks to run out of and to lock, and a look at the connection that a store keeps to itself. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished, vi } from 'vitest';
import { temporaryDirectory } from '../support/temporary.ts';

const mount = (...args: string[]) => execFileSync('mount', args, { stdio: 'ignore' });
const unmount = (directory: string) => execFileSync('umount', ['--lazy', directory], { stdio: 'ignore' });

/** Whether this machine lets us have a little disk of our own. */
export const canMount = (() => {
  const directory = `/tmp/signalbox-test-mount-${process.pid}`;
  mkdirSync(directory, { recursive: true });
  try {
    mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory);
    unmount(directory);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
})();

/** A disk of this size in memory. */
export function littleDisk(megabytes: number) {
  const directory = join(temporaryDirectory(), 'disk');
  mkdirSync(directory);
  mount('-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory);
  onTestFinished(() => void unmount(directory));
  const filler = join(directory, 'filler');
  return {
    directory,
    fill() {
      for (const size of [65_536, 4_096, 1]) {
        try {
          for (;;) appendFileSync(filler, Buffer.alloc(size));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
    },
    makeRoom: () => rmSync(filler),
    makeReadonly: () => mount('-o', 'remount,ro', directory),
  };
}

/** The connections that are opened while `open` runs, last first: a store hides its own. */
export function connectionsOf<T>(open: () => T): { result: T; connections: Database.Database[] } {
  const connections = new Set<Database.Database>();
  const { pragma } = Database.prototype;
  const spy = vi.spyOn(Database.prototype, 'pragma').mockImplementation(function (
    this: Database.Database,
    ...args: Parameters<typeof pragma>
  ) {
    connections.add(this);
    return pragma.apply(this, args);
  });
  try {
    const result = open();
    return { result, connections: [...connections].reverse() };
  } finally {
    spy.mockRestore();
  }
}
