/** What is particular to the store in an SQLite file: who may open it, what it refuses to touch, and what a bad disk does. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SignalboxError } from '../../src/domain/errors.ts';
import { bootId, ownIdentity, startTimeOf } from '../../src/host/process-identity.ts';
import { openSqliteStore, readOwner } from '../../src/persistence/sqlite/store.ts';
import type { Store } from '../../src/persistence/store.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { canMount, connectionsOf, littleDisk } from './disks.ts';
import { closedAtTheEnd, deadProcess } from './places.ts';
import { actorWrite, commitOf, logEntry, timerRow } from './rows.ts';

const newFile = () => join(temporaryDirectory(), 'signalbox.db');
const open = (file: string, more = {}): Store => closedAtTheEnd(openSqliteStore({ file, ...more }));
const megabyte = 1024 * 1024;
const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** The error of an attempt that must fail in an expected way. */
async function failureOf(attempt: () => unknown): Promise<SignalboxError> {
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof SignalboxError)) throw new Error('this error has no code', { cause: error });
    return error;
  }
  throw new Error('nothing failed');
}

/** A commit that makes `count` actors, each with a snapshot of this many bytes. */
const actorsOf = (count: number, bytes: number, prefix = 'filler') =>
  commitOf({
    actors: Array.from({ length: count }, (_, index) =>
      actorWrite({ id: `${prefix}-${index}`, snapshot: JSON.stringify('x'.repeat(bytes)) }),
    ),
  });

/** Writes noise over a part of a file. */
function damage(file: string, { from, bytes }: { from: number; bytes: number }): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(bytes, 0xa5), 0, bytes, from);
  closeSync(descriptor);
}

