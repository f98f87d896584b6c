/** Whether what is shown is what is now, in a word. */
import { useSelector } from '@xstate/react';
import { link } from './engine.ts';

export type LinkStatus = 'live' | 'connecting' | 'lost' | 'away' | 'out' | 'idle';

const statusOf = (value: unknown): LinkStatus => {
  if (typeof value === 'string') return value === 'lost' || value === 'away' || value === 'out' ? value : 'idle';
  const { following } = value as { following?: string };
  return following === 'connecting' ? 'connecting' : 'live';
};

export const useLinkStatus = (): LinkStatus => useSelector(link, ({ value }) => statusOf(value));

/** Whoever decides has to see what is so: nothing is decided on what was so before the connection was lost. */
export const useMayDecide = (): boolean => useLinkStatus() === 'live';
