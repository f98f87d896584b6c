/** Labels that a repository has: a typing error must not make a new one. */

export function sorted(wanted: readonly string[], there: readonly string[]): { known: string[]; unknown: string[] } {
  const known: string[] = [];
  const unknown: string[] = [];
  for (const label of new Set(wanted)) {
    const same = there.find(name => name === label) ?? there.find(name => name.toLowerCase() === label.toLowerCase());
    if (same === undefined) unknown.push(label);
    else known.push(same);
  }
  return { known, unknown };
}
