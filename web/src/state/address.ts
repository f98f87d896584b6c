/** Addresses of this page, taken apart and put together. */
export interface Place {
  path: readonly string[];
  query: Readonly<Record<string, string>>;
}

export function placeAt(address: string): Place {
  const url = new URL(address, 'http://here');
  const path = url.pathname.split('/').filter(Boolean).map(decoded);
  return { path, query: Object.fromEntries(url.searchParams) };
}

/** What cannot be decoded is taken as it stands. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function addressAt({
  path,
  query = {},
}: {
  path: readonly string[];
  query?: Record<string, string | undefined>;
}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const search = given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
  return `/${path.map(encodeURIComponent).join('/')}${search}`;
}
