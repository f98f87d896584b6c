/** The panel in which a decision is made: what it does, what it needs, and why it was refused. */
import { useMachine } from '@xstate/react';
import { useEffect, useId, useRef } from 'react';
import { segment } from '../api/ask.ts';
import type { Answer, Move } from '../api/types.ts';
import { actingMachine } from '../state/acting.ts';
import { useMayDecide } from '../state/live.ts';
import { useRead } from '../state/read.ts';
import { useTexts } from '../texts/index.ts';

type WhatIf = Answer<'task.whatIf'>;

export interface Acting {
  /** Opens the panel for a decision. */
  open(move: Move): void;
  /** Whether something is being decided. */
  isOpen: boolean;
  panel: React.ReactNode;
}

export interface ActOptions {
  taskId: string;
  question: number | null;
  /** The task has moved meanwhile: what was to be decided is decided. */
  isOver?: boolean;
  /** It was decided here. */
  onDone?(): void;
}

/** Decisions about one task; the panel stands where it is put. */
export function useActing({ taskId, question, isOver = false, onDone }: ActOptions): Acting {
  const [state, send] = useMachine(actingMachine);
  const isOpen = !state.matches('closed');
  const isDone = state.matches('done');
  const told = useRef(onDone);
  useEffect(() => {
    told.current = onDone;
  });
  useEffect(() => {
    if (isDone) told.current?.();
  }, [isDone]);
  const panel = isOpen && !isDone && state.context.order !== null && (
    <Panel state={state} send={send} isOver={isOver} />
  );
  return {
    isOpen: isOpen && !isDone,
    panel,
    open: move => send({ type: 'act.open', order: { taskId, move, question } }),
  };
}

type Machine = ReturnType<typeof useMachine<typeof actingMachine>>;

function Panel({ state, send, isOver }: { state: Machine[0]; send: Machine[1]; isOver: boolean }) {
  const { actions, act } = useTexts();
  const { order, fields, problem } = state.context;
  const { taskId, move } = order!;
  const name = actions[move.event] ?? move.event;
  const form = useRef<HTMLFormElement>(null);
  const isLive = useMayDecide();
  const maySend = state.matches('open') && isLive && !isOver;
  const id = useId();
  const chosen = Object.fromEntries(
    move.fields.flatMap(({ name, options }) =>
      options === undefined ? [] : [[name, fields[name] ?? options[0] ?? '']],
    ),
  );

  useEffect(() => {
    const before = document.activeElement;
    // Not on a button: what somebody goes on typing must not press it.
    (form.current?.querySelector<HTMLElement>('textarea, select') ?? form.current)?.focus();
    return () => (before as HTMLElement | null)?.focus?.();
  }, []);

  return (
    <form
      ref={form}
      className="act"
      aria-label={name}
      onSubmit={event => {
        event.preventDefault();
        if (maySend) send({ type: 'act.send' });
      }}
      tabIndex={-1}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          send({ type: 'act.close' });
        }
        const isMeant = event.metaKey || event.ctrlKey || event.target === form.current;
        if (event.key === 'Enter' && isMeant) {
          event.preventDefault();
          form.current?.requestSubmit();
        }
      }}
    >
      <p className="does">
        {move.does}
        <Outcome taskId={taskId} event={move.event} data={chosen} />
      </p>
      {move.fields.map(field => (
        <label key={field.name} htmlFor={`${id}${field.name}`}>
          <span>{field.means}</span>
          {field.options === undefined ? (
            <textarea
              id={`${id}${field.name}`}
              required
              maxLength={20_000}
              rows={3}
              value={fields[field.name] ?? ''}
              onChange={({ target }) => send({ type: 'act.fill', name: field.name, value: target.value })}
            />
          ) : (
            <select
              id={`${id}${field.name}`}
              value={fields[field.name] ?? field.options[0]}
              onChange={({ target }) => send({ type: 'act.fill', name: field.name, value: target.value })}
            >
              {field.options.map(option => (
                <option key={option}>{option}</option>
              ))}
            </select>
          )}
        </label>
      ))}
      {problem !== null && (
        <p className="problem" role="alert">
          {act.refused} {problem}
        </p>
      )}
      {isOver && <p role="alert">{act.over}</p>}
      {!isLive && <p role="alert">{act.notLive}</p>}
      <div className="row">
        <button type="submit" className="primary" aria-disabled={!maySend}>
          {state.matches('sending') ? act.sending : name}
        </button>
        <button type="button" onClick={() => send({ type: 'act.close' })}>
          {act.close}
        </button>
      </div>
    </form>
  );
}

const agentIn = ({ agent, model }: NonNullable<WhatIf['next']>) => (model === null ? agent : `${agent} (${model})`);

/** Where it would lead, by the machine itself. */
function Outcome({ taskId, event, data }: { taskId: string; event: string; data: object }) {
  const { act } = useTexts();
  const query = { event, data: JSON.stringify(data) };
  const { value } = useRead<WhatIf>(`/tasks/${segment(taskId)}/what-if`, { query });
  if (value === undefined || !value.isTaken) return null;
  const starts = value.next === null ? value.starts.map(({ says }) => says) : [agentIn(value.next)];
  return (
    <span className="outcome">
      {value.to === value.state ? act.staysAt(value.to) : act.goesTo(value.to)}
      {starts.length > 0 && `, ${act.starts(starts.join(', '))}`}
    </span>
  );
}
