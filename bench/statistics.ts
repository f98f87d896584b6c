/** The few numbers that a measurement comes down to. */

/** What is told of one of them. */
export interface Row {
  what: string;
  measured: string;
  bar: string;
  isMet: boolean;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]) => quantile(values, 0.5);

export const microseconds = () => Number(process.hrtime.bigint()) / 1_000;

/** A number with as many digits as it deserves. */
export function short(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export const megabytes = (bytes: number) => short(bytes / 1e6);
