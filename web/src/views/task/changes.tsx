/** What the branch changes: its files, and the lines of one of them. */
import { useSelector } from '@xstate/store-react';
import { segment } from '../../api/ask.ts';
import type { Answer } from '../../api/types.ts';
import { Failed } from '../../parts/failed.tsx';
import { narrow, placeStore } from '../../state/place.ts';
import { useRead } from '../../state/read.ts';
import { useTexts } from '../../texts/index.ts';
import { visible } from '../../visible.ts';

type Changed = Answer<'task.changes'>;

export default function Changes({ id, at, head }: { id: string; at: number | null; head: string }) {
  const texts = useTexts();
  const file = useSelector(placeStore, ({ context }) => context.query.file);
  const query = { file, at: at ?? undefined };
  const { value, error, again } = useRead<Changed>(`/tasks/${segment(id)}/changes`, { query });
  if (error !== undefined) return <Failed error={error} again={again} />;
  if (value === undefined) return <p className="reading">{texts.reading}</p>;
  return (
    <section aria-label={texts.task.changes} data-head={head}>
      <ul className="files">
        {value.files.map(({ path, before, status, additions, deletions, isBinary }) => (
          <li key={path}>
            <button
              type="button"
              className="quiet"
              aria-pressed={file === path}
              onClick={() => narrow({ file: file === path ? '' : path })}
            >
              {before !== null && before !== path && `${before} → `}
              {visible(path)}
            </button>
            <span className="meta">
              {status} {!isBinary && <ins>+{additions}</ins>} {!isBinary && <del>−{deletions}</del>}
            </span>
          </li>
        ))}
      </ul>
      {value.patch !== null && <Patch text={value.patch} />}
    </section>
  );
}

const kindOf = (line: string) =>
  /^(?:diff |index |--- |\+\+\+ |new file|deleted file|rename|similarity)/.test(line)
    ? 'about'
    : line.startsWith('@@')
      ? 'place'
      : line.startsWith('+')
        ? 'added'
        : line.startsWith('-')
          ? 'removed'
          : '';

const mostLines = 5_000;

function Patch({ text }: { text: string }) {
  const lines = text.split('\n');
  return (
    <pre tabIndex={0} className="patch">
      {lines.slice(0, mostLines).map((line, index) => (
        <span key={index} className={kindOf(line)}>
          {visible(line)}
          {'\n'}
        </span>
      ))}
      {lines.length > mostLines && `… ${lines.length - mostLines}`}
    </pre>
  );
}
