/**
 * Where one is in the page, as its address says it: every view, filter and instant is a place, so that a link that is
 * pasted somewhere opens exactly that.
 */
import { createStore } from '@xstate/store';

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

export const placeStore = createStore({
  context: placeAt(location.href),
  on: { moved: (_, { place }: { place: Place }) => place },
});

/** Goes to an address of this page. `isSame` replaces the present one: what is typed is no step back. */
export function go(address: string, { isSame = false } = {}): void {
  if (isSame) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  placeStore.trigger.moved({ place: placeAt(location.href) });
  if (!isSame) window.scrollTo(0, 0);
}

/** The same place with other fields in its query; an empty one is left out. */
export function narrow(fields: Record<string, string | undefined>, options = { isSame: true }): void {
  const { path, query } = placeStore.getSnapshot().context;
  go(addressAt({ path, query: { ...query, ...fields } }), options);
}

export function followHistory(): void {
  window.addEventListener('popstate', () => placeStore.trigger.moved({ place: placeAt(location.href) }));
}
