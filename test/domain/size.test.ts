import { expect, test } from 'vitest';
import { formatSize, parseCount, parseSize } from '../../src/domain/size.ts';

test.each([
  ['512MB', 512 * 1024 ** 2],
  ['1GB', 1024 ** 3],
  ['1.5GiB', 1.5 * 1024 ** 3],
  ['4G', 4 * 1024 ** 3],
  ['2 TB', 2 * 1024 ** 4],
  ['10kb', 10_240],
  ['100B', 100],
  ['100', 100],
  [1_000, 1_000],
])('a size of %s is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(['', 'lots', '-1GB', '1PB', 'GB', '1GBs', '1 2GB', '1e3', -1, Number.NaN, Number.POSITIVE_INFINITY])(
  '%s is no size',
  text => {
    expect(parseSize(text)).toBeUndefined();
  },
);

test.each([
  [0, '0B'],
  [1_023, '1023B'],
  [512 * 1024 ** 2, '512MB'],
  [1.5 * 1024 ** 3, '1.5GB'],
  [5_000 * 1024 ** 4, '5000TB'],
])('%d bytes are told as %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test.each([
  ['5000000', 5_000_000],
  ['5M', 5_000_000],
  ['1.5M', 1_500_000],
  ['200k', 200_000],
  [7, 7],
])('a count of %s is %d', (text, count) => {
  expect(parseCount(text)).toBe(count);
});

test.each(['', 'many', '-5', '5m', '1.5', '0.0001k', 1.5, -1, Number.NaN])('%s is no count', text => {
  expect(parseCount(text)).toBeUndefined();
});
