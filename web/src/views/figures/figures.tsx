/** What came of the work in a time: throughput, lead time, where time went, rework, gates, money. Each figure leads to its tasks. */
import { useSelector } from '@xstate/store-react';
import { addressOf } from '../../api/ask.ts';
import type { Answer } from '../../api/types.ts';
import { Failed } from '../../parts/failed.tsx';
import { narrow, placeStore } from '../../state/place.ts';
import { useRead } from '../../state/read.ts';
import { useTexts } from '../../texts/index.ts';
import { Overall, Periods, Projects } from './overall.tsx';
import { Gates, Rework, Stages, Usage } from './tables.tsx';

export type FiguresShown = Answer<'figures.show'>;

const ranges = { '7': 7, '30': 30, '90': 90, '365': 365 } as const;

export default function FiguresView() {
  const texts = useTexts();
  const { figures } = texts;
  const { from, to, project, by } = useSelector(placeStore, ({ context }) => context.query);
  const query = { from, to, project, by };
  const { value, error, again } = useRead<FiguresShown>('/figures', { query });
  const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  return (
    <section className="page figures" aria-labelledby="figures">
      <div className="bar">
        <h1 id="figures">{figures.title}</h1>
        <label>
          {figures.from}{' '}
          <input
            type="date"
            value={from ?? value?.from.slice(0, 10) ?? ''}
            onChange={({ target }) => narrow({ from: target.value })}
          />
        </label>
        <label>
          {figures.to} <input type="date" value={to ?? ''} onChange={({ target }) => narrow({ to: target.value })} />
        </label>
        {Object.entries(ranges).map(([key, days]) => (
          <button key={key} type="button" className="quiet" onClick={() => narrow({ from: day(days), to: '' })}>
            {figures.days(days)}
          </button>
        ))}
        <select
          aria-label={figures.by}
          value={by ?? 'day'}
          onChange={({ target }) => narrow({ by: target.value === 'day' ? '' : target.value })}
        >
          <option value="day">{figures.byDay}</option>
          <option value="week">{figures.byWeek}</option>
        </select>
        {project !== undefined && (
          <button type="button" className="quiet" onClick={() => narrow({ project: '' })}>
            {texts.board.project}: {project} ×
          </button>
        )}
        <a href={addressOf('/figures', { ...query, format: 'csv' })} download="figures.csv">
          {figures.csv}
        </a>
      </div>
      {error !== undefined && <Failed error={error} again={again} />}
      {value === undefined && error === undefined && <p className="reading">{texts.reading}</p>}
      {value !== undefined && <Shown value={value} />}
    </section>
  );
}

function Shown({ value }: { value: FiguresShown }) {
  const { figures } = useTexts();
  const { done, failed, cancelled, broken, living } = value.overall;
  const count = [done, failed, cancelled, broken, living].reduce((sum, { total }) => sum + total, 0);
  if (count === 0) return <p className="empty">{figures.none}</p>;
  return (
    <>
      {value.isCut && <p className="problem">{figures.isCut}</p>}
      <Overall overall={value.overall} />
      <Periods periods={value.periods} />
      {value.projects.length > 1 && <Projects projects={value.projects} />}
      <Stages stages={value.stages} />
      <Rework rework={value.rework} />
      <Gates gates={value.gates} />
      <Usage usage={value.usage} />
    </>
  );
}
