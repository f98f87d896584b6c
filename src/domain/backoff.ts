/** The growing wait before a retry. */

export interface BackoffPolicy {
  baseMs: number;
  capMs: number;
}

/**
 * The wait after the n-th failure in a row (n from 1): min(2ⁿ · base, cap), so 20 s, 40 s, 80 s … for a base of 10 s.
 * `jitter` from [0, 1) takes away up to a tenth, so that retries do not march in step.
 */
export function backoffMs(failures: number, { baseMs, capMs }: BackoffPolicy, jitter: number): number {
  const full = Math.min(2 ** failures * baseMs, capMs);
  return Math.round(full * (1 - 0.1 * jitter));
}
