/** A file that grows is read line by line: every line once, whatever is in it, however it arrives. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { readFor, tailLines } from '../../src/host/line-tail.ts';
import { temporaryDirectory } from '../support/temporary.ts';

function startTail() {
  const file = join(temporaryDirectory(), 'output.log');
  const lines: string[] = [];
  const tail = tailLines(file, line => void lines.push(line));
  onTestFinished(() => tail.close());
  const readAll = () => {
    while (tail.read());
  };
  return { file, lines, tail, readAll };
}

test('a file that is not there yet is waited for', () => {
  const { file, lines, readAll, tail } = startTail();
  readAll();
  expect(tail.writtenAt()).toBeUndefined();
  writeFileSync(file, 'one\n');
  readAll();
  expect(lines).toEqual(['one']);
  expect(tail.writtenAt()).toBeGreaterThan(0);
});

test('a line is passed on when it is complete, and the last one at the end also without its end', async () => {
  const { file, lines, tail, readAll } = startTail();
  writeFileSync(file, 'one\ntw');
  readAll();
  expect(lines).toEqual(['one']);
  appendFileSync(file, 'o\r\n\nthree');
  readAll();
  expect(lines).toEqual(['one', 'two', '']);
  await tail.finish();
  expect(lines).toEqual(['one', 'two', '', 'three']);
});

test('a line of 10 MB arrives whole, and what follows it too', () => {
  const { file, lines, readAll } = startTail();
  const long = 'x'.repeat(10 << 20);
  writeFileSync(file, `${long}\nafter\n`);
  readAll();
  expect(lines.map(line => line.length)).toEqual([long.length, 5]);
  expect(lines[0] === long).toBe(true);
});

test('bytes that are no UTF-8 become replacement characters and disturb nothing else', () => {
  const { file, lines, readAll } = startTail();
  writeFileSync(file, Buffer.concat([Buffer.from('a'), Buffer.from([0xff, 0xfe]), Buffer.from('b\nnext\n')]));
  readAll();
  expect(lines).toEqual(['a\ufffd\ufffdb', 'next']);
});

test('however the writes are cut, the lines are the same, characters of several bytes included', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 20 }), fc.array(fc.nat(40)), (texts, cuts) => {
      const { file, lines, readAll } = startTail();
      const expected = texts.map(text => text.replace(/[\r\n]/g, ''));
      let rest = Buffer.from(expected.map(text => `${text}\n`).join(''));
      writeFileSync(file, '');
      for (const cut of cuts) {
        appendFileSync(file, rest.subarray(0, cut));
        rest = rest.subarray(cut);
        readAll();
      }
      appendFileSync(file, rest);
      readAll();
      expect(lines).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});

test('reading for a while ends with what there is to read, and takes a chunk also when there is no time', () => {
  let chunks = 3;
  let reads = 0;
  const read = () => {
    reads += 1;
    chunks -= 1;
    return chunks > 0;
  };
  const tail = { read } as never;
  expect(readFor(tail, 60_000)).toBe(false);
  expect(reads).toBe(3);
  chunks = 3;
  expect(readFor(tail, -1)).toBe(true);
  expect(reads).toBe(4);
});
