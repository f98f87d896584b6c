/** Each pipeline drawn, what the checker says of it, where tasks are in it now. */
import { useSelector } from '@xstate/store-react';
import { useMemo } from 'react';
import { segment } from '../../api/ask.ts';
import type { Answer, Chart as Drawn } from '../../api/types.ts';
import { Chart } from '../../chart/chart.tsx';
import { Failed } from '../../parts/failed.tsx';
import { Link } from '../../parts/link.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { go } from '../../state/place.ts';
import { useRead } from '../../state/read.ts';
import { hasEnded, tasksStore } from '../../state/tasks.ts';
import { useTexts } from '../../texts/index.ts';
import { WhatIf } from './what-if.tsx';

type Machines = Answer<'machine.list'>;
type Checked = Answer<'pipeline.check'>;

export default function PipelinesView({ name }: { name: string | null }) {
  const texts = useTexts();
  const { value, error, again } = useRead<Machines>('/machines');
  if (error !== undefined) return <Failed error={error} again={again} />;
  if (value === undefined) return <p className="reading">{texts.reading}</p>;
  const names = value.items.flatMap(({ id, kind }) => (kind === 'task' ? [id.slice('task:'.length)] : []));
  const shown = name ?? names[0];
  return (
    <section className="page">
      <h1>{texts.views.pipelines}</h1>
      <Tabs
        label={texts.views.pipelines}
        tabs={names.map(one => ({ name: one, label: one, to: `/pipelines/${encodeURIComponent(one)}` }))}
        shown={shown}
      />
      {shown !== undefined && <Pipeline key={shown} name={shown} />}
    </section>
  );
}

function Pipeline({ name }: { name: string }) {
  const texts = useTexts();
  const { value: chart, error } = useRead<Drawn>(`/machines/${segment(`task:${name}`)}/chart`);
  const { value: checked, error: unchecked } = useRead<Checked>('/pipelines/check', {
    query: name === 'default' ? {} : { file: name },
  });
  const cards = useSelector(tasksStore, ({ context }) => context.cards);
  const here = useMemo(
    () => [...cards.values()].filter(card => card.pipeline === name && !hasEnded(card)),
    [cards, name],
  );
  const counts = useMemo(() => {
    const found = new Map<string, number>();
    for (const { stage } of here) found.set(stage, (found.get(stage) ?? 0) + 1);
    return found;
  }, [here]);
  return (
    <div className="sides">
      {error !== undefined && <Failed error={error} />}
      {chart !== undefined && (
        <section className="chart-part" aria-label={texts.chart.title}>
          <Chart
            chart={chart}
            state={null}
            taken={new Map()}
            counts={counts}
            label={`${texts.chart.title} ${name}`}
            onChoose={() => go(`/board?pipeline=${encodeURIComponent(name)}`)}
          />
        </section>
      )}
      <aside className="side">
        <section>
          <h2>{texts.pipelines.check}</h2>
          {unchecked !== undefined && <p className="problem">{unchecked.message}</p>}
          {checked !== undefined && (
            <>
              <p>
                {checked.violations.length === 0
                  ? texts.pipelines.holds(checked.situations, checked.isWhole, checked.runs ?? 0)
                  : texts.pipelines.violations(checked.violations.length)}
              </p>
              <p className="meta">{texts.pipelines.size(checked.states, checked.transitions)}</p>
              {checked.notes.map(note => (
                <p key={note} className="meta">
                  {note}
                </p>
              ))}
              {checked.violations.map(({ property, message, counterexample }) => (
                <details key={`${property} ${message}`}>
                  <summary>{message}</summary>
                  <pre tabIndex={0}>{counterexample}</pre>
                </details>
              ))}
            </>
          )}
        </section>
        <section>
          <h2>
            {texts.pipelines.here} <span className="number">{here.length}</span>
          </h2>
          {here.length === 0 && <p className="meta">{texts.pipelines.none}</p>}
          <ul>
            {here.slice(0, 50).map(({ id, title, state }) => (
              <li key={id}>
                <Link to={`/tasks/${encodeURIComponent(id)}`}>
                  <b className="id">{id}</b> {title}
                </Link>{' '}
                <code>{state}</code>
              </li>
            ))}
          </ul>
        </section>
        <WhatIf ids={here.map(({ id }) => id)} />
      </aside>
    </div>
  );
}
