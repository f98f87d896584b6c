/**
 * Decides which queued run starts next: priority first (rising with the wait), then age; within the limits, the budgets and
 * what the host can bear; and only when the run's agent passes its preflight and the breaker of its provider lets it
 * through. A run asks, the worker reserves what it may spend and asks on its behalf, the answer starts it; all of it in the
 * commit of the event that made room.
 *
 *   accepting ⇄ draining (by an operator, or for a shutdown)
 */
import { assign, enqueueActions, setup } from 'xstate';
import { actorRef } from '../domain/actor-ref.ts';
import { breakerId, hostId, preflightId } from './addresses.ts';
import { closeDay, limitOfRun, reserve, settle } from './ledger.ts';
import { pureActor } from './provided.ts';
import {
  type BudgetPlan,
  noPlan,
  openLedger,
  type QueuedRun,
  type WorkerContext,
  type WorkerEvent,
  type WorkerLimits,
} from './worker-context.ts';
import { whatHolds, whatStops } from './worker-rules.ts';

const without = <Run extends QueuedRun>(runs: Run[], runId: string) => runs.filter(run => run.runId !== runId);
const dayMs = 86_400_000;

export const workerMachine = setup({
  types: {} as {
    input: { limits: WorkerLimits; budgets?: BudgetPlan; actor: { at: number } };
    context: WorkerContext;
    events: WorkerEvent;
  },
  actors: { hostGauge: pureActor },
  // Budgets of a day are whole again at midnight, UTC.
  delays: { untilTomorrow: ({ context, event }) => dayMs - ((event.at ?? context.createdAt) % dayMs) },
  actions: {
    enqueueRun: assign(({ context, event }) => {
      if (event.type !== 'run.requested') return {};
      const { type: _, at, ...run } = event;
      return { queue: [...without(context.queue, run.runId), { ...run, queuedAt: at, held: null }] };
    }),
    forgetRun: assign(({ context, event }) => {
      if (event.type !== 'run.ended') return {};
      const { runId, project, spent, at } = event;
      return {
        ledger: settle(context.ledger, { project, spent, at }),
        queue: without(context.queue, runId),
        asked: without(context.asked, runId),
        running: without(context.running, runId),
      };
    }),
    startRun: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'run.admitted') return;
      const run = context.asked.find(({ runId }) => runId === event.runId);
      // It ended, or something came between, while it was asked about: the breaker must not wait for it as its probe.
      if (run === undefined || whatStops(run, context) !== undefined) {
        enqueue.sendTo(actorRef(breakerId(event.provider)), { type: 'run.released', runId: event.runId });
        enqueue.assign(backInQueue(context, event.runId));
        return;
      }
      enqueue.assign({ asked: without(context.asked, run.runId), running: [...context.running, run] });
      enqueue.sendTo(actorRef(run.runId), {
        ...{ type: 'run.start', allowance: run.reserved, isProbe: event.isProbe ?? false },
        limit: limitOfRun(context.budgets, run.project),
      });
    }),
    /** Admitted too late: nothing starts any more. */
    returnRun: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'run.admitted') return;
      enqueue.sendTo(actorRef(breakerId(event.provider)), { type: 'run.released', runId: event.runId });
      enqueue.assign(backInQueue(context, event.runId));
    }),
    holdRun: assign(({ context, event }) => {
      if (event.type !== 'run.refused') return {};
      const asked = context.asked.find(({ runId }) => runId === event.runId);
      if (asked === undefined) return {};
      const { reserved: _, ...run } = asked;
      const held = { by: event.by, why: event.why };
      return { asked: without(context.asked, run.runId), queue: [...context.queue, { ...run, held }] };
    }),
    releaseHeld: assign(({ context, event }) => ({
      queue: context.queue.map(run => {
        const isFree =
          (event.type === 'breaker.changed' && isOfBreaker(run) && run.provider === event.provider) ||
          (event.type === 'preflight.changed' && run.held?.by === 'preflight' && run.agent === event.agent);
        return isFree ? { ...run, held: null } : run;
      }),
    })),
    configure: assign(({ event }) =>
      event.type === 'worker.configured'
        ? { limits: event.limits, budgets: event.budgets, configuration: event.configuration }
        : {},
    ),
    rememberPressure: assign(({ event }) => (event.type === 'host.changed' ? { pressure: event.pressure } : {})),
    /** They are saved and stopped while there is room for that, and go on when there is room again. */
    stopWriters: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'host.changed' || event.isDiskFilling !== true) return;
      for (const { runId } of context.running) {
        enqueue.sendTo(actorRef(runId), {
          ...{ type: 'run.stop', cause: 'interrupted', by: hostId, reason: event.pressure ?? '' },
        });
      }
    }),
    pauseProject: assign(({ context, event }) =>
      event.type === 'project.pause'
        ? { pausedProjects: { ...context.pausedProjects, [event.project]: event.by } }
        : {},
    ),
    resumeProject: assign(({ context, event }) => {
      if (event.type !== 'project.resume') return {};
      const { [event.project]: _, ...pausedProjects } = context.pausedProjects;
      return { pausedProjects };
    }),
    pauseTask: assign(({ context, event }) =>
      event.type === 'task.paused' ? { pausedTasks: { ...context.pausedTasks, [event.taskId]: event.by } } : {},
    ),
    resumeTask: assign(({ context, event }) => {
      if (event.type !== 'task.resumed') return {};
      const { [event.taskId]: _, ...pausedTasks } = context.pausedTasks;
      return { pausedTasks };
    }),
    rememberDrainer: assign({ drainedBy: ({ event }) => (event.type === 'worker.drain' ? event.by : null) }),
    turnPage: assign(({ context, event }) => ({ ledger: closeDay(context.ledger, event.at) })),
    dispatch: enqueueActions(({ context, event, enqueue }) => {
      const next = { ...context };
      for (let run = pickNext(next, event.at); run !== undefined; run = pickNext(next, event.at)) {
        const { reserved } = reserve(next, run, event.at);
        next.queue = without(next.queue, run.runId);
        next.asked = [...next.asked, { ...run, reserved }];
        enqueue.sendTo(actorRef(preflightId(run.agent)), {
          type: 'run.requested',
          runId: run.runId,
          provider: run.provider,
          model: run.model ?? null,
        });
      }
      enqueue.assign({ queue: next.queue, asked: next.asked });
    }),
  },
}).createMachine({
  id: 'worker',
  description: 'Decides which queued run starts next, within the limits, the budgets and what the host can bear.',
  context: ({ input }) => ({
    limits: input.limits,
    budgets: input.budgets ?? noPlan,
    ledger: openLedger,
    queue: [],
    asked: [],
    running: [],
    pausedProjects: {},
    pausedTasks: {},
    pressure: null,
    drainedBy: null,
    createdAt: input.actor.at,
  }),
  initial: 'accepting',
  // A gauge that breaks down holds nothing back; it is read again with the next start.
  invoke: { id: 'hostGauge', src: 'hostGauge', input: {}, onError: {} },
  on: {
    'run.admitted': { actions: 'startRun' },
    'host.changed': { actions: ['rememberPressure', 'stopWriters'] },
    'worker.configured': { actions: 'configure' },
    'project.pause': { actions: 'pauseProject' },
    'project.resume': { actions: 'resumeProject' },
    'task.paused': { actions: 'pauseTask' },
    'task.resumed': { actions: 'resumeTask' },
  },
  states: {
    accepting: {
      tags: 'accepting',
      entry: 'dispatch',
      after: { untilTomorrow: { target: 'accepting', reenter: true, actions: 'turnPage' } },
      on: {
        'run.requested': { actions: ['enqueueRun', 'dispatch'] },
        'run.refused': { actions: ['holdRun', 'dispatch'] },
        'run.ended': { actions: ['forgetRun', 'dispatch'] },
        'breaker.changed': { actions: ['releaseHeld', 'dispatch'] },
        'preflight.changed': { actions: ['releaseHeld', 'dispatch'] },
        'host.changed': { actions: ['rememberPressure', 'stopWriters', 'dispatch'] },
        'worker.configured': { actions: ['configure', 'dispatch'] },
        'project.resume': { actions: ['resumeProject', 'dispatch'] },
        'task.resumed': { actions: ['resumeTask', 'dispatch'] },
        'worker.started': { actions: 'dispatch' },
        'worker.drain': { target: 'draining.byOperator', actions: 'rememberDrainer' },
        'worker.shutdown': 'draining.forShutdown',
      },
    },
    draining: {
      on: {
        'run.admitted': { actions: 'returnRun' },
        'run.requested': { actions: 'enqueueRun' },
        'run.refused': { actions: 'holdRun' },
        'run.ended': { actions: 'forgetRun' },
        'breaker.changed': { actions: 'releaseHeld' },
        'preflight.changed': { actions: 'releaseHeld' },
      },
      initial: 'byOperator',
      states: {
        // Outlives restarts: only an operator ends what an operator began.
        byOperator: {
          tags: 'drained',
          on: { 'worker.resume': { target: '#worker.accepting', actions: 'rememberDrainer' } },
        },
        forShutdown: {
          tags: 'unattended',
          on: {
            'worker.started': '#worker.accepting',
            'worker.drain': { target: 'byOperator', actions: 'rememberDrainer' },
            'worker.resume': '#worker.accepting',
          },
        },
      },
    },
  },
});

const isOfBreaker = ({ held }: QueuedRun): boolean => held?.by === 'breaker' || held?.by === 'model';

/** A run that was asked about, waiting again where it waited. */
function backInQueue({ asked, queue }: WorkerContext, runId: string): Pick<WorkerContext, 'asked' | 'queue'> {
  const found = asked.find(run => run.runId === runId);
  if (found === undefined) return { asked, queue };
  const { reserved: _, ...run } = found;
  return { asked: without(asked, runId), queue: [...queue, run] };
}

/** The next run that may start now, or undefined. */
export function pickNext(context: WorkerContext, at: number): QueuedRun | undefined {
  const { ageingMs } = context.limits;
  const urgency = (run: QueuedRun) => run.priority - Math.floor((at - run.queuedAt) / ageingMs);
  return [...context.queue]
    .sort((a, b) => urgency(a) - urgency(b) || a.queuedAt - b.queuedAt)
    .find(run => whatHolds(run, context, at) === undefined);
}
