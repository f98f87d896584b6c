/** A few numbers for many. */

export interface Spread {
  count: number;
  /** Null without any value. */
  median: number | null;
  p90: number | null;
  mean: number | null;
  total: number;
}

/** How values lie. The order in which they are given does not matter. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  const total = sorted.reduce((sum, value) => sum + value, 0);
  if (count === 0) return { count, median: null, p90: null, mean: null, total };
  return { count, median: quantile(sorted, 0.5), p90: quantile(sorted, 0.9), mean: total / count, total };
}

/**
 * The value below which this share of sorted values lies, by linear interpolation between the two nearest: definition 7 of
 * Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996), which R, NumPy and spreadsheets use.
 */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return low + (high - low) * (place - below);
}

/** A part of a whole, 0 to 1; null where there is no whole. */
export const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
