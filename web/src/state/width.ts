/** How wide the window is, where more than the style depends on it. */
import { useSyncExternalStore } from 'react';

function whether(query: string): () => boolean {
  const media = window.matchMedia(query);
  const subscribe = (listener: () => void) => {
    media.addEventListener('change', listener);
    return () => media.removeEventListener('change', listener);
  };
  return () => useSyncExternalStore(subscribe, () => media.matches);
}

/** Lists stand one after another. */
export const useNarrow = whether('(max-width: 720px)');

/** A list stands beside what is chosen of it. */
export const useWide = whether('(min-width: 1800px)');
