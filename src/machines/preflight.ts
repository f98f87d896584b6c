/**
 * Knows whether an agent's program can be started here at all, before a run is spent on finding out. One per agent. The
 * worker asks it for every start; it asks the breaker on the run's behalf when all is well.
 *
 *   unknown ── asked ──▶ checking ── passed ──▶ ready ── cache ends ──▶ unknown
 *      ▲                     └────── failed ──▶ failing ── retry ──┐
 *      └────────────────────────────────────────────────────────────┘
 */
import { assign, enqueueActions, setup } from 'xstate';
import { actorRef } from '../domain/actor-ref.ts';
import type { AgentSpec } from '../domain/agent-spec.ts';
import { breakerId, workerId } from './addresses.ts';
import { pureActor } from './provided.ts';

export interface PreflightInput {
  agent: AgentSpec;
  /** How long an answer holds, good or bad. */
  cacheMs: number;
  /** How long the program may take to tell its version. */
  timeLimitMs: number;
}

export interface PreflightContext extends PreflightInput {
  waiting: { runId: string; provider: string; model?: string | null }[];
  version: string | null;
  /** Why nothing may start, for people; null while something may. */
  problem: string | null;
  checkedAt: number | null;
}

export type PreflightEvent =
  | { type: 'run.requested'; runId: string; provider: string; model?: string | null; at: number }
  /** A task brought the agent with other settings than before. */
  | { type: 'preflight.configured'; agent: AgentSpec; cacheMs: number; timeLimitMs: number; at: number }
  | { type: 'preflight.recheck'; by: string; at: number };

/** Reported by the actor `probe`. */
export type Probed = { ok: true; version: string | null } | { ok: false; reason: string };

const outputOf = <T>(event: unknown) => (event as { output: T }).output;

export const preflightMachine = setup({
  types: {} as { input: PreflightInput; context: PreflightContext; events: PreflightEvent },
  actors: { probe: pureActor },
  guards: { hasPassed: ({ event }) => outputOf<Probed>(event).ok },
  delays: { cache: ({ context }) => context.cacheMs },
  actions: {
    remember: assign(({ context, event }) =>
      event.type === 'run.requested'
        ? {
            waiting: [
              ...context.waiting.filter(({ runId }) => runId !== event.runId),
              { runId: event.runId, provider: event.provider, model: event.model ?? null },
            ],
          }
        : {},
    ),
    askBreaker: enqueueActions(({ event, enqueue }) => {
      if (event.type !== 'run.requested') return;
      const { type, runId, model = null } = event;
      enqueue.sendTo(actorRef(breakerId(event.provider)), { type, runId, model });
    }),
    letAllOn: enqueueActions(({ context, enqueue }) => {
      for (const { runId, provider, model = null } of context.waiting) {
        enqueue.sendTo(actorRef(breakerId(provider)), { type: 'run.requested', runId, model });
      }
      enqueue.assign({ waiting: [] });
    }),
    refuse: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'run.requested') return;
      const why = context.problem ?? '';
      enqueue.sendTo(actorRef(workerId), { type: 'run.refused', runId: event.runId, by: 'preflight', why });
    }),
    refuseAll: enqueueActions(({ context, enqueue }) => {
      for (const { runId } of context.waiting) {
        const why = context.problem ?? '';
        enqueue.sendTo(actorRef(workerId), { type: 'run.refused', runId, by: 'preflight', why });
      }
      enqueue.assign({ waiting: [] });
    }),
    tellWorker: enqueueActions(({ context, enqueue }) => {
      enqueue.sendTo(actorRef(workerId), { type: 'preflight.changed', agent: context.agent.name });
    }),
    recordPassed: assign(({ event }) => {
      const probed = outputOf<Probed>(event);
      return { version: probed.ok ? probed.version : null, problem: null, checkedAt: event.at };
    }),
    recordFailed: assign(({ event }) => {
      const probed = outputOf<Probed>(event);
      return { version: null, problem: probed.ok ? '' : probed.reason, checkedAt: event.at };
    }),
    recordBroken: assign(({ event }) => ({
      version: null,
      problem: `the check itself failed: ${(event as unknown as { error: { message: string } }).error.message}`,
      checkedAt: event.at,
    })),
    configure: assign(({ event }) =>
      event.type === 'preflight.configured'
        ? { agent: event.agent, cacheMs: event.cacheMs, timeLimitMs: event.timeLimitMs }
        : {},
    ),
  },
}).createMachine({
  id: 'preflight',
  description: 'Knows whether an agent can be started here, before a run is spent on finding out.',
  context: ({ input }) => ({
    agent: input.agent,
    cacheMs: input.cacheMs,
    timeLimitMs: input.timeLimitMs,
    waiting: [],
    version: null,
    problem: null,
    checkedAt: null,
  }),
  initial: 'unknown',
  states: {
    unknown: {
      on: {
        'run.requested': { target: 'checking', actions: 'remember' },
        'preflight.configured': { actions: 'configure' },
        'preflight.recheck': 'checking',
      },
    },
    checking: {
      invoke: {
        id: 'probe',
        src: 'probe',
        input: ({ context }) => ({ agent: context.agent, timeLimitMs: context.timeLimitMs }),
        onDone: [
          { guard: 'hasPassed', target: 'ready', actions: ['recordPassed', 'letAllOn', 'tellWorker'] },
          { target: 'failing', actions: ['recordFailed', 'refuseAll'] },
        ],
        onError: { target: 'failing', actions: ['recordBroken', 'refuseAll'] },
      },
      on: {
        'run.requested': { actions: 'remember' },
        'preflight.configured': { target: 'checking', reenter: true, actions: 'configure' },
      },
    },
    ready: {
      after: { cache: 'unknown' },
      on: {
        'run.requested': { actions: 'askBreaker' },
        'preflight.configured': { target: 'unknown', actions: 'configure' },
        'preflight.recheck': 'checking',
      },
    },
    // Those that were refused ask again when it ends.
    failing: {
      after: { cache: { target: 'unknown', actions: 'tellWorker' } },
      on: {
        'run.requested': { actions: 'refuse' },
        'preflight.configured': { target: 'unknown', actions: ['configure', 'tellWorker'] },
        'preflight.recheck': 'checking',
      },
    },
  },
});
