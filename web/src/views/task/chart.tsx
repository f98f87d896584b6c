/** The chart of the task's own pipeline: the whole, or the stage that somebody looks at. */
import { useSelector } from '@xstate/store-react';
import { useMemo, useState } from 'react';
import { segment } from '../../api/ask.ts';
import type { AgentView, Answer, Chart as Drawn, LogEntry, Task } from '../../api/types.ts';
import { Chart } from '../../chart/chart.tsx';
import { outermost, type Taken, takenIn } from '../../chart/taken.ts';
import { Failed } from '../../parts/failed.tsx';
import { narrow, placeStore } from '../../state/place.ts';
import { useRead } from '../../state/read.ts';
import { useTexts } from '../../texts/index.ts';

type WhatIf = Answer<'task.whatIf'>;

interface TaskChartProps {
  task: Task;
  log: readonly LogEntry[];
  at: LogEntry | null;
}

export function TaskChart({ task, log, at }: TaskChartProps) {
  const texts = useTexts();
  const near = useSelector(placeStore, ({ context }) => context.query.near ?? '');
  const path = `/machines/${segment(task.id)}/chart`;
  const { value: chart, error, again } = useRead<Drawn>(path, { query: near === '' ? {} : { within: near } });
  const until = at?.seq ?? Number.POSITIVE_INFINITY;
  const taken = useMemo(
    () =>
      chart === undefined
        ? new Map()
        : takenIn(
            chart,
            log.filter(({ seq }) => seq <= until),
          ),
    [chart, log, until],
  );
  const { value: onPaper } = useRead<WhatIf>(`/tasks/${segment(task.id)}/what-if`, {
    query: { ...(at !== null && { at: at.seq }), ...(at === null && { version: undefined }) },
    when: ({ actorId, from, to }) => at === null && actorId === task.id && from !== to,
  });
  const living = task.runs.filter(({ status }) => status === 'spawning' || status === 'running');
  const stage = outermost(task.state);
  const hasInner = near !== '' || (chart?.states.some(({ path }) => path.startsWith(`${stage}.`)) ?? false);
  return (
    <section className="chart-part" aria-label={texts.chart.title}>
      <div className="row">
        <button type="button" className="quiet" aria-pressed={near === ''} onClick={() => narrow({ near: '' })}>
          {texts.chart.whole}
        </button>
        {hasInner && (
          <button
            type="button"
            className="quiet"
            aria-pressed={near !== ''}
            onClick={() => narrow({ near: near === '' ? outermost(task.state) : '' })}
          >
            {texts.chart.near(near === '' ? outermost(task.state) : near)}
          </button>
        )}
      </div>
      {error !== undefined && <Failed error={error} again={again} />}
      {chart === undefined && error === undefined && <p className="reading">{texts.chart.reading}</p>}
      {chart !== undefined && (
        <Chart
          chart={chart}
          state={task.state}
          standing={task.standing}
          taken={taken}
          guards={onPaper?.guards ?? []}
          label={`${texts.chart.title} ${task.pipeline}`}
          onChoose={near === '' ? lookNear : undefined}
        />
      )}
      {living.map(run => (
        <RunChart key={run.agentId} run={run} />
      ))}
    </section>
  );
}

function lookNear(state: string): void {
  if (state !== '') narrow({ near: outermost(state) });
}

/** The machine of a run and the breaker that it depends on: where each is now. */
function RunChart({ run }: { run: AgentView }) {
  const { chart: texts, operations } = useTexts();
  const { value: breaker } = useRead<Answer<'breaker.list'>>('/breakers', { when: ({ kind }) => kind === 'breaker' });
  const state = breaker?.breakers[run.provider]?.state ?? null;
  return (
    <>
      <Child machine="agentRun" state={run.state} label={run.agentId}>
        {texts.children}: <b>{run.agentId}</b> · {run.agent} · <code>{run.state}</code>
      </Child>
      <Child machine="breaker" state={state} label={operations.breakerOf(run.provider)}>
        {operations.breakerOf(run.provider)} · <code>{state ?? '–'}</code>
      </Child>
    </>
  );
}

interface ChildProps {
  machine: string;
  state: string | null;
  label: string;
  children: React.ReactNode;
}

/** Drawn when somebody wants to see it. */
function Child({ machine, state, label, children }: ChildProps) {
  const [isOpen, setOpen] = useState(false);
  const { value: chart } = useRead<Drawn>(isOpen ? `/machines/${machine}/chart` : null);
  return (
    <details className="child" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{children}</summary>
      {chart !== undefined && <Chart chart={chart} state={state} taken={nothingTaken} label={label} />}
    </details>
  );
}

const nothingTaken = new Map<string, Taken>();
