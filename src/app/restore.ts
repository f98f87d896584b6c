/** Puts a backup in the place of the database, and keeps what was there. */
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { messageOf, SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { type DataPaths, makeDataDir, openData, ownerOf } from './data-directory.ts';

export interface Restored {
  database: string;
  /** Where the database that was there lies now; null where there was none. */
  before: string | null;
  /** How many tasks the backup holds. */
  tasks: number;
}

/** What SQLite keeps beside a database belongs to it, and would be written into another one. */
const parts = ['', '-wal', '-shm'] as const;

/**
 * The backup is copied and looked at before anything is moved: a file that is none, or is damaged, changes nothing. Throws
 * `inUse` while somebody works on the data, `fileMissing`, `badBackup`.
 */
export async function restore(paths: DataPaths, file: string): Promise<Restored> {
  const owner = ownerOf(paths);
  if (owner !== undefined) {
    const why = `Process ${owner.pid} works on ${paths.dataDir}.`;
    throw new SignalboxError('conflict', 'inUse', why, { remedy: { say: 'stop it first' } });
  }
  if (file.includes('\0') || !existsSync(file) || !statSync(file).isFile()) {
    throw new SignalboxError('invalid', 'fileMissing', `There is no file ${quote(file)}.`, {
      remedy: { say: 'give a file that a backup was written to', field: 'file' },
    });
  }
  makeDataDir(paths);
  const { database } = paths;
  const copy = `${database}.restoring`;
  removeAll(copy);
  copyFileSync(file, copy);
  chmodSync(copy, 0o600);
  const tasks = await lookInto(copy, file).finally(() => {
    for (const part of ['-wal', '-shm']) rmSync(`${copy}${part}`, { force: true });
  });
  const before = freeName(`${database}.before-restore`);
  const isThere = existsSync(database);
  // What stands beside a database goes with it, also where a crash has left it alone.
  for (const part of parts) if (existsSync(`${database}${part}`)) renameSync(`${database}${part}`, `${before}${part}`);
  renameSync(copy, database);
  return { database, before: isThere ? before : null, tasks };
}

/** How many tasks are in it. Brings it to the present schema. Throws `badBackup`, and leaves nothing of the copy behind. */
async function lookInto(copy: string, file: string): Promise<number> {
  try {
    const store = await openData({ file: copy });
    try {
      const problems = await store.integrity();
      if (problems.length > 0) throw new Error(problems[0]);
      const all = (await store.counts('task')).find(({ tag }) => tag === '');
      return (all?.living ?? 0) + (all?.ended ?? 0);
    } finally {
      await store.close();
    }
  } catch (error) {
    removeAll(copy);
    const why = `${quote(file)} is no backup that can be restored: ${messageOf(error)}`;
    throw new SignalboxError('invalid', 'badBackup', why, {
      cause: error,
      remedy: { say: 'give another', field: 'file' },
    });
  }
}

function removeAll(database: string): void {
  for (const part of parts) rmSync(`${database}${part}`, { force: true });
}

function freeName(wanted: string): string {
  for (let number = 1; ; number++) {
    const name = `${wanted}-${number}`;
    if (!parts.some(part => existsSync(`${name}${part}`))) return name;
  }
}
