/**
 * Stops dispatch to an agent provider that keeps failing, or that turns everybody away.
 *
 *   closed ── limit reached, or barred ──▶ open ── cooldown ends ──▶ halfOpen ── probe answered ──▶ closed
 *                                           ▲────────── probe failed ──────────┘
 *
 * The worker asks it before every start. Half-open lets exactly one run through, the probe. What is reported while
 * open comes from runs that were started before, and changes nothing; only a later reset time is heard.
 *
 * A limit of one model bars those who ask for that model, until it is over, and nobody else: the provider has answered.
 */
import { assign, enqueueActions, setup } from 'xstate';
import { actorRef } from '../domain/actor-ref.ts';
import { workerId } from './addresses.ts';

export interface BreakerInput {
  /** The provider that this breaker guards. */
  provider: string;
  failureLimit: number;
  cooldownMs: number;
  /** The actor that asks before each start and hears of changes: the worker without it; null for none. */
  tells?: string | null;
}

export interface BreakerContext extends BreakerInput {
  failureCount: number;
  probeRunId: string | null;
  /** Why it is open, for people; null while it is not. */
  why: string | null;
  /** When it was opened, and when it lets a probe through; epoch milliseconds. */
  openedAt: number | null;
  retryAt: number | null;
  totals: { failures: number; successes: number; openings: number };
  /** Models whose own allowance is used up, by name; absent before the first. */
  models?: Record<string, BarredModel>;
  /** The last changes, newest last. */
  history: { at: number; to: string; why: string }[];
}

/** A model that turns away whoever asks for it. */
export interface BarredModel {
  /** Epoch milliseconds. */
  until: number;
  why: string;
  /** What those asked for that it turned away; null for what their CLI takes by itself. */
  asked: (string | null)[];
}

export type BreakerEvent =
  | { type: 'run.requested'; runId: string; model?: string | null; at: number }
  | { type: 'run.succeeded'; runId: string; at: number }
  | { type: 'run.failed'; runId: string; at: number }
  /** The provider turns everybody away: the allowance is used up (until a time, when it says so), or the login refused. */
  | {
      type: 'run.barred';
      runId: string;
      until: number | null;
      why: string;
      /** The model alone does, by its name and by what the run had asked for. */
      model?: { name: string; asked: string | null };
      at: number;
    }
  | { type: 'model.due'; name: string; at: number }
  /** The model has answered, and the run goes on. */
  | { type: 'run.heard'; runId: string; at: number }
  /** The agent failed by itself: the provider answered. */
  | { type: 'run.answered'; runId: string; at: number }
  /** The run ended for a reason that says nothing of the provider. */
  | { type: 'run.released'; runId: string; at: number }
  | { type: 'breaker.configured'; failureLimit: number; cooldownMs: number; at: number }
  | { type: 'breaker.reset'; by: string; at: number };

/** How a breaker stands. */
export const breakerStates = ['closed', 'open', 'halfOpen'] as const;
export type BreakerState = (typeof breakerStates)[number];

/** How a breaker stands, by its stored state; undefined for one that is of no machine of ours any more. */
export const breakerStateIn = (state: string): BreakerState | undefined =>
  breakerStates.find(name => state === name || state.startsWith(`${name}.`));

/** Who gets through: everybody, one that probes, or nobody until a time. */
export function passageIn(state: string): 'all' | 'probe' | 'none' {
  const name = breakerStateIn(state);
  if (name === 'halfOpen') return 'probe';
  return name === 'open' ? 'none' : 'all';
}

const longestHistory = 20;

/** The name by which a model is barred that a run asks for; undefined while it is free. */
export function barredNameOf({ models = {} }: BreakerContext, asked: string | null): string | undefined {
  const isMeant = (name: string, bar: BarredModel) =>
    bar.asked.includes(asked) || (asked?.toLowerCase().includes(name) ?? false);
  return Object.keys(models).find(name => isMeant(name, models[name]!));
}

/** Whether it bars those who ask for one model, and nobody else. */
const isOfModel = (event: BreakerEvent): boolean => event.type === 'run.barred' && event.model !== undefined;

const askedFor = (event: BreakerEvent): string | null =>
  event.type === 'run.requested' ? (event.model ?? null) : null;

/** Who asks it. Those that were made before there were others have the worker. */
const askedBy = ({ tells }: BreakerContext) => (tells === undefined ? workerId : tells);

