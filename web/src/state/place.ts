/**
 * Where one is in the page, as its address says it: every view, filter and instant is a place, so that a link that is
 * pasted somewhere opens exactly that.
 */
import { createStore } from '@xstate/store';
import { addressAt, type Place, placeAt } from './address.ts';

export type { Place } from './address.ts';

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
