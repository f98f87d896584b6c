import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inside } from '../../src/actors/paths.ts';
import { temporaryDirectory } from '../support/temporary.ts';

function place() {
  const directory = temporaryDirectory();
  const root = join(directory, 'root');
  mkdirSync(join(root, 'folder'), { recursive: true });
  mkdirSync(join(directory, 'root-next-door'));
  return { directory, root };
}

test.each(['.', '', 'folder', 'folder/file.md', 'folder/../file.md', 'not/yet/there.md', '..file', 'a..b/..c'])(
  '%j stays inside',
  path => {
    const { root } = place();
    expect(inside(root, path)).toBe(join(root, path));
  },
);

test.each([
  '..',
  '../root-next-door',
  '../../etc/passwd',
  'folder/../../secret',
  '/etc/passwd',
  'not/there/../../../x',
])('%j leads out and is refused', path => {
  const { root } = place();
  expect(() => inside(root, path)).toThrow(expect.objectContaining({ code: 'invalid' }));
});

test('a link that leads out is refused, also for what is not there yet behind it', () => {
  const { directory, root } = place();
  symlinkSync(directory, join(root, 'out'));
  symlinkSync('../../root-next-door', join(root, 'folder/next'));
  for (const path of ['out', 'out/file.md', 'out/not/there.md', 'folder/next/file.md']) {
    expect(() => inside(root, path), path).toThrow(/leads out/);
  }
});

test('a link that leads out to something that is not there yet is refused too', () => {
  const { directory, root } = place();
  symlinkSync(join(directory, 'later'), join(root, 'out'));
  expect(() => inside(root, 'out')).toThrow(/leads out/);
  expect(() => inside(root, 'out/file.md')).toThrow(/leads out/);
});

test('a link that stays inside is followed, and a root that is a link itself is no obstacle', () => {
  const { directory, root } = place();
  symlinkSync('folder', join(root, 'link'));
  expect(inside(root, 'link/file.md')).toBe(join(root, 'link/file.md'));
  symlinkSync(root, join(directory, 'alias'));
  expect(inside(join(directory, 'alias'), 'folder')).toBe(join(directory, 'alias/folder'));
});
