/** The first of many, with how many more there are: `a, b, and 3 more`. */
export function someOf(all: readonly string[], most: number): string {
  const rest = all.length - most;
  return [...all.slice(0, most), ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ');
}
