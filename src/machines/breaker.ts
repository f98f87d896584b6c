/**
 * Stops dispatch to an agent provider that keeps failing.
 *
 *   closed ── limit reached ──▶ open ── cooldown ends ──▶ halfOpen ── probe succeeded ──▶ closed
 *                                 ▲────── probe failed ──────┘
 *
 * The worker asks it before every start. Half-open lets exactly one run through, the probe. What is reported while
 * open comes from runs that were started before, and changes nothing.
 */
import { assign, enqueueActions, setup } from 'xstate';
import { actorRef } from '../domain/actor-ref.ts';

export interface BreakerInput {
  /** The provider that this breaker guards. */
  provider: string;
  failureLimit: number;
  cooldownMs: number;
}

export interface BreakerContext extends BreakerInput {
  failureCount: number;
  probeRunId: string | null;
  totals: { failures: number; successes: number; openings: number };
}

export type BreakerEvent =
  | { type: 'run.requested'; runId: string; at: number }
  | { type: 'run.succeeded'; runId: string; at: number }
  | { type: 'run.failed'; runId: string; at: number }
  /** The agent failed by itself: the provider answered. */
  | { type: 'run.answered'; runId: string; at: number }
  /** The run ended for a reason that says nothing of the provider. */
  | { type: 'run.released'; runId: string; at: number }
  | { type: 'breaker.reset'; by: string; at: number };

/** The id of the actor that guards a provider. */
export const breakerId = (provider: string) => `breaker:${provider}`;
export const workerId = 'worker';

export const breakerMachine = setup({
  types: {} as { input: BreakerInput; context: BreakerContext; events: BreakerEvent },
  guards: {
    isLimitReached: ({ context }) => context.failureCount + 1 >= context.failureLimit,
    isTheProbe: ({ context, event }) => 'runId' in event && event.runId === context.probeRunId,
  },
  delays: { cooldown: ({ context }) => context.cooldownMs },
  actions: {
    admit: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'run.requested') return;
      enqueue.sendTo(actorRef(workerId), { type: 'run.admitted', runId: event.runId, provider: context.provider });
    }),
    refuse: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'run.requested') return;
      enqueue.sendTo(actorRef(workerId), { type: 'run.refused', runId: event.runId, provider: context.provider });
    }),
    tellWorker: enqueueActions(({ context, enqueue }) => {
      enqueue.sendTo(actorRef(workerId), { type: 'breaker.changed', provider: context.provider });
    }),
    countFailure: assign(({ context }) => ({
      failureCount: context.failureCount + 1,
      totals: { ...context.totals, failures: context.totals.failures + 1 },
    })),
    countSuccess: assign(({ context }) => ({
      failureCount: 0,
      totals: { ...context.totals, successes: context.totals.successes + 1 },
    })),
    countOpening: assign(({ context }) => ({
      failureCount: 0,
      totals: { ...context.totals, openings: context.totals.openings + 1 },
    })),
    rememberProbe: assign({ probeRunId: ({ event }) => ('runId' in event ? event.runId : null) }),
    forgetProbe: assign({ probeRunId: null }),
    clearFailures: assign({ failureCount: 0 }),
  },
}).createMachine({
  id: 'breaker',
  context: ({ input }) => ({
    provider: input.provider,
    failureLimit: input.failureLimit,
    cooldownMs: input.cooldownMs,
    failureCount: 0,
    probeRunId: null,
    totals: { failures: 0, successes: 0, openings: 0 },
  }),
  initial: 'closed',
  states: {
    closed: {
      entry: 'clearFailures',
      on: {
        'run.requested': { actions: 'admit' },
        'run.succeeded': { actions: 'countSuccess' },
        'run.failed': [
          { guard: 'isLimitReached', target: 'open', actions: 'countFailure' },
          { actions: 'countFailure' },
        ],
        'run.answered': { actions: 'clearFailures' },
      },
    },
    // The cooldown is a timer row: it ends at the same instant however often we restart.
    open: {
      entry: 'countOpening',
      after: { cooldown: 'halfOpen' },
      on: {
        'run.requested': { actions: 'refuse' },
        'breaker.reset': { target: 'closed', actions: 'tellWorker' },
      },
    },
    halfOpen: {
      entry: 'tellWorker',
      exit: 'forgetProbe',
      initial: 'waiting',
      on: { 'breaker.reset': { target: 'closed', actions: 'tellWorker' } },
      states: {
        waiting: { on: { 'run.requested': { target: 'probing', actions: ['rememberProbe', 'admit'] } } },
        probing: {
          on: {
            'run.requested': { actions: 'refuse' },
            'run.succeeded': {
              guard: 'isTheProbe',
              target: '#breaker.closed',
              actions: ['countSuccess', 'tellWorker'],
            },
            'run.failed': { guard: 'isTheProbe', target: '#breaker.open', actions: 'countFailure' },
            'run.answered': { guard: 'isTheProbe', target: '#breaker.closed', actions: 'tellWorker' },
            // Neither good nor bad news of the provider: the next one probes.
            'run.released': { guard: 'isTheProbe', target: 'waiting', actions: ['forgetProbe', 'tellWorker'] },
          },
        },
      },
    },
  },
});
