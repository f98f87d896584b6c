/** Opening the database file: is it ours, is it whole, is it of our version, and how SQLite has to keep it. */
import { chmodSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { SignalboxError } from '../../domain/errors.ts';
import { explain } from './errors.ts';
import { createOwnerTable } from './owner.ts';
import { applicationId, migrations } from './schema.ts';

/** Files up to this size are checked from end to end before anything else happens; larger ones in the background. */
const fullCheckLimitBytes = 32 * 1024 * 1024;

export interface OpenOptions {
  readonly?: boolean;
  /** Called with every statement before it runs. */
  trace?: (sql: string) => void;
}

/** What was opened, and whether the check from end to end is still to be done. */
export interface OpenedDatabase {
  db: Database.Database;
  isChecked: boolean;
}

/**
 * Opens or creates the file. Throws `unavailable` when it cannot be read, written or trusted, `invalid` when it belongs
 * to another program or to a newer Signalbox.
 */
export function openDatabase(file: string, { readonly = false, trace }: OpenOptions = {}): OpenedDatabase {
  let db: Database.Database | undefined;
  try {
    const isNew = !existsSync(file) || statSync(file).size === 0;
    if (isNew && readonly) throw new SignalboxError('not_found', 'noData', `There is no database at ${file}.`);
    requireDirectory(file);
    db = new Database(file, { readonly, timeout: 5_000, ...(trace && { verbose: sql => trace(String(sql)) }) });
    if (!isNew) refuseStrangers(db, file);
    if (readonly) refuseUnmigrated(db, file);
    if (!readonly) {
      db.pragma('journal_mode = WAL');
      // FULL: an acknowledged event survives a power cut, not only the death of this process.
      db.pragma('synchronous = FULL');
    }
    if (isNew) chmodSync(file, 0o600);
    db.pragma('foreign_keys = ON');
    db.pragma('cache_size = -16000');
    const isChecked = isNew || statSync(file).size <= fullCheckLimitBytes;
    if (!isNew && isChecked) refuseDamage(db, file);
    if (!readonly) migrate(db, file);
    return { db, isChecked };
  } catch (error) {
    db?.close();
    throw explain(error, file);
  }
}

function refuseStrangers(db: Database.Database, file: string): void {
  const id = db.pragma('application_id', { simple: true });
  const version = Number(db.pragma('user_version', { simple: true }));
  // Made by us and cut off before the first migration.
  const isBlank = id === 0 && version === 0 && db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (isBlank) return;
  if (id !== applicationId) {
    throw new SignalboxError('invalid', 'foreignData', `${file} is an SQLite database of another program.`, {
      remedy: { say: 'give another directory', field: 'data' },
    });
  }
  if (version > migrations.length) {
    throw new SignalboxError(
      'invalid',
      'newerData',
      `${file} was written by a newer Signalbox (schema ${version}, this one knows ${migrations.length}). ` +
        'Install that version, or restore the backup that it made before it migrated.',
    );
  }
}

/** A reader changes nothing, so it cannot bring the file to the present schema. */
function refuseUnmigrated(db: Database.Database, file: string): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version === migrations.length) return;
  const why = `${file} was written by an older Signalbox (schema ${version}, this one has ${migrations.length}).`;
  throw new SignalboxError('unavailable', 'unmigratedData', why, { remedy: { say: 'open it once for writing' } });
}

function refuseDamage(db: Database.Database, file: string): void {
  const problems = checkIntegrity(db);
  if (problems.length > 0) {
    throw new SignalboxError(
      'unavailable',
      'damagedData',
      `${file} is damaged (${problems[0]}); nothing was written. Restore a backup.`,
    );
  }
}

/** SQLite's own check of the whole file and of every foreign key. Empty when all is well. */
export function checkIntegrity(db: Database.Database): string[] {
  const rows = db.pragma('integrity_check') as { integrity_check: string }[];
  const foreign = db.pragma('foreign_key_check') as { table: string; rowid: number; parent: string }[];
  return [
    ...rows.map(row => row.integrity_check).filter(text => text !== 'ok'),
    ...foreign.map(row => `row ${row.rowid} of ${row.table} refers to nothing in ${row.parent}`),
  ];
}

function migrate(db: Database.Database, file: string): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version === migrations.length) return;
  if (version > 0) {
    createOwnerTable(db).refuseLiving(file);
    keepCopy(db, `${file}.schema-${version}.bak`);
  }
  db.transaction(() => {
    // Another process may have been faster, or may have begun to work meanwhile.
    if (Number(db.pragma('user_version', { simple: true })) !== version) return;
    if (version > 0) createOwnerTable(db).refuseLiving(file);
    for (const migration of migrations.slice(version)) db.exec(migration);
    db.pragma(`application_id = ${applicationId}`);
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
}

/** A backup that is there whole or not at all. */
function keepCopy(db: Database.Database, file: string): void {
  const unfinished = `${file}.tmp`;
  rmSync(unfinished, { force: true });
  db.prepare('VACUUM INTO ?').run(unfinished);
  renameSync(unfinished, file);
}

/** Throws `unavailable` when the directory that is to hold the file is not there. */
export function requireDirectory(file: string): void {
  if (existsSync(dirname(file))) return;
  throw new SignalboxError(
    'unavailable',
    'directoryUnusable',
    `${file} cannot be used: there is no directory ${dirname(file)}.`,
  );
}
