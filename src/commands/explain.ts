/** What a state means in words: why a task waits and what would move it. */
import type { TaskContext } from '../machines/task-context.ts';

/** How a task stands, for exit codes and for people. */
export type Standing = 'working' | 'person' | 'blocked' | 'paused' | 'done' | 'cancelled' | 'failed' | 'broken';

export interface Move {
  /** What a person can type. */
  command: string;
  does: string;
}

/** The standing of a task from its state path and status. */
export function standingOf(state: string, status: string): Standing {
  if (status === 'error') return 'broken';
  if (state === 'done' || state === 'cancelled' || state === 'failed') return state;
  if (state.startsWith('paused')) return 'paused';
  if (state.endsWith('.blocked')) return 'blocked';
  if (state.endsWith('.parked')) return 'paused';
  return /\.awaiting\w+$/.test(state) ? 'person' : 'working';
}

/** The stage that a state belongs to. */
export function stageOf(state: string): string {
  return state.startsWith('paused.') ? (state.split('.')[1] ?? state) : (state.split('.')[0] ?? state);
}

/** Why the task is where it is, in a sentence. */
export function explainState(state: string, context: TaskContext): string {
  const [stage = state, step = '', detail = ''] = state.split('.');
  switch (state.startsWith('paused') ? 'paused' : stage) {
    case 'done':
      return context.merged === null
        ? 'finished'
        : `merged into ${context.target} as ${context.merged.commit.slice(0, 9)}`;
    case 'cancelled':
    case 'failed':
      return context.endedBecause ?? stage;
    case 'paused':
      return 'paused by a person; nothing starts until it is resumed';
    case 'landing':
      if (step !== 'blocked') return `what ${context.workItem} added last is merged into ${context.target}`;
  }
  switch (step) {
    case 'affording':
      return 'the budgets are looked at';
    case 'preparing':
      return 'the worktree is made ready';
    case 'merging':
      if (detail === 'waiting') return `waits for its turn to merge into ${context.target}`;
      if (detail !== 'blocked') return `merging into ${context.target}`;
      break;
    case 'working':
      if (detail === 'pausing') return 'the agent finishes, then the task pauses';
      return detail === 'running' ? 'an agent works on it or waits for a place' : 'the agent is being stopped';
    case 'publishing':
      return "the agent's work is committed";
    case 'gating':
      return 'the gates are judged';
  }
  return context.waitsFor ?? state;
}

/** What a person can do about it now. */
export function movesOf(id: string, state: string, context: TaskContext): Move[] {
  const moves: Move[] = [];
  const offer = (command: string, does: string) => moves.push({ command: `signalbox task ${command}`, does });
  if (state.endsWith('awaitingApproval')) {
    offer(`approve ${id}`, 'goes on to the next stage');
    offer(`reject ${id} --reason TEXT`, 'sends it back with the reason');
  } else if (state.endsWith('awaitingAnswer')) {
    offer(`answer ${id} --text TEXT`, 'gives the agent the answer and runs it again');
  } else if (state.endsWith('awaitingBudget') || state.endsWith('.parked')) {
    offer(`approve ${id}`, 'grants as much again');
    offer(`cancel ${id}`, 'ends it; the branch stays');
  } else if (state.endsWith('awaitingDecision')) {
    const verdicts = Object.values(context.verdicts).filter(({ stage }) => stage === stageOf(state));
    // Nobody's word stands in for a gate that said no.
    const isJudged = verdicts.some(({ verdict }) => verdict === 'fail') || context.objection !== null;
    if (!isJudged) offer(`approve ${id}`, 'passes gates that could not be judged, by your word');
    offer(`retry ${id}`, 'runs the stage again');
    offer(`reject ${id} --reason TEXT`, 'sends it back with the reason');
  } else if (state.endsWith('.blocked')) {
    offer(`retry ${id}`, 'tries again from here');
    offer(`move ${id} STAGE`, 'goes on from another stage');
    offer(`cancel ${id}`, 'ends it; the branch stays');
  } else if (state.startsWith('paused')) {
    offer(`resume ${id}`, 'goes on where it stopped');
  }
  return moves;
}
