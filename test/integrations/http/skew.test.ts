/** How far a server's clock is ahead of ours. */
import { expect, test } from 'vitest';
import { createSkew } from '../../../src/integrations/http/skew.ts';

const dated = (date: string) => new Headers({ date });
const now = Date.parse('2026-11-26T01:00:00Z');

test('takes it from the last answer that tells the time', () => {
  const skew = createSkew(() => now);
  expect(skew.ms).toBe(0);
  skew.heed(dated('Thu, 26 Nov 2026 01:00:07 GMT'), now - 100);
  expect(skew.ms).toBe(7_000);
  skew.heed(dated('soon'), now - 100);
  skew.heed(new Headers(), now - 100);
  expect(skew.ms).toBe(7_000);
  skew.heed(dated('Thu, 26 Nov 2026 00:59:50 GMT'), now - 100);
  expect(skew.ms).toBe(-8_900);
});

test('finds none in a second that has begun, nor in an answer that took long', () => {
  const skew = createSkew(() => now + 999);
  skew.heed(dated('Thu, 26 Nov 2026 01:00:00 GMT'), now + 990);
  expect(skew.ms).toBe(0);
  skew.heed(dated('Thu, 26 Nov 2026 00:59:50 GMT'), now - 20_000);
  expect(skew.ms).toBe(0);
});
