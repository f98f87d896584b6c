/**
 * Decides which queued run starts next: priority first, then age, within the limits, and only when the breaker of the
 * run's provider lets it through. A run asks, the worker asks the breaker, the breaker answers, the run starts; all of
 * it in the commit of the event that made room.
 *
 *   accepting ⇄ draining (by an operator, or for a shutdown)
 */
import { assign, enqueueActions, setup } from 'xstate';
import { actorRef } from '../domain/actor-ref.ts';
import { breakerId } from './breaker.ts';

/** A run that wants to start. */
export interface QueuedRun {
  runId: string;
  taskId: string;
  project: string;
  stage: string;
  provider: string;
  /** 1 is the most urgent, 10 the least. */
  priority: number;
  queuedAt: number;
  /** Set while the breaker refuses. */
  isHeld: boolean;
}

export interface WorkerLimits {
  /** Agents at once, in all. */
  total: number;
  perProject: number;
  perStage: number;
  perProvider: number;
}

export interface WorkerContext {
  limits: WorkerLimits;
  queue: QueuedRun[];
  /** Asked of the breaker and not yet answered: they hold a place already. */
  asked: QueuedRun[];
  running: QueuedRun[];
}

export type WorkerEvent =
  | ({ type: 'run.requested'; at: number } & Omit<QueuedRun, 'queuedAt' | 'isHeld'>)
  | { type: 'run.admitted'; runId: string; at: number }
  | { type: 'run.refused'; runId: string; at: number }
  | { type: 'run.ended'; runId: string; at: number }
  | { type: 'breaker.changed'; provider: string; at: number }
  | { type: 'worker.drain'; by: string; at: number }
  | { type: 'worker.resume'; by: string; at: number }
  | { type: 'worker.shutdown'; at: number }
  | { type: 'worker.started'; at: number }
  | { type: 'worker.limit'; limits: WorkerLimits; at: number };

/** The next run that may start now, or undefined; pure, so that `signalbox queue` can say why a run waits. */
export function pickNext({ queue, asked, running, limits }: WorkerContext): QueuedRun | undefined {
  const busy = [...asked, ...running];
  if (busy.length >= limits.total) return undefined;
  const count = (match: (run: QueuedRun) => boolean) => busy.filter(match).length;
  return [...queue]
    .sort((a, b) => a.priority - b.priority || a.queuedAt - b.queuedAt)
    .find(
      run =>
        !run.isHeld &&
        count(other => other.project === run.project) < limits.perProject &&
        count(other => other.stage === run.stage) < limits.perStage &&
        count(other => other.provider === run.provider) < limits.perProvider,
    );
}

/** Why a queued run has not started, in words. */
export function whyQueued(run: QueuedRun, context: WorkerContext, isDraining: boolean): string {
  const { limits } = context;
  const busy = [...context.asked, ...context.running];
  const count = (match: (other: QueuedRun) => boolean) => busy.filter(match).length;
  if (isDraining) return 'the worker is draining and starts nothing';
  if (run.isHeld) return `the breaker of ${run.provider} is open`;
  if (busy.length >= limits.total) return `all ${limits.total} places are taken`;
  if (count(other => other.project === run.project) >= limits.perProject) {
    return `${limits.perProject} runs of project ${run.project} are the limit`;
  }
  if (count(other => other.stage === run.stage) >= limits.perStage) {
    return `${limits.perStage} runs in ${run.stage} are the limit`;
  }
  if (count(other => other.provider === run.provider) >= limits.perProvider) {
    return `${limits.perProvider} runs of ${run.provider} are the limit`;
  }
  return 'more urgent runs go first';
}

const without = (runs: QueuedRun[], runId: string) => runs.filter(run => run.runId !== runId);

export const workerMachine = setup({
  types: {} as { input: { limits: WorkerLimits }; context: WorkerContext; events: WorkerEvent },
  actions: {
    enqueueRun: assign(({ context, event }) => {
      if (event.type !== 'run.requested') return {};
      const { type: _, at, ...run } = event;
      return { queue: [...without(context.queue, run.runId), { ...run, queuedAt: at, isHeld: false }] };
    }),
    forgetRun: assign(({ context, event }) => {
      if (event.type !== 'run.ended') return {};
      const { runId } = event;
      return {
        queue: without(context.queue, runId),
        asked: without(context.asked, runId),
        running: without(context.running, runId),
      };
    }),
    startRun: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'run.admitted') return;
      const run = context.asked.find(({ runId }) => runId === event.runId);
      if (run === undefined) return;
      enqueue.assign({ asked: without(context.asked, run.runId), running: [...context.running, run] });
      enqueue.sendTo(actorRef(run.runId), { type: 'run.start' });
    }),
    holdRun: assign(({ context, event }) => {
      if (event.type !== 'run.refused') return {};
      const run = context.asked.find(({ runId }) => runId === event.runId);
      if (run === undefined) return {};
      return { asked: without(context.asked, run.runId), queue: [...context.queue, { ...run, isHeld: true }] };
    }),
    releaseHeld: assign(({ context, event }) => {
      if (event.type !== 'breaker.changed') return {};
      const { provider } = event;
      return { queue: context.queue.map(run => (run.provider === provider ? { ...run, isHeld: false } : run)) };
    }),
    setLimits: assign(({ event }) => (event.type === 'worker.limit' ? { limits: event.limits } : {})),
    dispatch: enqueueActions(({ context, enqueue }) => {
      const next = { ...context };
      for (let run = pickNext(next); run !== undefined; run = pickNext(next)) {
        next.queue = without(next.queue, run.runId);
        next.asked = [...next.asked, run];
        enqueue.sendTo(actorRef(breakerId(run.provider)), { type: 'run.requested', runId: run.runId });
      }
      enqueue.assign({ queue: next.queue, asked: next.asked });
    }),
  },
}).createMachine({
  id: 'worker',
  context: ({ input }) => ({ limits: input.limits, queue: [], asked: [], running: [] }),
  initial: 'accepting',
  on: {
    'run.admitted': { actions: 'startRun' },
    'worker.limit': { actions: 'setLimits' },
  },
  states: {
    accepting: {
      entry: 'dispatch',
      on: {
        'run.requested': { actions: ['enqueueRun', 'dispatch'] },
        'run.refused': { actions: ['holdRun', 'dispatch'] },
        'run.ended': { actions: ['forgetRun', 'dispatch'] },
        'breaker.changed': { actions: ['releaseHeld', 'dispatch'] },
        'worker.limit': { actions: ['setLimits', 'dispatch'] },
        'worker.drain': 'draining.byOperator',
        'worker.shutdown': 'draining.forShutdown',
      },
    },
    draining: {
      on: {
        'run.requested': { actions: 'enqueueRun' },
        'run.refused': { actions: 'holdRun' },
        'run.ended': { actions: 'forgetRun' },
        'breaker.changed': { actions: 'releaseHeld' },
      },
      initial: 'byOperator',
      states: {
        // Outlives restarts: only an operator ends what an operator began.
        byOperator: { on: { 'worker.resume': '#worker.accepting' } },
        forShutdown: {
          on: {
            'worker.started': '#worker.accepting',
            'worker.drain': 'byOperator',
            'worker.resume': '#worker.accepting',
          },
        },
      },
    },
  },
});
