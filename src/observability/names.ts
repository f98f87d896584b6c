/** Names that people give, as values of labels: so many of each label, so that no configuration makes a scrape grow for ever. */

/** Counts for all names that came too late to have a series of their own. */
export const otherName = 'other';

/** The value of a label for a name; the first `most` names of each label stand for themselves. */
export type Names = (label: string, name: string) => string;

export function createNames(most = 200): Names {
  const known = new Map<string, Set<string>>();
  return (label, name) => {
    const names = known.get(label) ?? new Set();
    known.set(label, names);
    if (names.size < most) names.add(name);
    return names.has(name) ? name : otherName;
  };
}
