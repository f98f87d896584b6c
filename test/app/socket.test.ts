/** Where the socket of a data directory lies, and whose it is. */
import { chmodSync, mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { dataPaths } from '../../src/app/data-directory.ts';
import { placeForSocket, removeSocket, socketOf } from '../../src/app/socket.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const deep = () => {
  const paths = dataPaths(join(temporaryDirectory(), 'd'.repeat(120)));
  mkdirSync(paths.dataDir);
  return paths;
};

test('where the name would be too long, a link leads to a short place of ours alone', () => {
  const paths = deep();
  const place = placeForSocket(paths);
  expect(Buffer.byteLength(place)).toBeLessThan(108);
  expect([socketOf(paths), readlinkSync(paths.socket)]).toEqual([place, place]);
  removeSocket(paths);
  expect(socketOf(paths)).toBeUndefined();
});

test('a short place that others may write into is nobody to be asked: somebody may have taken its name after a crash', () => {
  const paths = deep();
  const place = placeForSocket(paths);
  chmodSync(dirname(place), 0o777);
  expect(socketOf(paths)).toBeUndefined();
  removeSocket(paths);
  symlinkSync('/nowhere/api.sock', paths.socket);
  expect(socketOf(paths)).toBeUndefined();
});
