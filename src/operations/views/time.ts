/** Times as answers have them. */

/** A time for whoever reads it. */
export const timeOf = (at: number) => new Date(at).toISOString();
export const timeOrNull = (at: number | null) => (at === null ? null : timeOf(at));
