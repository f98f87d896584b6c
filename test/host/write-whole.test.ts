import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeWhole } from '../../src/host/write-whole.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test('what was cut off, or put there by somebody, is in nobody’s way and followed nowhere', () => {
  const place = mkdtempSync(join(temporaryDirectory(), 'a'));
  const [file, elsewhere] = [join(place, 'note.json'), join(place, 'elsewhere')];
  writeFileSync(elsewhere, 'theirs');
  symlinkSync(elsewhere, `${file}.half`);
  writeWhole(file, 'one');
  writeFileSync(`${file}.half`, 'tw');
  writeWhole(file, 'two');
  expect(readFileSync(file, 'utf8')).toBe('two');
  expect(readFileSync(elsewhere, 'utf8')).toBe('theirs');
  expect(readdirSync(place).toSorted()).toEqual(['elsewhere', 'note.json']);
});
