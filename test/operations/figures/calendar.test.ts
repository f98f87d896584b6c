import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayMs, periodOf } from '../../../src/operations/figures/calendar.ts';

test.each([
  ['2026-07-27T00:00:00Z', '2026-07-27', '2026-07-27'],
  ['2026-08-02T23:59:59.999Z', '2026-08-02', '2026-07-27'],
  ['2026-08-03T00:00:00Z', '2026-08-03', '2026-08-03'],
  ['2026-01-01T12:00:00Z', '2026-01-01', '2025-12-29'],
  ['1970-01-01T00:00:00Z', '1970-01-01', '1969-12-29'],
])('%s is in the day %s and in the week of %s', (at, day, week) => {
  expect([periodOf(Date.parse(at), 'day'), periodOf(Date.parse(at), 'week')]).toEqual([day, week]);
});

test('a week begins on a Monday at most six days before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.parse('2100-01-01') }), at => {
      const monday = new Date(periodOf(at, 'week'));
      expect(monday.getUTCDay()).toBe(1);
      expect(at - monday.getTime()).toBeGreaterThanOrEqual(0);
      expect(at - monday.getTime()).toBeLessThan(7 * dayMs);
    }),
  );
});
