/** One task: its chart, why it is where it is, what would move it, and its whole past. */
import { useSelector } from '@xstate/store-react';
import { lazy, Suspense, useMemo } from 'react';
import { segment } from '../../api/ask.ts';
import type { LogEntry, Task } from '../../api/types.ts';
import { Failed } from '../../parts/failed.tsx';
import { Link } from '../../parts/link.tsx';
import { Standing } from '../../parts/standing.tsx';
import { Age, Instant } from '../../parts/when.tsx';
import { useKeys } from '../../state/keys.ts';
import { useLog } from '../../state/log.ts';
import { narrow, placeStore } from '../../state/place.ts';
import { useRead } from '../../state/read.ts';
import { useTexts } from '../../texts/index.ts';
import { visible } from '../../visible.ts';
import { TaskChart } from './chart.tsx';
import { Scrubber } from './scrubber.tsx';
import { Side } from './side.tsx';
import { Timeline } from './timeline.tsx';

const Output = lazy(() => import('./output.tsx'));
const Changes = lazy(() => import('./changes.tsx'));
const Context = lazy(() => import('./context.tsx'));

const parts = ['timeline', 'output', 'changes', 'context'] as const;
type Part = (typeof parts)[number];

export default function TaskView({ id }: { id: string }) {
  const texts = useTexts();
  const query = useSelector(placeStore, ({ context }) => context.query);
  const log = useLog(id);
  const at = instantIn(query.at, log);
  const path = `/tasks/${segment(id)}`;
  const { value: now, error, again } = useRead<Task>(path, { when: ({ taskId }) => taskId === id });
  const { value: then } = useRead<Task>(at === null ? null : path, { query: { at: at?.seq } });
  const task = at === null ? now : (then ?? now);
  const part: Part = parts.find(known => known === query.show) ?? 'timeline';
  useKeys(useMemo(() => keysOf(log, at), [log, at]));

  const last = log?.at(-1)?.seq;
  if (query.at !== undefined && at === null && last !== undefined && String(last) !== query.at) {
    return (
      <div className="failed" role="alert">
        <p>{texts.time.beyond(query.at, last)}</p>
        <button type="button" onClick={() => narrow({ at: '' })}>
          {texts.time.back}
        </button>
      </div>
    );
  }
  if (error !== undefined && now === undefined) return <Failed error={error} again={again} />;
  if (task === undefined || now === undefined) return <p className="reading">{texts.reading}</p>;
  return (
    <article className={`task${at === null ? '' : ' past'}`}>
      <header className="title">
        <h1>
          <span className="id">{task.id}</span> {visible(task.title)}
        </h1>
        <p className="meta">
          <Standing standing={task.standing} /> {task.project} · {task.pipeline} · {texts.task.created}{' '}
          <Age at={task.createdAt} isAgo /> · {texts.task.changed} <Age at={task.updatedAt} isAgo />
        </p>
      </header>
      {at !== null && (
        <p className="as-of" role="status">
          <b>
            {texts.time.asOf('')} <Instant at={at.at} />
          </b>{' '}
          <span>{texts.time.readOnly}</span>{' '}
          <button type="button" onClick={() => narrow({ at: '' })}>
            {texts.time.back}
          </button>
        </p>
      )}
      <div className="sides">
        <TaskChart task={task} log={log ?? []} at={at} />
        <Side task={task} at={at?.seq ?? null} again={again} />
      </div>
      <Scrubber log={log ?? []} at={at} />
      <div className="tabs" role="group" aria-label={task.id}>
        {parts.map(name => (
          <Link
            key={name}
            to={tabAddress(id, query, name)}
            isSame
            className="tab"
            aria-current={name === part ? 'true' : undefined}
          >
            {
              {
                timeline: texts.task.timeline,
                output: texts.task.runs,
                changes: texts.task.changes,
                context: texts.task.context,
              }[name]
            }
          </Link>
        ))}
      </div>
      <Suspense fallback={<p className="reading">{texts.reading}</p>}>
        {part === 'timeline' && <Timeline log={log} at={at} />}
        {part === 'output' && <Output runs={task.runs} chosen={query.run} />}
        {part === 'changes' && <Changes id={id} at={at?.seq ?? null} head={task.head} />}
        {part === 'context' && <Context id={id} seq={at?.seq ?? log?.at(-1)?.seq ?? null} />}
      </Suspense>
    </article>
  );
}

const tabAddress = (id: string, query: Readonly<Record<string, string>>, show: string) =>
  `/tasks/${encodeURIComponent(id)}?${new URLSearchParams({ ...query, show })}`;

/** The entry that the address names; null for the present. */
function instantIn(at: string | undefined, log: readonly LogEntry[] | undefined): LogEntry | null {
  const seq = Number(at);
  return at === undefined || log === undefined ? null : (log.find(entry => entry.seq === seq) ?? null);
}

/** `[` and `]` go through the log, Escape comes back. */
function keysOf(log: readonly LogEntry[] | undefined, at: LogEntry | null) {
  const last = log?.at(-1)?.seq ?? 0;
  const to = (seq: number) => narrow({ at: seq >= last ? '' : String(Math.max(1, seq)) });
  return {
    '[': () => to((at?.seq ?? last) - 1),
    ']': () => to((at?.seq ?? last) + 1),
    ...(at !== null && { Escape: () => narrow({ at: '' }) }),
  };
}
