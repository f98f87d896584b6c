/** Of what was reported on a commit, the newest of each name. */
import type { Check } from '../forge.ts';

/** A report, with when it was made (epoch milliseconds) and what orders those of one instant. */
export interface Report {
  check: Check;
  at: number;
  order: number;
}

export function newestOfEach(reports: readonly Report[]): Check[] {
  const newest = new Map<string, Report>();
  for (const report of reports) {
    const other = newest.get(report.check.name);
    if (!other || report.at > other.at || (report.at === other.at && report.order > other.order)) {
      newest.set(report.check.name, report);
    }
  }
  return [...newest.values()].map(({ check }) => check);
}

/** Epoch milliseconds; 0 for a time that is missing or cannot be read. */
export const instant = (time: string | null | undefined): number => (time && Date.parse(time)) || 0;
