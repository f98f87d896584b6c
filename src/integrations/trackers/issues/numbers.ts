/** Issues are called by their numbers. */
import { OutsideError } from '../../outside.ts';
import type { ItemRef } from '../../tracker.ts';

/** The number that a text is; undefined for everything else, which no forge is asked about. */
export const numberIn = (text: string): number | undefined => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined);

/** The number that people mean by `#12` or `12`. */
export const numberInKey = (key: string): number | undefined => numberIn(key.trim().replace(/^#/, ''));

/** The number of an item that is written to or asked for more. Throws `notFound` for what is no number. */
export function numberOf({ project, id }: ItemRef): number {
  const number = numberIn(id);
  if (number !== undefined) return number;
  throw new OutsideError('notFound', `There is no ${JSON.stringify(id)} in ${project}: issues have numbers.`);
}
