/**
 * Orders the same work again and again. When is worked out outside, as calendars and chance are; the instant is a durable
 * timer, so that it comes once, however often we restart.
 *
 *   planning ──▶ resting ── the time has come ──▶ arranging ──▶ making ──▶ planning
 *                   │ routine.run: at once           └── the last one still runs, or it cannot be made ──▶ planning
 *                   └── no longer configured: retired
 */
import { assign, setup } from 'xstate';
import { backoffMs } from '../domain/backoff.ts';
import type { Json } from '../domain/json.ts';
import { failureIn } from './failure.ts';
import { notProvided, pureActor } from './provided.ts';

export interface RoutinePlan {
  project: string;
  cron: string;
  /** IANA name, such as `Europe/Berlin`. */
  timeZone: string;
  /** It begins at a moment that chance chooses within this, in milliseconds. */
  jitterMs: number;
  /** Whether the next one is left out while the last one has not ended. */
  skipWhileRunning: boolean;
  title: string;
  body: string;
  /** `default`, or the absolute path of a file; null: that of the project. */
  pipeline: string | null;
  priority: number | null;
}

export interface RoutineInput {
  name: string;
  /** Null while it is not configured. */
  plan: RoutinePlan | null;
}

/** Reported by the actor `plan`: when it is due next, in epoch milliseconds; null: never again. */
export interface Planned {
  nextAt: number | null;
}

/** Reported by the actor `arrange`. */
export type ArrangedRoutine =
  | { result: 'ready'; id: string; definition: Json; input: Json }
  | { result: 'skipped'; why: string };

export interface RoutineContext extends RoutineInput {
  nextAt: number | null;
  /** The instant for which the last one was ordered: none is ordered twice for the same. */
  lastDueAt: number | null;
  lastTask: string | null;
  /** How often it was ordered, and how often left out. */
  orders: number;
  skips: number;
  /** Why the last one was left out, or could not be made. */
  why: string | null;
  tries: number;
}

export type RoutineEvent =
  | { type: 'routine.run'; by: string; at: number }
  | { type: 'routine.configured'; plan: RoutinePlan | null; at: number }
  | { type: 'actor.made'; actorId: string; at: number }
  | { type: 'actor.refused'; actorId: string; reason: string; at: number };

const policy = { baseMs: 15_000, capMs: 300_000 };
const mostTries = 10;

const arrangedIn = (event: unknown) => (event as { output: ArrangedRoutine }).output;

export const routineMachine = setup({
  types: {} as { input: RoutineInput; context: RoutineContext; events: RoutineEvent },
  actors: { plan: pureActor, arrange: pureActor },
  guards: {
    isConfigured: ({ context }) => context.plan !== null,
    hasNext: ({ event }) => (event as unknown as { output: Planned }).output.nextAt !== null,
    isReady: ({ event }) => arrangedIn(event).result === 'ready',
    hasTriesLeft: ({ context }) => context.tries < mostTries,
  },
  delays: {
    untilDue: ({ context, event }) => Math.max(0, (context.nextAt ?? 0) - event.at),
    backoff: ({ context }) => backoffMs(context.tries, policy, 0),
  },
  actions: {
    configure: assign(({ event }) => (event.type === 'routine.configured' ? { plan: event.plan } : {})),
    recordNext: assign(({ event }) => ({ nextAt: (event as unknown as { output: Planned }).output.nextAt })),
    due: assign(({ context, event }) => ({
      lastDueAt: event.type === 'routine.run' ? event.at : context.nextAt,
      tries: 0,
    })),
    recordSkip: assign(({ context, event }) => {
      const arranged = arrangedIn(event);
      return { skips: context.skips + 1, why: arranged.result === 'skipped' ? arranged.why : null };
    }),
    recordMade: assign(({ context, event }) =>
      event.type === 'actor.made' ? { lastTask: event.actorId, orders: context.orders + 1, why: null } : {},
    ),
    recordRefused: assign(({ event }) => (event.type === 'actor.refused' ? { why: event.reason } : {})),
    recordFailure: assign(({ context, event }) => ({ why: failureIn(event), tries: context.tries + 1 })),
    createTask: notProvided,
  },
}).createMachine({
  id: 'routine',
  description: 'Orders the same work again and again.',
  context: ({ input: { name, plan } }) => ({
    ...{ name, plan, nextAt: null, lastDueAt: null, lastTask: null, orders: 0, skips: 0, why: null, tries: 0 },
  }),
  initial: 'considering',
  states: {
    considering: { always: [{ guard: 'isConfigured', target: 'planning' }, { target: 'retired' }] },
    planning: {
      invoke: {
        id: 'plan',
        src: 'plan',
        input: ({ context: { plan, lastDueAt } }) => ({ plan, after: lastDueAt }),
        onDone: [
          { guard: 'hasNext', target: 'resting', actions: 'recordNext' },
          { target: 'retired', actions: 'recordNext' },
        ],
        onError: { target: 'planningLater', actions: 'recordFailure' },
      },
      on: { 'routine.configured': { target: 'considering', actions: 'configure' } },
    },
    planningLater: {
      after: { backoff: 'planning' },
      on: { 'routine.configured': { target: 'considering', actions: 'configure' } },
    },
    resting: {
      after: { untilDue: { target: 'arranging', actions: 'due' } },
      on: {
        'routine.run': { target: 'arranging', actions: 'due' },
        'routine.configured': { target: 'considering', actions: 'configure' },
      },
    },
    arranging: {
      invoke: {
        id: 'arrange',
        src: 'arrange',
        input: ({ context: { name, plan, lastTask, lastDueAt } }) => ({ name, plan, lastTask, dueAt: lastDueAt }),
        onDone: [
          {
            guard: 'isReady',
            target: 'making',
            actions: {
              type: 'createTask',
              params: ({ event }: { event: unknown }) => {
                const { id, definition, input } = arrangedIn(event) as ArrangedRoutine & { result: 'ready' };
                return { id, definition, input };
              },
            },
          },
          { target: 'considering', actions: 'recordSkip' },
        ],
        onError: [
          { guard: 'hasTriesLeft', target: 'arrangingLater', actions: 'recordFailure' },
          { target: 'considering', actions: 'recordFailure' },
        ],
      },
      on: { 'routine.configured': { actions: 'configure' } },
    },
    arrangingLater: {
      meta: { why: ({ why }: RoutineContext) => why ?? 'the task could not be made' },
      after: { backoff: 'arranging' },
      on: { 'routine.configured': { target: 'considering', actions: 'configure' } },
    },
    making: {
      meta: { owner: 'the runtime, in the same commit' },
      on: {
        'actor.made': { target: 'considering', actions: 'recordMade' },
        'actor.refused': { target: 'considering', actions: 'recordRefused' },
      },
    },
    retired: {
      meta: { why: 'it is not configured, or never comes again', owner: 'the configuration' },
      on: { 'routine.configured': { target: 'considering', actions: 'configure' } },
    },
  },
});
