/** Turns what SQLite says into what a person can act on. */
import Database from 'better-sqlite3';
import { SignalboxError } from '../../domain/errors.ts';

/** Wraps an SQLite failure as `unavailable` with a remedy; hands every other error back as it is. */
export function explain(error: unknown, file: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code } = error;
  const remedy = remedyFor(code, file);
  if (remedy === undefined) return error;
  return new SignalboxError('unavailable', 'storeUnusable', `${remedy} (${code}: ${error.message})`, { cause: error });
}

function remedyFor(code: string, file: string): string | undefined {
  if (code === 'SQLITE_FULL') {
    return `The disk that holds ${file} is full; nothing was written. Free some space and try again.`;
  }
  if (code.startsWith('SQLITE_READONLY')) {
    return `${file} cannot be written; nothing was changed. Check the permissions of the file and its directory.`;
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return `${file} is damaged or no Signalbox database; nothing was written. Restore a backup.`;
  }
  if (code.startsWith('SQLITE_IOERR')) return `${file} cannot be read or written; check the disk.`;
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return `${file} is held by another program; close it and try again.`;
  }
  if (code.startsWith('SQLITE_CANTOPEN'))
    return `${file} cannot be opened; check the permissions of its directory, and that the disk is not read-only.`;
  return undefined;
}
