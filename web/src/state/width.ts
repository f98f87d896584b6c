/** Whether the window is narrow: then lists stand one after another. */
import { useSyncExternalStore } from 'react';

const narrow = window.matchMedia('(max-width: 720px)');

const subscribe = (listener: () => void) => {
  narrow.addEventListener('change', listener);
  return () => narrow.removeEventListener('change', listener);
};

export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => narrow.matches);
