/** How far a server's clock is ahead of ours. */
import { expect, test } from 'vitest';
import { createSkew } from '../../../src/integrations/http/skew.ts';

const dated = (date: string) => new Headers({ date });

test('takes it from the last answer that tells the time', () => {
  const now = Date.parse('2026-11-26T01:00:00Z');
  const skew = createSkew(() => now);
  expect(skew.ms).toBe(0);
  skew.heed(dated('Thu, 26 Nov 2026 01:00:07 GMT'));
  expect(skew.ms).toBe(7_500);
  skew.heed(dated('soon'));
  skew.heed(new Headers());
  expect(skew.ms).toBe(7_500);
  skew.heed(dated('Thu, 26 Nov 2026 00:59:59 GMT'));
  expect(skew.ms).toBe(-500);
});
