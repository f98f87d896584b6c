import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareOf, spreadOf } from '../../src/domain/statistics.ts';

test('of nothing there is neither median nor mean', () => {
  expect(spreadOf([])).toEqual({ count: 0, median: null, p90: null, mean: null, total: 0 });
  expect(shareOf(0, 0)).toBeNull();
  expect(shareOf(1, 4)).toBe(0.25);
});

test('quantiles lie between the two nearest values', () => {
  expect(spreadOf([7])).toEqual({ count: 1, median: 7, p90: 7, mean: 7, total: 7 });
  // numpy.quantile([1, 2, 3, 4], [0.5, 0.9]) == [2.5, 3.7]
  expect(spreadOf([4, 1, 3, 2])).toMatchObject({ median: 2.5, p90: expect.closeTo(3.7), mean: 2.5, total: 10 });
  expect(spreadOf(Array.from({ length: 11 }, (_, index) => index * 10))).toMatchObject({ median: 50, p90: 90 });
});

test('whatever the order, they lie within the values, and at least so many are no greater', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1 }), values => {
      const { count, median, p90, mean, total } = spreadOf(values);
      expect(spreadOf(values.toReversed())).toEqual({ count, median, p90, mean, total });
      const [least, greatest] = [Math.min(...values), Math.max(...values)];
      for (const value of [median!, p90!, mean!]) {
        expect(value).toBeGreaterThanOrEqual(least);
        expect(value).toBeLessThanOrEqual(greatest);
      }
      expect(median!).toBeLessThanOrEqual(p90!);
      expect(values.filter(value => value <= median!).length).toBeGreaterThanOrEqual(count / 2);
      expect(values.filter(value => value >= median!).length).toBeGreaterThanOrEqual(count / 2);
    }),
  );
});