export const breakerMachine = setup({
  types: {} as { input: BreakerInput; context: BreakerContext; events: BreakerEvent },
  guards: {
    isLimitReached: ({ context }) => context.failureCount + 1 >= context.failureLimit,
    isBarredModel: ({ context, event }) => barredNameOf(context, askedFor(event)) !== undefined,
    hasBarredModels: ({ context }) => Object.keys(context.models ?? {}).length > 0,
    isOfModel: ({ event }) => isOfModel(event),
    isOfAccount: ({ event }) => !isOfModel(event),
    isProbesModel: ({ context, event }) => isOfModel(event) && 'runId' in event && event.runId === context.probeRunId,
    isTheProbe: ({ context, event }) => 'runId' in event && event.runId === context.probeRunId,
    isLater: ({ context, event }) =>
      event.type === 'run.barred' && !isOfModel(event) && event.until !== null && event.until > (context.retryAt ?? 0),
  },
  delays: { cooldown: ({ context, event }) => Math.max(0, (context.retryAt ?? event.at) - event.at) },
  actions: {
    admit: enqueueActions(({ context, event, enqueue }, params: { isProbe: boolean }) => {
      const to = askedBy(context);
      if (event.type !== 'run.requested' || to === null) return;
      const { runId } = event;
      enqueue.sendTo(actorRef(to), {
        type: 'run.admitted',
        runId,
        provider: context.provider,
        isProbe: params.isProbe,
      });
    }),
    refuse: enqueueActions(({ context, event, enqueue }) => {
      const to = askedBy(context);
      if (event.type !== 'run.requested' || to === null) return;
      const why = context.why ?? 'one probe is on its way';
      enqueue.sendTo(actorRef(to), { type: 'run.refused', runId: event.runId, by: 'breaker', why });
    }),
    refuseModel: enqueueActions(({ context, event, enqueue }) => {
      const to = askedBy(context);
      const name = barredNameOf(context, askedFor(event));
      if (event.type !== 'run.requested' || to === null || name === undefined) return;
      const { why } = context.models![name]!;
      enqueue.sendTo(actorRef(to), { type: 'run.refused', runId: event.runId, by: 'model', why: `${name}: ${why}` });
    }),
    /** A later end of the same limit moves it on; an earlier one never brings it forward. */
    barModel: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'run.barred' || event.model === undefined) return;
      const { name, asked } = event.model;
      const before = context.models?.[name];
      const until = Math.max(before?.until ?? 0, event.until ?? event.at + context.cooldownMs);
      const all = [...new Set([...(before?.asked ?? []), asked])];
      enqueue.assign({ models: { ...context.models, [name]: { until, why: event.why, asked: all } } });
      enqueue.cancel(`model:${name}`);
      enqueue.raise({ type: 'model.due', name } as never, {
        id: `model:${name}`,
        delay: Math.max(0, until - event.at),
      });
    }),
    freeModel: assign(({ context, event }) => {
      if (event.type !== 'model.due') return {};
      const { [event.name]: _, ...models } = context.models ?? {};
      return { models };
    }),
    freeModels: enqueueActions(({ context, enqueue }) => {
      for (const name of Object.keys(context.models ?? {})) enqueue.cancel(`model:${name}`);
      enqueue.assign({ models: {} });
    }),
    tellWorker: enqueueActions(({ context, enqueue }) => {
      const to = askedBy(context);
      if (to === null) return;
      enqueue.sendTo(actorRef(to), { type: 'breaker.changed', provider: context.provider });
    }),
    countFailure: assign(({ context }) => ({
      failureCount: context.failureCount + 1,
      totals: { ...context.totals, failures: context.totals.failures + 1 },
    })),
    countSuccess: assign(({ context }) => ({
      failureCount: 0,
      totals: { ...context.totals, successes: context.totals.successes + 1 },
    })),
    /** Names the reason and the instant at which it lets a probe through. */
    open: assign(({ context, event }) => {
      const until = event.type === 'run.barred' ? event.until : null;
      const why =
        event.type === 'run.barred'
          ? event.why
          : `${context.provider} failed ${Math.max(1, context.failureCount)} times in a row`;
      const retryAt = until !== null && until > event.at ? until : event.at + context.cooldownMs;
      return {
        why,
        openedAt: event.at,
        retryAt,
        failureCount: 0,
        totals: { ...context.totals, openings: context.totals.openings + 1 },
      };
    }),
    close: assign({ why: null, openedAt: null, retryAt: null, failureCount: 0 }),
    record: assign(({ context, event }, params: { to: string }) => ({
      history: [...context.history, { at: event.at, to: params.to, why: reasonOf(context, event) }].slice(
        -longestHistory,
      ),
    })),
    configure: assign(({ event }) =>
      event.type === 'breaker.configured' ? { failureLimit: event.failureLimit, cooldownMs: event.cooldownMs } : {},
    ),
    rememberProbe: assign({ probeRunId: ({ event }) => ('runId' in event ? event.runId : null) }),
    forgetProbe: assign({ probeRunId: null }),
    clearFailures: assign({ failureCount: 0 }),
  },
}).createMachine({
  id: 'breaker',
  description: 'Stops dispatch to an agent provider that keeps failing, or that turns everybody away.',
  context: ({ input }) => ({
    provider: input.provider,
    failureLimit: input.failureLimit,
    cooldownMs: input.cooldownMs,
    ...(input.tells !== undefined && { tells: input.tells }),
    failureCount: 0,
    probeRunId: null,
    why: null,
    openedAt: null,
    retryAt: null,
    totals: { failures: 0, successes: 0, openings: 0 },
    history: [],
  }),
  on: {
    'breaker.configured': { actions: 'configure' },
    'breaker.reset': { guard: 'hasBarredModels', actions: ['freeModels', 'tellWorker'] },
    // The provider has answered, whatever else is known of it.
    'run.barred': { guard: 'isOfModel', actions: ['clearFailures', 'barModel'] },
    'model.due': { actions: ['freeModel', 'tellWorker'] },
  },
  initial: 'closed',
  states: {
    closed: {
      on: {
        'run.requested': [
          { guard: 'isBarredModel', actions: 'refuseModel' },
          { actions: { type: 'admit', params: { isProbe: false } } },
        ],
        'run.succeeded': { actions: 'countSuccess' },
        'run.failed': [
          { guard: 'isLimitReached', target: 'open', actions: ['countFailure', 'open'] },
          { actions: 'countFailure' },
        ],
        'run.barred': { guard: 'isOfAccount', target: 'open', actions: ['countFailure', 'open'] },
        'run.answered': { actions: 'clearFailures' },
      },
    },
    // The cooldown is a timer row: it ends at the same instant however often we restart.
    open: {
      entry: { type: 'record', params: { to: 'open' } },
      after: { cooldown: 'halfOpen' },
      on: {
        'run.requested': { actions: 'refuse' },
        'run.barred': { guard: 'isLater', target: 'open', reenter: true, actions: 'open' },
        'breaker.reset': {
          target: 'closed',
          actions: [{ type: 'record', params: { to: 'closed' } }, 'close', 'freeModels', 'tellWorker'],
        },
      },
    },
    halfOpen: {
      entry: [{ type: 'record', params: { to: 'halfOpen' } }, 'tellWorker'],
      exit: 'forgetProbe',
      initial: 'waiting',
      on: {
        'breaker.reset': {
          target: 'closed',
          actions: [{ type: 'record', params: { to: 'closed' } }, 'close', 'freeModels', 'tellWorker'],
        },
      },
      states: {
        waiting: {
          on: {
            'run.requested': [
              { guard: 'isBarredModel', actions: 'refuseModel' },
              { target: 'probing', actions: ['rememberProbe', { type: 'admit', params: { isProbe: true } }] },
            ],
          },
        },
        probing: {
          on: {
            'run.requested': { actions: 'refuse' },
            'run.succeeded': {
              guard: 'isTheProbe',
              target: '#breaker.closed',
              actions: ['countSuccess', { type: 'record', params: { to: 'closed' } }, 'close', 'tellWorker'],
            },
            'run.failed': { guard: 'isTheProbe', target: '#breaker.open', actions: ['countFailure', 'open'] },
            'run.barred': [
              {
                guard: 'isProbesModel',
                target: '#breaker.closed',
                actions: ['barModel', { type: 'record', params: { to: 'closed' } }, 'close', 'tellWorker'],
              },
              { guard: 'isTheProbe', target: '#breaker.open', actions: ['countFailure', 'open'] },
            ],
            // It may take hours to its end; its first answer is all that is asked of it.
            'run.heard': {
              guard: 'isTheProbe',
              target: '#breaker.closed',
              actions: [{ type: 'record', params: { to: 'closed' } }, 'close', 'tellWorker'],
            },
            'run.answered': {
              guard: 'isTheProbe',
              target: '#breaker.closed',
              actions: [{ type: 'record', params: { to: 'closed' } }, 'close', 'tellWorker'],
            },
            // Neither good nor bad news of the provider: the next one probes.
            'run.released': { guard: 'isTheProbe', target: 'waiting', actions: ['forgetProbe', 'tellWorker'] },
          },
        },
      },
    },
  },
});

/** What led to a change, for its history. */
function reasonOf(context: BreakerContext, event: BreakerEvent): string {
  switch (event.type) {
    case 'breaker.reset':
      return `reset by ${event.by}`;
    case 'run.succeeded':
      return 'the probe succeeded';
    case 'run.heard':
    case 'run.answered':
      return 'the provider answered the probe';
    case 'run.barred':
      return event.model === undefined ? (context.why ?? '') : 'the provider answered the probe';
    case 'run.failed':
      return context.why ?? '';
    default:
      return 'the cooldown ended';
  }
}
