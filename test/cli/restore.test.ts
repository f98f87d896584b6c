/** A backup takes the place of the database, and nothing is lost where it cannot. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePlace, type Place } from './place.ts';

const add = (place: Place, id: string) =>
  place.signalbox('task', 'add', '--repo', place.repository, '--title', 'Fix it', '--id', id, '--agent', 'true');
const idsIn = async (place: Place) =>
  (JSON.parse((await place.signalbox('task', 'list', '--json')).stdout).items as { id: string }[]).map(({ id }) => id);

test('what a backup holds is there again, what was there is kept, and the data replays', async () => {
  const place = await makePlace();
  const file = join(place.directory, 'backup.db');
  await add(place, 'ET-1');
  expect((await place.signalbox('backup', file)).stdout).toContain(`signalbox restore ${file}`);
  await add(place, 'ET-2');
  const { code, stdout } = await place.signalbox('restore', file);
  expect([code, stdout]).toEqual([0, expect.stringContaining('holds 1 task now')]);
  expect(await idsIn(place)).toEqual(['ET-1']);
  expect((await place.signalbox('verify')).code).toBe(0);
  // The one that was there can come back in the same way.
  const kept = join(place.data, 'signalbox.db.before-restore-1');
  expect((await place.signalbox('restore', kept, '--json')).code).toBe(0);
  expect(await idsIn(place)).toEqual(['ET-2', 'ET-1']);
});

test('it is restored into a directory that is not there yet', async () => {
  const place = await makePlace();
  const file = join(place.directory, 'backup.db');
  await add(place, 'ET-1');
  await place.signalbox('backup', file);
  const elsewhere = join(place.directory, 'elsewhere');
  expect((await place.signalbox('restore', file, '--data', elsewhere)).code).toBe(0);
  expect((await place.signalbox('task', 'show', 'ET-1', '--data', elsewhere)).code).toBe(0);
});

test('a file that is no backup changes nothing', async () => {
  const place = await makePlace();
  await add(place, 'ET-1');
  const before = readFileSync(join(place.data, 'signalbox.db'));
  const file = join(place.directory, 'nonsense');
  writeFileSync(file, 'x'.repeat(10_000));
  for (const given of [file, join(place.directory, 'nothing'), place.directory]) {
    const { code, stderr } = await place.signalbox('restore', given);
    expect([code, stderr]).toEqual([2, expect.stringContaining(given)]);
  }
  expect(readFileSync(join(place.data, 'signalbox.db')).equals(before)).toBe(true);
  expect(readdirSync(place.data).filter(name => /restor/.test(name))).toEqual([]);
});

test('while somebody works on the data nothing is restored', async () => {
  const place = await makePlace();
  const file = join(place.directory, 'backup.db');
  await add(place, 'ET-1');
  await place.signalbox('backup', file);
  const working = place.begin(['work']);
  await expect.poll(() => existsSync(join(place.data, 'api.sock')), { timeout: 30_000 }).toBe(true);
  const { code, stderr } = await place.signalbox('restore', file);
  expect([code, stderr]).toEqual([2, expect.stringContaining(`Process ${working.pid} works on`)]);
  working.kill('SIGINT');
  await working;
});
