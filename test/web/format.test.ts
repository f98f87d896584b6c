/** Durations, money and amounts: with the fewest digits that matter. */
import { expect, test } from 'vitest';
import { amount, bytes, duration, exactDuration, exactTime, money } from '../../web/src/format.ts';

test.each([
  [0, '0 s'],
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 m'],
  [3_599_999, '59 m'],
  [3_600_000, '1 h'],
  [8_280_000, '2.3 h'],
  [86_399_999, '23 h'],
  [129_600_000, '1.5 d'],
  [864_000_000, '10 d'],
])('%i ms is %s', (ms, said) => expect(duration(ms)).toBe(said));

test('a duration is said exactly where one asks', () => {
  expect(exactDuration(8_043_000)).toBe('2 h 14 m 3 s');
  expect(exactDuration(120)).toBe('120 ms');
  expect(exactDuration(90_061_000)).toBe('1 d 1 h 1 m 1 s');
});

test.each([
  [null, '–'],
  [0, '$0'],
  [0.0042, '$0.004'],
  [1.2, '$1.20'],
  [1_234.5, '$1,235'],
])('%s dollars are %s', (usd, said) => expect(money(usd)).toBe(said));

test('amounts and sizes are short', () => {
  expect([999, 1_234, 3_400_000].map(amount)).toEqual(['999', '1.2 k', '3.4 M']);
  expect([0, 999, 1_400, 1_400_000].map(bytes)).toEqual(['0 B', '999 B', '1.4 kB', '1.4 MB']);
});

test('a time is exact to the millisecond, with its zone', () => {
  expect(exactTime('2026-11-26T14:03:22.123Z', 'en')).toMatch(/November 26, 2026.*22\.123/);
});
