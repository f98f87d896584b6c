/** Days and weeks, in UTC. */

export const dayMs = 86_400_000;

export const calendarUnits = ['day', 'week'] as const;
export type CalendarUnit = (typeof calendarUnits)[number];

/** 1970-01-01 was a Thursday; weeks begin on Monday (ISO 8601). */
const daysBeforeMonday = 3;

/** The first day of the unit that an instant is in, as `2026-07-27`. `at` is in milliseconds since the epoch. */
export function periodOf(at: number, unit: CalendarUnit): string {
  const day = Math.floor(at / dayMs);
  const first = unit === 'day' ? day : Math.floor((day + daysBeforeMonday) / 7) * 7 - daysBeforeMonday;
  return new Date(first * dayMs).toISOString().slice(0, 10);
}
