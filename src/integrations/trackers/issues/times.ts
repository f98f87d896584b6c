/** Instants as the APIs of forges take them. */

/** The whole second of an instant: most forges know their times no better. */
export const secondOf = (at: number): number => Math.floor(at / 1_000) * 1_000;

/** An instant as APIs take it; undefined where there is none. */
export const timeOf = (at: number | null): string | undefined =>
  at === null ? undefined : new Date(Math.max(0, secondOf(at))).toISOString().replace('.000Z', 'Z');
