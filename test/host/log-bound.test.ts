/** A log that grows without end keeps its beginning and its end, and gives the room between back to the disk. */
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { rawFile, readableFile } from '../../src/app/growing-log.ts';
import { tailLines } from '../../src/host/line-tail.ts';
import { boundLog, gapOf } from '../../src/host/log-bound.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const mb = 1 << 20;
const kept = { headBytes: mb, tailBytes: 2 * mb };
/** 1,000 bytes, with its number. */
const line = (number: number) => `${String(number).padStart(999, '.')}\n`;

/** A log whose reader reads along, with 40 MB in it. */
async function floodedLog(text = (number: number) => line(number)) {
  const file = join(temporaryDirectory(), 'output.log');
  writeFileSync(file, '');
  const bound = boundLog(file, kept);
  const seen: string[] = [];
  const tail = tailLines(file, (words, end) => {
    bound.line(end);
    seen.push(words);
  });
  onTestFinished(() => tail.close());
  for (let number = 0; number < 40_000; number += 1_000) {
    appendFileSync(file, Array.from({ length: 1_000 }, (_, index) => text(number + index)).join(''));
    while (tail.read());
    bound.passed(tail.position);
    await bound.settled();
  }
  return { file, seen, bound, tail };
}

async function textsOf(log: ReturnType<typeof readableFile>) {
  const texts: string[] = [];
  for await (const pieces of log.finish(true)) texts.push(...pieces.map(({ text }) => text));
  log.close();
  return texts;
}

test('the room of the middle is free again, offsets stay, and whoever read along has missed nothing', async () => {
  const { file, seen } = await floodedLog();
  const { size, blocks } = statSync(file);
  expect(size).toBe(40_000_000);
  expect(blocks * 512).toBeLessThan(12 * mb);
  expect(seen).toHaveLength(40_000);
});

test('whoever reads it later gets whole lines of the beginning and the end, and is told what is left out', async () => {
  const { file } = await floodedLog();
  const texts = await textsOf(readableFile(file, 0, { read: words => [words], rest: () => [], isEvents: false }));
  const cut = texts.findIndex(text => text.includes('left out'));
  expect(texts[cut]).toMatch(/^\[… [\d.]+MB left out/);
  const numbers = texts.toSpliced(cut, 1).map(text => Number(text.replaceAll('.', '')));
  expect(numbers[0]).toBe(0);
  expect(numbers.at(-1)).toBe(39_999);
  // The same lines as were written, with one jump.
  const jumps = numbers.slice(1).filter((number, index) => number !== numbers[index]! + 1);
  expect(jumps).toHaveLength(1);
  expect(cut).toBeGreaterThan(900);
  expect(numbers.length - cut).toBeGreaterThan(2_000);
});

test('the bytes of it have no empty middle', async () => {
  const { file } = await floodedLog();
  let raw = '';
  for await (const pieces of rawFile(file, 0).read())
    for (const { text } of pieces) raw += Buffer.from(text, 'base64').toString();
  expect(raw).not.toContain('\0');
  expect(raw).toContain('left out');
  expect(raw.length).toBeLessThan(12 * mb);
  expect(raw.endsWith(line(39_999))).toBe(true);
});

test('one line without an end is bounded as well', async () => {
  const { file } = await floodedLog(() => '.'.repeat(1_000));
  expect(statSync(file).blocks * 512).toBeLessThan(12 * mb);
});

test('a reader that was inside of what is cut goes on behind it', async () => {
  const file = join(temporaryDirectory(), 'output.log');
  writeFileSync(file, Array.from({ length: 40_000 }, (_, number) => line(number)).join(''));
  const slow: string[] = [];
  const tail = tailLines(file, words => void slow.push(words));
  onTestFinished(() => tail.close());
  for (let reads = 0; reads < 20; reads++) tail.read();
  const bound = boundLog(file, kept);
  bound.passed(40_000_000);
  await bound.settled();
  await tail.finish();
  expect(gapOf(file)).not.toBeNull();
  expect(slow.at(-1)).toBe(line(39_999).trimEnd());
  expect(slow.some(words => words.includes('\0'))).toBe(false);
});

test('where the file system gives no room back, the log stays whole and nothing is said to be missing', async () => {
  const file = join(temporaryDirectory(), 'output.log');
  writeFileSync(file, 'x'.repeat(20 * mb));
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  onTestFinished(() => {
    process.env.PATH = path;
  });
  const bound = boundLog(file, kept);
  bound.passed(20 * mb);
  await bound.settled();
  expect(gapOf(file)).toBeNull();
  expect(readFileSync(file)).toHaveLength(20 * mb);
});
