/** Says when what is shown is not what is now. */
import { useSelector } from '@xstate/store-react';
import { useEffect, useState } from 'react';
import { duration } from '../format.ts';
import { clockStore } from '../state/clock.ts';
import { useLinkStatus } from '../state/live.ts';
import { useTexts } from '../texts/index.ts';

export function LinkNotice() {
  const texts = useTexts();
  const state = useLinkStatus();
  const now = useSelector(clockStore, ({ context }) => context.now);
  const isLive = state === 'live' || state === 'idle';
  const [since, setSince] = useState<number | null>(null);
  useEffect(() => setSince(before => (isLive ? null : (before ?? Date.now()))), [isLive]);
  if (since === null) return null;
  return (
    <p className="notice" role="status">
      <b>{texts.link[state]}.</b> {texts.link.since(duration(Math.max(0, now - since)))}
    </p>
  );
}