/** Another process that lives until the test is over. */
function startBystander() {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const identity = { pid: child.pid!, startTime: startTimeOf(child.pid!)!, bootId: bootId() };
  return {
    identity,
    async end() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('how the file is kept', () => {
  test('I1: writes ahead and waits for the disk; references are enforced', () => {
    const { connections } = connectionsOf(() => open(newFile()));
    const settings = ['journal_mode', 'synchronous', 'foreign_keys'];
    const full = 2;
    expect(settings.map(name => connections[0]!.pragma(name, { simple: true }))).toEqual(['wal', full, 1]);
  });

  test('every table is strict: a number column takes no text', () => {
    const { connections } = connectionsOf(() => open(newFile()));
    const db = connections[0]!;
    const tables = db.prepare("SELECT name, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite_%'").all();
    expect(tables).toHaveLength(13);
    expect(tables).toEqual(tables.map(table => ({ ...(table as object), strict: 1 })));
    expect(() => db.prepare("UPDATE owner SET epoch = 'soon'").run()).toThrow(/cannot store TEXT/);
  });

  test('I3: a row that refers to nothing is refused, with everything that came with it', async () => {
    const store = open(newFile());
    const batch = commitOf({ actors: [actorWrite()], timersSet: [timerRow({ actorId: 'nobody' })] });
    expect(() => store.commit(batch)).toThrow(/FOREIGN KEY/);
    expect(await store.actor('task-1')).toBeUndefined();
  });

  test('I1: what was acknowledged is there after kill -9', async () => {
    const file = newFile();
    const program = join(import.meta.dirname, '../fixtures/commits-and-waits.ts');
    const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [said] = await once(child.stdout, 'data');
    expect(String(said)).toBe('committed under epoch 1\n');
    const refused = await failureOf(() => openSqliteStore({ file }));
    expect(refused.message).toContain(`process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = open(file);
    expect(store.epoch).toBe(2);
    expect(await store.hasKey('task-1', 'acknowledged')).toBe(true);
    expect(await store.integrity()).toEqual([]);
  });
});

describe('I9: one writer', () => {
  test('is refused while the owner lives, and names the owner and the file', async () => {
    const file = newFile();
    const { identity } = startBystander();
    const owned = open(file, { identity });
    const refused = await failureOf(() => openSqliteStore({ file }));
    expect(refused.code).toBe('conflict');
    expect(refused.message).toContain(String(identity.pid));
    expect(refused.message).toContain(file);
    expect(readOwner(file)).toEqual({ ...identity, epoch: owned.epoch });
    await owned.commit(commitOf({ actors: [actorWrite()] }));
  });

  test('is refused to a second store of the same process too', async () => {
    const file = newFile();
    open(file);
    expect(await failureOf(() => openSqliteStore({ file }))).toMatchObject({ code: 'conflict' });
  });

  test('an owner that has died is taken over at once, under the next epoch', async () => {
    const file = newFile();
    const bystander = startBystander();
    const before = open(file, { identity: bystander.identity });
    await bystander.end();
    const after = open(file);
    expect(after.epoch).toBe(before.epoch + 1);
    expect(readOwner(file)).toEqual({ ...ownIdentity(), epoch: after.epoch });
  });

  test.each([
    ['of another boot', { bootId: 'another-boot' }],
    ['whose pid now belongs to a later process', { startTime: '1' }],
    ['whose pid is gone', deadProcess],
  ])('an owner %s is taken over at once', async (_, more) => {
    const file = newFile();
    const before = open(file, { identity: { ...ownIdentity(), ...more } });
    const after = open(file);
    expect(after.epoch).toBe(before.epoch + 1);
    expect(await failureOf(() => before.commit(commitOf()))).toMatchObject({ code: 'fenced' });
  });

  test('a store that was closed has no owner, and its epoch is not used again', async () => {
    const file = newFile();
    const first = open(file);
    await first.close();
    await first.close();
    expect(readOwner(file)).toBeUndefined();
    expect(open(file).epoch).toBe(first.epoch + 1);
  });

  test('two processes that make the same file at once: one has it, the other is told who', async () => {
    const file = newFile();
    let winner: Store | undefined;
    // The other process does all of its work in the moment before this one begins to write.
    const trace = (sql: string) => {
      if (sql.startsWith('BEGIN') && winner === undefined) winner = open(file);
    };
    expect(await failureOf(() => openSqliteStore({ file, trace }))).toMatchObject({ code: 'conflict' });
    expect(winner?.epoch).toBe(1);
  });

  test('looking takes nothing: a reader opens beside a living owner and cannot write', async () => {
    const file = newFile();
    const owner = open(file);
    await owner.commit(commitOf({ actors: [actorWrite()] }));
    const reader = open(file, { readonly: true });
    expect(await reader.actor('task-1')).toMatchObject({ version: 1 });
    const refused = await failureOf(() => reader.commit(commitOf()));
    expect(refused).toMatchObject({ code: 'unavailable' });
    expect(refused.message).toContain(file);
    await reader.close();
    expect(readOwner(file)).toMatchObject({ pid: process.pid, epoch: owner.epoch });
    await owner.commit(commitOf({ actors: [actorWrite({ baseVersion: 1, version: 2 })] }));
  });
});

describe('a full disk', () => {
  interface Tight {
    file: string;
    store: Store;
    fill(): void;
    makeRoom(): void;
  }
  const inThePages = (): Tight => {
    const file = newFile();
    const { result: store, connections } = connectionsOf(() => open(file));
    const limit = (pages: number) => void connections[0]!.pragma(`max_page_count = ${pages}`);
    return { file, store, fill: () => limit(1), makeRoom: () => limit(1_000_000) };
  };
  const onALittleDisk = (more = {}): Tight => {
    const disk = littleDisk(8);
    const file = join(disk.directory, 'signalbox.db');
    return { ...disk, file, store: open(file, more) };
  };
  const kinds: [string, () => Tight][] = [['SQLite may not grow the file', inThePages]];
  if (canMount) kinds.push(['the disk has no block left', onALittleDisk]);

  test.each(kinds)(
    'says what to do, stores nothing of the batch and goes on once there is room (%s)',
    async (_, start) => {
      const { store, file, fill, makeRoom } = start();
      await store.commit(commitOf({ actors: [actorWrite()], log: [logEntry()] }));
      fill();
      const batch = actorsOf(8, megabyte / 8, 'large');
      batch.actors.unshift(actorWrite({ baseVersion: 1, version: 2, state: 'next' }));
      batch.log.push(logEntry({ seq: 2, dedupeKey: 'next' }));
      const failure = await failureOf(() => store.commit(batch));
      expect(failure.code).toBe('unavailable');
      expect(failure.message).toContain(file);
      expect(failure.message).toMatch(/free some space/i);
      // Reading goes on, and shows nothing of it.
      expect(await store.actor('task-1')).toMatchObject({ version: 1, state: 'created' });
      expect(await store.actor('large-0')).toBeUndefined();
      expect(await store.hasKey('task-1', 'next')).toBe(false);
      // A second attempt fails in the same way: no transaction was left open.
      expect(await failureOf(() => store.commit(batch))).toMatchObject({ code: 'unavailable' });
      makeRoom();
      await store.commit(batch);
      expect(await store.actor('task-1')).toMatchObject({ version: 2, state: 'next' });
      expect(await store.integrity()).toEqual([]);
    },
  );

  test.skipIf(!canMount)(
    'does not keep a process from closing, and from opening again when there is room',
    async () => {
      // There may be no room to note that the owner has gone: then the next process finds it dead.
      const { store, file, fill, makeRoom } = onALittleDisk({ identity: deadProcess });
      await store.commit(commitOf({ actors: [actorWrite()] }));
      fill();
      expect(() => store.close()).not.toThrow();
      makeRoom();
      expect(await open(file).actor('task-1')).toMatchObject({ version: 1 });
    },
  );

  test.skipIf(!canMount)('a backup that finds no room says so and leaves no half of a copy', async () => {
    const store = open(newFile());
    await store.commit(actorsOf(32, megabyte / 8));
    const disk = littleDisk(1);
    const target = join(disk.directory, 'copy.db');
    const failure = await failureOf(() => store.backup(target));
    expect(failure.code).toBe('unavailable');
    expect(failure.message).toContain(target);
    expect(existsSync(target)).toBe(false);
  });
});

describe('a disk that cannot be written', () => {
  test.skipIf(!canMount)('is refused with the name of the file and what to check', async () => {
    const disk = littleDisk(4);
    const file = join(disk.directory, 'signalbox.db');
    const store = openSqliteStore({ file });
    await store.commit(commitOf({ actors: [actorWrite()] }));
    await store.close();
    const before = hashOf(file);
    disk.makeReadonly();
    const failure = await failureOf(() => openSqliteStore({ file }));
    expect(failure.code).toBe('unavailable');
    expect(failure.message).toContain(file);
    expect(failure.message).toMatch(/cannot be written|permission|read-?only/i);
    expect(hashOf(file)).toBe(before);
  });

  test.each(['a directory that is not there', 'a directory in place of the file', 'a file in place of its directory'])(
    '%s is refused with the name of the file',
    async kind => {
      const directory = temporaryDirectory();
      const file = join(directory, 'data', 'signalbox.db');
      if (kind.startsWith('a directory in')) mkdirSync(file, { recursive: true });
      if (kind.startsWith('a file')) writeFileSync(join(directory, 'data'), '');
      const failure = await failureOf(() => openSqliteStore({ file }));
      expect(failure.code).toBe('unavailable');
      expect(failure.message).toContain(file);
    },
  );

  test('reading a database that is not there makes none', async () => {
    const file = newFile();
    expect(await failureOf(() => openSqliteStore({ file, readonly: true }))).toMatchObject({ code: 'not_found' });
    expect(existsSync(file)).toBe(false);
  });
});

describe('I10: a file that is not a whole database of ours is refused and left as it is', () => {
  const untouched = async (file: string, more = {}) => {
    const before = hashOf(file);
    const failure = await failureOf(() => openSqliteStore({ file, ...more }));
    expect(failure.message).toContain(file);
    expect(hashOf(file)).toBe(before);
    return failure;
  };

  test('a database with noise in its middle: restore a backup', async () => {
    const file = newFile();
    const store = openSqliteStore({ file });
    await store.commit(actorsOf(200, 4_096));
    await store.close();
    damage(file, { from: Math.floor(statSync(file).size / 2), bytes: 20_000 });
    const failure = await untouched(file);
    expect(failure.code).toBe('unavailable');
    expect(failure.message).toMatch(/damaged.*restore a backup/is);
  });

  test('a database that was cut off: restore a backup', async () => {
    const file = newFile();
    const store = openSqliteStore({ file });
    await store.commit(actorsOf(200, 4_096));
    await store.close();
    writeFileSync(file, readFileSync(file).subarray(0, 300_000));
    expect(await untouched(file)).toMatchObject({ code: 'unavailable' });
  });

  test.each([
    ['text', 'This is a letter, and no database at all.\n'.repeat(500)],
    ['a few bytes', 'hello'],
    ['zeros', '\0'.repeat(8_192)],
  ])('garbage: %s', async (_, content) => {
    const file = newFile();
    writeFileSync(file, content);
    expect(await untouched(file)).toMatchObject({ code: 'unavailable' });
    expect(await untouched(file, { readonly: true })).toMatchObject({ code: 'unavailable' });
  });

  test('a database of another program', async () => {
    const file = newFile();
    new Database(file).exec('CREATE TABLE bookmarks (url TEXT)').close();
    expect(await untouched(file)).toMatchObject({ code: 'invalid' });
  });

  test('a database of a newer Signalbox: both versions are named', async () => {
    const file = newFile();
    await openSqliteStore({ file }).close();
    const db = new Database(file);
    db.pragma('user_version = 99');
    db.close();
    const failure = await untouched(file);
    expect(failure.code).toBe('invalid');
    expect(failure.message).toContain('schema 99, this one knows 4');
  });

  test('an empty file is no database yet, and becomes one', async () => {
    const file = newFile();
    writeFileSync(file, '');
    expect(open(file).epoch).toBe(1);
  });

  test('a file that a process began to make before it died becomes a database', async () => {
    const file = newFile();
    // What `openDatabase` has done by the time it begins with the first migration.
    const db = new Database(file);
    db.pragma('journal_mode = WAL');
    db.close();
    expect(open(file).epoch).toBe(1);
  });

  test('damage in a large file is found in the background, while the store works', async () => {
    const file = newFile();
    const store = openSqliteStore({ file });
    for (let part = 0; part < 5; part++) await store.commit(actorsOf(8, megabyte, `part-${part}`));
    await store.close();
    damage(file, { from: Math.floor(statSync(file).size / 2), bytes: 4_096 });
    const found: string[] = [];
    const damaged = open(file, { onDamage: (problems: string[]) => found.push(...problems) });
    await damaged.commit(commitOf({ actors: [actorWrite({ id: 'new' })] }));
    await expect.poll(() => found.length, { timeout: 20_000 }).toBeGreaterThan(0);
  });
});

describe('a backup', () => {
  test('taken while commits go on is whole and holds one moment', async () => {
    const file = newFile();
    const store = open(file);
    await store.commit(actorsOf(64, megabyte / 8));
    const target = join(temporaryDirectory(), 'copy.db');
    await store.commit(commitOf({ actors: [actorWrite()], log: [logEntry()] }));
    let isDone = false;
    const backup = store.backup(target).finally(() => {
      isDone = true;
    });
    let version = 1;
    while (!isDone) {
      version += 1;
      await store.commit(
        commitOf({ actors: [actorWrite({ baseVersion: version - 1, version })], log: [logEntry({ seq: version })] }),
      );
      await new Promise(resolve => setImmediate(resolve));
    }
    await backup;
    expect(version).toBeGreaterThan(2);
    const copy = open(target, { readonly: true });
    expect(await copy.integrity()).toEqual([]);
    const actor = await copy.actor('task-1');
    const log = await copy.log('task-1', { after: 0, limit: version });
    expect(log.map(entry => entry.seq)).toEqual(Array.from({ length: actor!.version }, (_, index) => index + 1));
    expect(await copy.actors({ limit: 100 })).toHaveLength(65);
  });

  test('never overwrites a file', async () => {
    const store = open(newFile());
    const target = join(temporaryDirectory(), 'precious.txt');
    writeFileSync(target, 'mine');
    const failure = await failureOf(() => store.backup(target));
    expect(failure.code).toBe('conflict');
    expect(failure.message).toContain(target);
    expect(readFileSync(target, 'utf8')).toBe('mine');
  });

  test('into a directory that is not there is refused with its name', async () => {
    const store = open(newFile());
    const target = join(temporaryDirectory(), 'missing', 'copy.db');
    const failure = await failureOf(() => store.backup(target));
    expect(failure.code).toBe('unavailable');
    expect(failure.message).toContain(target);
  });

  test('belongs to nobody: it can be opened while the original is still in use', async () => {
    const store = open(newFile());
    await store.commit(commitOf({ actors: [actorWrite()] }));
    const target = join(temporaryDirectory(), 'copy.db');
    await store.backup(target);
    expect(await open(target).actor('task-1')).toMatchObject({ version: 1 });
  });
});
