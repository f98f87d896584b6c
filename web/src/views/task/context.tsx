/** What the task knows, and what the last entry of its log has changed of it. */
import { useMemo } from 'react';
import { segment } from '../../api/ask.ts';
import { Failed } from '../../parts/failed.tsx';
import { useRead } from '../../state/read.ts';
import { useTexts } from '../../texts/index.ts';
import { differences } from './differences.ts';

interface Snapshot {
  context: Record<string, unknown>;
}

export default function Context({ id, seq }: { id: string; seq: number | null }) {
  const texts = useTexts();
  const path = `/tasks/${segment(id)}/snapshot`;
  const { value: now, error } = useRead<Snapshot>(seq === null ? null : path, { query: { at: seq ?? undefined } });
  const isFirst = seq === null || seq <= 1;
  const { value: before } = useRead<Snapshot>(isFirst ? null : path, { query: { at: isFirst ? undefined : seq - 1 } });
  const changed = useMemo(
    () =>
      now === undefined || (before === undefined && !isFirst)
        ? undefined
        : differences(before?.context ?? {}, now.context),
    [now, before, isFirst],
  );
  if (error !== undefined) return <Failed error={error} />;
  if (now === undefined || changed === undefined) return <p className="reading">{texts.reading}</p>;
  return (
    <section aria-label={texts.task.context}>
      <h2>{texts.time.difference}</h2>
      {changed.length === 0 && <p className="meta">{texts.time.noDifference}</p>}
      {changed.length > 0 && (
        <table className="differences">
          <thead>
            <tr>
              <th scope="col">{texts.task.context}</th>
              <th scope="col">{texts.time.was}</th>
              <th scope="col">{texts.time.is}</th>
            </tr>
          </thead>
          <tbody>
            {changed.map(({ path: where, was, is }) => (
              <tr key={where}>
                <th scope="row">
                  <code>{where}</code>
                </th>
                <td>
                  <del>{was}</del>
                </td>
                <td>
                  <ins>{is}</ins>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <details>
        <summary>{texts.task.context}</summary>
        <pre tabIndex={0}>{JSON.stringify(now.context, null, 2)}</pre>
      </details>
    </section>
  );
}
