/** How large the store is, how much room is left, and what ended so long ago that it may go. */
import { useSelector } from '@xstate/store-react';
import { useEffect, useState } from 'react';
import { ask } from '../../api/ask.ts';
import type { Answer } from '../../api/types.ts';
import { bytes } from '../../format.ts';
import { Confirmed } from '../../parts/confirmed.tsx';
import { sessionStore } from '../../state/session.ts';
import { useTexts } from '../../texts/index.ts';

type Pruned = Answer<'data.prune'>;

export function Storage() {
  const { operations } = useTexts();
  const measured = useMetrics(['signalbox_store_bytes', 'signalbox_disk_free_bytes']);
  const isAdmin = useSelector(sessionStore, ({ context }) => context.who?.role === 'admin');
  const [store, free] = measured;
  return (
    <section>
      <h2>{operations.storage}</h2>
      <p>
        {store !== undefined && operations.storeSize(bytes(store))}{' '}
        {free !== undefined && operations.freeDisk(bytes(free))}
      </p>
      {isAdmin && <Prune />}
    </section>
  );
}

/** What Prometheus is told: https://prometheus.io/docs/instrumenting/exposition_formats/ */
function useMetrics(names: readonly string[]): (number | undefined)[] {
  const [text, setText] = useState('');
  useEffect(() => {
    const end = new AbortController();
    fetch('/metrics', { signal: end.signal }).then(
      async answer => answer.ok && setText(await answer.text()),
      () => {},
    );
    return () => end.abort();
  }, []);
  // One with labels is the sum of all its series.
  return names.map(name => {
    const series = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'gm'))];
    return series.length === 0 ? undefined : series.reduce((sum, [, value]) => sum + Number(value), 0);
  });
}

/** First what would go is said, and then it may be ordered. */
function Prune() {
  const { operations } = useTexts();
  const [olderThan, setOlderThan] = useState('90d');
  const [found, setFound] = useState<Pruned | null>(null);
  const prune = (dryRun: boolean) => async () => {
    setFound(await ask<Pruned>('/prune', { method: 'POST', body: { olderThan, dryRun } }));
  };
  return (
    <div className="row">
      <label>
        {operations.olderThan}{' '}
        <input value={olderThan} size={6} onChange={({ target }) => setOlderThan(target.value.trim())} />
      </label>
      <Confirmed label={operations.whatWouldGo} says={operations.whatWouldGoWhy} isForAdmins order={prune(true)} />
      {found !== null && (
        <>
          <span role="status">
            {found.dryRun
              ? operations.wouldGo(found.tasks, bytes(found.bytes))
              : operations.hasGone(found.tasks, bytes(found.bytes))}
          </span>
          {found.dryRun && found.actors > 0 && (
            <Confirmed label={operations.prune} says={operations.pruneWhy} isForAdmins order={prune(false)} />
          )}
        </>
      )}
    </div>
  );
}
