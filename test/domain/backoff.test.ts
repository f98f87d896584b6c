import { expect, test } from 'vitest';
import { backoffMs } from '../../src/domain/backoff.ts';

test('a backoff doubles from twice the base up to its cap', () => {
  const policy = { baseMs: 10_000, capMs: 600_000 };
  expect([1, 2, 3, 10].map(failures => backoffMs(failures, policy, 0))).toEqual([20_000, 40_000, 80_000, 600_000]);
});
