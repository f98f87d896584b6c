/** Migrations, with one more that only this test knows. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, expect, test, vi } from 'vitest';
import { createMachine } from 'xstate';
import { openSqliteStore } from '../../src/persistence/sqlite/store.ts';
import { openReader, tagStored } from '../../src/runtime/index.ts';
import { hashOf } from '../../src/runtime/kind.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { closedAtTheEnd } from './places.ts';
import { actorWrite, commitOf } from './rows.ts';

const migrations = vi.hoisted(() => [] as string[]);
vi.mock('../../src/persistence/sqlite/schema.ts', async original => {
  const schema = await original<typeof import('../../src/persistence/sqlite/schema.ts')>();
  migrations.push(...schema.migrations);
  return { ...schema, migrations };
});

/** The present schema. */
const present = migrations.length;

beforeEach(() => {
  migrations.length = present;
});

/** A file of the present schema with one actor. */
async function fileOfPresent(): Promise<string> {
  const file = join(temporaryDirectory(), 'signalbox.db');
  const store = openSqliteStore({ file });
  await store.commit(commitOf({ actors: [actorWrite()] }));
  await store.close();
  return file;
}

const versionOf = (file: string) => {
  const db = new Database(file, { readonly: true });
  const version = db.pragma('user_version', { simple: true });
  db.close();
  return version;
};

test('migrates forward and keeps a copy of what was before', async () => {
  const file = await fileOfPresent();
  migrations.push('ALTER TABLE actors ADD COLUMN note TEXT');
  const store = closedAtTheEnd(openSqliteStore({ file }));
  expect(await store.actor('task-1')).toMatchObject({ version: 1 });
  expect(versionOf(file)).toBe(present + 1);
  expect(versionOf(`${file}.schema-${present}.bak`)).toBe(present);
});

test('a migration that fails changes nothing, and succeeds once it is fixed', async () => {
  const file = await fileOfPresent();
  migrations.push('ALTER TABLE actors ADD COLUMN note TEXT; INSERT INTO nowhere VALUES (1)');
  expect(() => openSqliteStore({ file })).toThrow(/nowhere/);
  expect(versionOf(file)).toBe(present);
  migrations[present] = 'ALTER TABLE actors ADD COLUMN note TEXT';
  // The copy of the first attempt is still there; it must not stand in the way.
  expect(existsSync(`${file}.schema-${present}.bak`)).toBe(true);
  const store = closedAtTheEnd(openSqliteStore({ file }));
  expect(await store.actor('task-1')).toMatchObject({ version: 1 });
  expect(versionOf(file)).toBe(present + 1);
});

test('never migrates under a living owner', async () => {
  const file = await fileOfPresent();
  const owner = closedAtTheEnd(openSqliteStore({ file }));
  migrations.push('ALTER TABLE actors ADD COLUMN note TEXT');
  expect(() => openSqliteStore({ file })).toThrow(`process ${process.pid}`);
  expect(versionOf(file)).toBe(present);
  await owner.commit(commitOf({ actors: [actorWrite({ baseVersion: 1, version: 2 })] }));
});

/** A file as schema 1 left it, with an actor that still has to be told what its state means. */
function fileOfSchemaOne(): string {
  const file = join(temporaryDirectory(), 'signalbox.db');
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.exec(migrations[0]!);
  db.pragma(`application_id = ${0x53474258}`);
  db.pragma('user_version = 1');
  db.exec(`
    INSERT INTO definitions VALUES ('${hashOf('lamp', { version: 1 })}', 'lamp', '{"version":1}');
    INSERT INTO actors VALUES ('l', 'lamp', '${hashOf('lamp', { version: 1 })}', NULL, NULL, 'active', 'dark', 1, 1,
      '{"status":"active","value":"dark","context":{},"children":{},"historyValue":{}}', 7, 8);
    INSERT INTO log VALUES (1, NULL, 'l', 1, 7, '{"type":"xstate.init","input":{}}', 'app', NULL, 'applied', '', 'dark', NULL);
  `);
  db.close();
  return file;
}

const lamp = createMachine({ id: 'lamp', initial: 'dark', states: { dark: { tags: 'off' }, bright: { tags: 'on' } } });

test('what was made before there were tags is listed, and gets its tags when it is next worked with', async () => {
  const file = fileOfSchemaOne();
  expect(() => openSqliteStore({ file, readonly: true })).toThrow(/written by an older Signalbox/);
  const store = closedAtTheEnd(openSqliteStore({ file }));
  expect(await store.list({ kind: 'lamp', limit: 10 })).toMatchObject([{ id: 'l', tags: [], createdAt: 7 }]);
  const { runtime } = await startTestRuntime({ kinds: [kindOf(lamp)], store });
  expect(await runtime.list({ kind: 'lamp', tags: ['off'], limit: 10 })).toMatchObject([{ id: 'l', tags: ['off'] }]);
  expect(await runtime.counts('lamp')).toEqual([
    { tag: '', living: 1, ended: 0 },
    { tag: 'off', living: 1, ended: 0 },
  ]);
  expect(await runtime.verify()).toMatchObject({ differences: [] });
});

test('who only looks at what was made before there were tags sees the same', async () => {
  const file = fileOfSchemaOne();
  const store = openSqliteStore({ file });
  await tagStored(store, [kindOf(lamp)]);
  await store.close();
  const reader = openReader(closedAtTheEnd(openSqliteStore({ file, readonly: true })), async () => [kindOf(lamp)]);
  expect(await reader.list({ kind: 'lamp', tags: ['off'], limit: 10 })).toMatchObject([{ id: 'l', version: 1 }]);
});

test('a row whose machine is not known any more is listed without tags, and keeps nobody from working', async () => {
  const store = closedAtTheEnd(openSqliteStore({ file: fileOfSchemaOne() }));
  const other = createMachine({ id: 'other' });
  const { runtime } = await startTestRuntime({ kinds: [kindOf(other)], store });
  expect(await runtime.list({ kind: 'lamp', limit: 10 })).toMatchObject([{ id: 'l', tags: [] }]);
});
