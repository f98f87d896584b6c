/** The one row that says which process may write. See invariant I9: one writer, and late writes fail. */
import type { Database } from 'better-sqlite3';
import { SignalboxError } from '../../domain/errors.ts';
import { isAlive, type ProcessIdentity } from '../../host/process-identity.ts';
import type { Owner } from '../store.ts';

interface OwnerRecord {
  pid: number | null;
  start_time: string;
  boot_id: string;
  epoch: number;
}

export function createOwnerTable(db: Database) {
  const select = db.prepare<[], OwnerRecord>('SELECT pid, start_time, boot_id, epoch FROM owner');
  const replace = db.prepare<[number, string, string, number]>(
    'UPDATE owner SET pid = ?, start_time = ?, boot_id = ?, epoch = ?',
  );
  const clear = db.prepare<[number]>("UPDATE owner SET pid = NULL, start_time = '', boot_id = '' WHERE epoch = ?");
  const disown = db.prepare("UPDATE owner SET pid = NULL, start_time = '', boot_id = ''");
  const epoch = db.prepare<[], number>('SELECT epoch FROM owner').pluck();

  const read = (): Owner | undefined => {
    const row = select.get();
    if (row === undefined || row.pid === null) return undefined;
    return { pid: row.pid, startTime: row.start_time, bootId: row.boot_id, epoch: row.epoch };
  };
  const refuseLiving = (file: string): void => {
    const owner = read();
    if (owner !== undefined && isAlive(owner)) throw ownedBy(owner, file);
  };

  return {
    /** The present owner, whether it lives or not. */
    read,
    /** Throws `conflict` while an owner lives. */
    refuseLiving,
    /** Leaves the file without an owner: for a copy, which belongs to nobody. */
    disown: () => disown.run(),
    /** Takes ownership and answers the new epoch. Throws `conflict` while another owner lives. */
    take(identity: ProcessIdentity, file: string): number {
      return db
        .transaction(() => {
          refuseLiving(file);
          const next = (epoch.get() ?? 0) + 1;
          replace.run(identity.pid, identity.startTime, identity.bootId, next);
          return next;
        })
        .immediate();
    },
    /** Throws `fenced` when a later epoch has been handed out. Called inside every writing transaction. */
    verify(expected: number): void {
      const current = epoch.get();
      if (current !== expected) {
        throw new SignalboxError(
          'fenced',
          'takenOver',
          `Another process has taken over the store: it writes under epoch ${current}, this one held ${expected}.`,
        );
      }
    },
    release(held: number): void {
      clear.run(held);
    },
  };
}

function ownedBy(owner: ProcessIdentity, file: string): SignalboxError {
  return new SignalboxError(
    'conflict',
    'inUse',
    `${file} is in use by process ${owner.pid}, which works on it. Only one can.`,
    {
      remedy: {
        say: 'order the task there, where it is worked on, or give another directory',
        field: 'data',
      },
    },
  );
}
