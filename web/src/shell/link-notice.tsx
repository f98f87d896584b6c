/** Says when what is shown is not what is now. */
import { useSelector as useActor } from '@xstate/react';
import { useSelector } from '@xstate/store-react';
import { useEffect, useState } from 'react';
import { duration } from '../format.ts';
import { clockStore } from '../state/clock.ts';
import { link } from '../state/engine.ts';
import { useTexts } from '../texts/index.ts';
import { statusOf } from './header.tsx';

export function LinkNotice() {
  const texts = useTexts();
  const state = useActor(link, ({ value }) => statusOf(value));
  const now = useSelector(clockStore, ({ context }) => context.now);
  const isLive = state === 'live' || state === 'idle';
  const [since, setSince] = useState<number | null>(null);
  useEffect(() => setSince(before => (isLive ? null : (before ?? Date.now()))), [isLive]);
  if (since === null || state === 'connecting') return null;
  return (
    <p className="notice" role="status">
      <b>{texts.link[state]}.</b> {texts.link.since(duration(Math.max(0, now - since)))}
    </p>
  );
}
