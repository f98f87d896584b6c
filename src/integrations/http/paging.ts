/** Where a list ends, as far as its headers tell. */

/** Whether this page was the last one. Forges say so in `Link` or by a count; where they say nothing, an empty page does. */
export function lastPage(headers: Headers, { page, got, seen }: { page: number; got: number; seen: number }): boolean {
  if (got === 0) return true;
  const link = headers.get('link');
  if (link !== null) return !/\brel="?next"?/.test(link);
  const next = headers.get('x-next-page');
  if (next !== null) return next.trim() === '' || Number(next) <= page;
  const total = headers.get('x-total-count');
  // A page may hold fewer than asked for and not be the last: only the count is to be believed.
  return total !== null && Number.isFinite(Number(total)) && seen >= Number(total);
}
