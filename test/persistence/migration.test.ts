/** Migrations, with a second one that only this test knows. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, expect, test, vi } from 'vitest';
import { openSqliteStore } from '../../src/persistence/sqlite/store.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { closedAtTheEnd } from './places.ts';
import { actorWrite, commitOf } from './rows.ts';

const migrations = vi.hoisted(() => [] as string[]);
vi.mock('../../src/persistence/sqlite/schema.ts', async original => {
  const schema = await original<typeof import('../../src/persistence/sqlite/schema.ts')>();
  migrations.push(schema.migrations[0]!);
  return { ...schema, migrations };
});

beforeEach(() => {
  migrations.length = 1;
});

/** A file of schema 1 with one actor, made by a Signalbox that knew no more. */
async function fileOfSchemaOne(): Promise<string> {
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
  const file = await fileOfSchemaOne();
  migrations.push('ALTER TABLE actors ADD COLUMN note TEXT');
  const store = closedAtTheEnd(openSqliteStore({ file }));
  expect(await store.actor('task-1')).toMatchObject({ version: 1 });
  expect(versionOf(file)).toBe(2);
  expect(versionOf(`${file}.schema-1.bak`)).toBe(1);
});

test('a migration that fails changes nothing, and succeeds once it is mended', async () => {
  const file = await fileOfSchemaOne();
  migrations.push('ALTER TABLE actors ADD COLUMN note TEXT; INSERT INTO nowhere VALUES (1)');
  expect(() => openSqliteStore({ file })).toThrow(/nowhere/);
  expect(versionOf(file)).toBe(1);
  migrations[1] = 'ALTER TABLE actors ADD COLUMN note TEXT';
  // The copy of the first attempt is still there; it must not stand in the way.
  expect(existsSync(`${file}.schema-1.bak`)).toBe(true);
  const store = closedAtTheEnd(openSqliteStore({ file }));
  expect(await store.actor('task-1')).toMatchObject({ version: 1 });
  expect(versionOf(file)).toBe(2);
});

test('never migrates under a living owner', async () => {
  const file = await fileOfSchemaOne();
  const owner = closedAtTheEnd(openSqliteStore({ file }));
  migrations.push('ALTER TABLE actors ADD COLUMN note TEXT');
  expect(() => openSqliteStore({ file })).toThrow(`process ${process.pid}`);
  expect(versionOf(file)).toBe(1);
  await owner.commit(commitOf({ actors: [actorWrite({ baseVersion: 1, version: 2 })] }));
});
