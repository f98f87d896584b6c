/** Begins a new task where this one was, with another agent, model or prompt; this one is not touched. */
import { useMachine } from '@xstate/react';
import { useEffect, useId } from 'react';
import type { Task } from '../../api/types.ts';
import { type ForkFields, forkingMachine } from '../../state/forking.ts';
import { useMayDecide } from '../../state/live.ts';
import { go } from '../../state/place.ts';
import { useTexts } from '../../texts/index.ts';

/** `at` is the entry of the log that is shown; null for the present. */
export function Fork({ task, at }: { task: Task; at: number | null }) {
  const { actions, act, fork } = useTexts();
  const [state, send] = useMachine(forkingMachine);
  const { fields, problem, forked } = state.context;
  const isLive = useMayDecide();
  const id = useId();
  useEffect(() => {
    if (forked !== null) go(`/tasks/${encodeURIComponent(forked)}`);
  }, [forked]);
  if (state.matches('closed')) {
    return (
      <button type="button" onClick={() => send({ type: 'fork.open', fork: { taskId: task.id, at } })}>
        {actions.fork}…
      </button>
    );
  }
  const agents = [...new Set(task.runs.map(run => run.agent))];
  const field = (name: keyof ForkFields, label: string, list?: string) => (
    <label htmlFor={`${id}${name}`}>
      <span>{label}</span>
      <input
        id={`${id}${name}`}
        list={list}
        value={fields[name] ?? ''}
        placeholder={fork.asItWas}
        onChange={({ target }) => send({ type: 'fork.fill', name, value: target.value })}
      />
    </label>
  );
  return (
    <form
      className="act"
      aria-label={actions.fork}
      onKeyDown={event => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        send({ type: 'fork.close' });
      }}
      onSubmit={event => {
        event.preventDefault();
        if (isLive) send({ type: 'fork.send' });
      }}
    >
      <p>{fork.does(task.stage)}</p>
      {field('agent', fork.agent, `${id}agents`)}
      <datalist id={`${id}agents`}>
        {agents.map(agent => (
          <option key={agent} value={agent} />
        ))}
      </datalist>
      {field('model', fork.model)}
      {field('title', fork.title)}
      <label htmlFor={`${id}prompt`}>
        <span>{fork.prompt}</span>
        <textarea
          id={`${id}prompt`}
          rows={3}
          maxLength={4_000}
          value={fields.prompt ?? ''}
          onChange={({ target }) => send({ type: 'fork.fill', name: 'prompt', value: target.value })}
        />
      </label>
      {problem !== null && (
        <p className="problem" role="alert">
          {act.refused} {problem}
        </p>
      )}
      <div className="row">
        <button type="submit" className="primary" aria-disabled={!state.matches('open') || !isLive}>
          {state.matches('sending') ? act.sending : actions.fork}
        </button>
        <button type="button" onClick={() => send({ type: 'fork.close' })}>
          {act.close}
        </button>
      </div>
    </form>
  );
}
