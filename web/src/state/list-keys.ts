/** `j` and `k` in any list: the focus goes to the next and the one before of what is marked as an item. */
import { useMemo } from 'react';
import { useKeys } from './keys.ts';

export const itemMark = { 'data-item': '' };

function step(by: 1 | -1): void {
  const items = [...document.querySelectorAll<HTMLElement>('[data-item]')].filter(item => item.offsetParent !== null);
  const at = items.findIndex(item => item === document.activeElement || item.contains(document.activeElement));
  const next = items[at === -1 ? (by === 1 ? 0 : items.length - 1) : at + by];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

export function useListKeys(): void {
  useKeys(useMemo(() => ({ j: () => step(1), k: () => step(-1) }), []));
}
