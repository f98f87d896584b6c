/** A copied tree is the tree: names, links, rights and times, whatever is in it. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyTree } from '../../../src/actors/set-up/copy.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** What can be seen of each entry below a folder, and of the folder. */
function seen(folder: string): string[] {
  const names = ['', ...(readdirSync(folder, { recursive: true }) as string[])].sort();
  return names.map(name => {
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) return `${name} -> ${readlinkSync(path)}`;
    return `${name} ${stat.mode.toString(8)} ${stat.isFile() ? stat.size : ''} ${Math.round(stat.mtimeMs)}`;
  });
}

function writeTree(folder: string): void {
  mkdirSync(join(folder, '.hidden/deep'), { recursive: true });
  for (let index = 0; index < 40; index++) writeFileSync(join(folder, `file-${index}`), `${index}`.repeat(index));
  for (const name of ['-rf', 'with space', 'line\nfeed', '*', '.hidden/deep/file'])
    writeFileSync(join(folder, name), name);
  symlinkSync('.hidden/deep', join(folder, 'link'));
  symlinkSync('/nowhere', join(folder, 'dead'));
  chmodSync(join(folder, 'file-1'), 0o755);
  utimesSync(join(folder, 'file-2'), 1_000_000, 1_000_000);
  chmodSync(join(folder, '.hidden'), 0o555);
  chmodSync(folder, 0o555);
  utimesSync(folder, 2_000_000, 2_000_000);
}

test('a folder of any number of names is copied as it is, and shares no file with the copy', async () => {
  const directory = temporaryDirectory();
  const [from, to] = [join(directory, 'from'), join(directory, 'new/to')];
  writeTree(from);
  await copyTree(from, to);
  expect(seen(to)).toEqual(seen(from));
  expect(lstatSync(join(to, 'file-3')).ino).not.toBe(lstatSync(join(from, 'file-3')).ino);
});

test('so are a file, a link and an empty folder', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'from/empty'), { recursive: true });
  writeFileSync(join(directory, 'from/-file'), 'text');
  symlinkSync('-file', join(directory, 'from/link'));
  for (const name of ['-file', 'link', 'empty'])
    await copyTree(join(directory, 'from', name), join(directory, 'to', name));
  expect(seen(join(directory, 'to')).slice(1)).toEqual(seen(join(directory, 'from')).slice(1));
});

test('what is not there is refused, and leaves nothing', async () => {
  const directory = temporaryDirectory();
  await expect(copyTree(join(directory, 'from'), join(directory, 'to'))).rejects.toThrow('no such file');
  expect(readdirSync(directory)).toEqual([]);
});
