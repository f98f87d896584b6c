/** An event on paper: where a task would go and what it would start. The pure machine is asked; nothing is stored. */
import { useState } from 'react';
import { segment } from '../../api/ask.ts';
import type { Answer, Task } from '../../api/types.ts';
import { Failed } from '../../parts/failed.tsx';
import { Standing } from '../../parts/standing.tsx';
import { useRead } from '../../state/read.ts';
import { useTexts } from '../../texts/index.ts';

type OnPaper = Answer<'task.whatIf'>;

/** Events that people send, first; any other that the machine knows may be written. */
const known = ['approve', 'reject', 'answer', 'retry', 'pause', 'resume', 'cancel', 'move', 'fail'].map(
  verb => `task.${verb}`,
);

export function WhatIf({ ids }: { ids: readonly string[] }) {
  const { whatIf, actions } = useTexts();
  const [written, setWritten] = useState<string>();
  const [first, setFirst] = useState(ids[0]);
  // The tasks may come after the page.
  if (first === undefined && ids[0] !== undefined) setFirst(ids[0]);
  const id = written ?? first ?? '';
  const [event, setEvent] = useState(known[0]!);
  const [stage, setStage] = useState('');
  const { value: task, error: unknown } = useRead<Task>(id === '' ? null : `/tasks/${segment(id)}`);
  const stages = task?.moves.find(move => move.event === 'task.move')?.fields[0]?.options ?? [];
  const data = event === 'task.move' ? { data: JSON.stringify({ stage: stage || stages[0] || '' }) } : {};
  const isAsked = id !== '' && task !== undefined;
  const { value, error } = useRead<OnPaper>(isAsked ? `/tasks/${segment(id)}/what-if` : null, {
    query: { event, ...data },
    when: ({ actorId }) => actorId === id,
  });
  return (
    <section className="what-if" aria-label={whatIf.title}>
      <h2>{whatIf.title}</h2>
      <p className="meta">{whatIf.stored}</p>
      <div className="row">
        <label>
          {whatIf.task}{' '}
          <input list="what-if-tasks" value={id} onChange={({ target }) => setWritten(target.value.trim())} />
        </label>
        <datalist id="what-if-tasks">
          {ids.slice(0, 200).map(one => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <label>
          {whatIf.event}{' '}
          <select value={event} onChange={({ target }) => setEvent(target.value)}>
            {known.map(one => (
              <option key={one} value={one}>
                {actions[one] ?? one}
              </option>
            ))}
          </select>
        </label>
        {event === 'task.move' && (
          <select aria-label="stage" value={stage} onChange={({ target }) => setStage(target.value)}>
            {stages.map(one => (
              <option key={one}>{one}</option>
            ))}
          </select>
        )}
      </div>
      {unknown !== undefined && <Failed error={unknown} />}
      {error !== undefined && <Failed error={error} />}
      {value !== undefined && <OnPaperView value={value} />}
    </section>
  );
}

function OnPaperView({ value }: { value: OnPaper }) {
  const { whatIf, act } = useTexts();
  if (!value.isTaken) {
    return (
      <p>
        {whatIf.ignored} {value.reason}
      </p>
    );
  }
  const { starts, stops, steps, does } = value;
  return (
    <>
      <p>
        <Standing standing={value.standing} />{' '}
        <b>{value.to === value.state ? act.staysAt(value.to) : act.goesTo(value.to)}</b>
        {value.why !== null && `: ${value.why}`}
      </p>
      {starts.length > 0 && <List title={whatIf.starts} items={starts.map(({ says }) => says)} />}
      {stops.length > 0 && <List title={whatIf.stops} items={stops.map(({ src, id }) => `${src} ${id}`)} />}
      {does.length > 0 && <List title={whatIf.does} items={does} />}
      {steps.length > 1 && (
        <List title={whatIf.steps} items={steps.map(({ event, from, to }) => `${event}: ${from} → ${to}`)} />
      )}
    </>
  );
}

const List = ({ title, items }: { title: string; items: readonly string[] }) => (
  <>
    <h3>{title}</h3>
    <ul>
      {items.map((item, index) => (
        <li key={index}>{item}</li>
      ))}
    </ul>
  </>
);
