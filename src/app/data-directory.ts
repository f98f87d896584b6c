/** The data directory: what lies where in it, how it is made, and how its database is opened. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isBecause, SignalboxError } from '../domain/errors.ts';
import { isAlive, type ProcessIdentity } from '../host/process-identity.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../persistence/sqlite/store.ts';
import type { Store } from '../persistence/store.ts';
import { checkoutAround } from './checkout.ts';

/** Where everything of one data directory lies. Absolute paths. */
export interface DataPaths {
  dataDir: string;
  database: string;
  runsDir: string;
  worktreesDir: string;
  /** Where gates check out what they judge: outside every other checkout, whose files they must not find. */
  checkoutsDir: string;
  /** What may be removed at any time: what set-ups have made, and what commands came to on targets. */
  cacheDir: string;
  lock: string;
  /** Where whoever works here listens. */
  socket: string;
  /** Where a service writes its address. */
  service: string;
}

export function dataPaths(dataDir: string): DataPaths {
  const absolute = resolve(dataDir);
  return {
    dataDir: absolute,
    database: join(absolute, 'signalbox.db'),
    runsDir: join(absolute, 'runs'),
    worktreesDir: join(absolute, 'worktrees'),
    checkoutsDir: checkoutsDirFor(absolute),
    cacheDir: join(absolute, 'cache'),
    lock: join(absolute, 'lock'),
    socket: join(absolute, 'api.sock'),
    service: join(absolute, 'service.json'),
  };
}

/**
 * Beside the data, unless that lies in a checkout: programs look upwards for their packages and settings, and would find those of
 * the user there.
 */
function checkoutsDirFor(dataDir: string): string {
  if (checkoutAround(dirname(dataDir)) === undefined) return join(dataDir, 'checkouts');
  const state = process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  return join(state, 'signalbox', createHash('sha256').update(dataDir).digest('hex').slice(0, 16), 'checkouts');
}

/** Makes what is missing. Throws `directoryUnusable`. */
export function makeDataDir({ dataDir, runsDir, worktreesDir }: DataPaths): void {
  try {
    for (const directory of [dataDir, runsDir, worktreesDir]) makeDirectory(directory);
    // The data directory often lies in a repository; it never belongs to it. Prompt templates beside it do.
    const ignore = join(dataDir, '.gitignore');
    if (!existsSync(ignore)) writeFileSync(ignore, '*\n!prompts/\n!prompts/**\n');
  } catch (error) {
    const reason = (error as Error).message;
    throw new SignalboxError(
      'unavailable',
      'directoryUnusable',
      `${dataDir} cannot be used as data directory: ${reason}`,
      { cause: error },
    );
  }
}

/** With all above it. One after another: Node's own way never ends on a file system such as /proc, which refuses with "not there". */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  if (!existsSync(dirname(directory))) makeDirectory(dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Somebody else was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** What is left for us on its disk, in bytes. */
export async function freeDiskOf({ dataDir }: Pick<DataPaths, 'dataDir'>): Promise<number> {
  const { bavail, bsize } = await statfs(dataDir);
  return bavail * bsize;
}

/** Throws `noData` when there is no database in the directory. */
export function requireData({ dataDir, database }: DataPaths): void {
  if (existsSync(database)) return;
  throw new SignalboxError('not_found', 'noData', `There is no Signalbox data in ${dataDir}.`, {
    remedy: { say: 'give another directory', field: 'data' },
  });
}

/** The living process that has the data directory. */
export function ownerOf({ lock }: Pick<DataPaths, 'lock'>): ProcessIdentity | undefined {
  try {
    const owner = JSON.parse(readFileSync(lock, 'utf8')) as ProcessIdentity;
    return isAlive(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** Opens the database. Who only reads cannot bring older data to the present schema, so it is opened for writing once. */
export async function openData(options: SqliteStoreOptions): Promise<Store> {
  try {
    return openSqliteStore(options);
  } catch (error) {
    if (!isBecause(error, 'unmigratedData')) throw error;
    const store = openSqliteStore({ ...options, readonly: false });
    try {
      const [{ tagStored }, { machineKinds }] = await Promise.all([
        import('../runtime/index.ts'),
        import('./machine-kinds.ts'),
      ]);
      await tagStored(store, machineKinds);
    } finally {
      await store.close();
    }
    return openSqliteStore(options);
  }
}
