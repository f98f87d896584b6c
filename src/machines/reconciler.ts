/**
 * Compares every open task at a forge with what the forge says, on start and at intervals: a delivery that was lost costs
 * minutes, never a task.
 *
 *   resting ── time to look, or reconciler.look ──▶ looking ── done, or failed ──▶ resting
 *      └── nothing more to look at (intervalMs null): waits to be configured
 */
import { assign, setup } from 'xstate';
import { failureIn } from './failure.ts';
import { pureActor } from './provided.ts';

export interface ReconcilerInput {
  forge: string;
  /** Milliseconds between two looks; null while the forge is not configured. */
  intervalMs: number | null;
}

/** Something that the forge says and the task had not heard. */
export interface Difference {
  task: string;
  /** The event that it was told by. */
  type: string;
  /** What differed, for people. */
  what: string;
  /** What the event did. */
  outcome: string;
}

/** What a look came to. */
export interface Reconciled {
  /** Tasks that were looked at. */
  looked: number;
  differences: Difference[];
  /** Why it ended early; null where it did not. */
  why: string | null;
}

export interface ReconcilerContext extends ReconcilerInput {
  lastLookAt: number | null;
  looked: number;
  /** Why the last look failed or ended early; null where it did not. */
  why: string | null;
  /** The last ones, newest last. */
  differences: (Difference & { at: number })[];
}

export type ReconcilerEvent =
  | { type: 'reconciler.look'; at: number }
  | { type: 'reconciler.configured'; intervalMs: number | null; at: number };

const mostDifferences = 50;

const lookedIn = (event: unknown) => event as { output: Reconciled; at: number };

export const reconcilerMachine = setup({
  types: {} as { input: ReconcilerInput; context: ReconcilerContext; events: ReconcilerEvent },
  actors: { reconcile: pureActor },
  guards: { hasInterval: ({ context }) => context.intervalMs !== null },
  delays: { interval: ({ context }) => context.intervalMs ?? 0 },
  actions: {
    recordLook: assign(({ context, event }) => {
      const { output, at } = lookedIn(event);
      const differences = [...context.differences, ...output.differences.map(difference => ({ ...difference, at }))];
      return {
        lastLookAt: at,
        looked: output.looked,
        why: output.why,
        differences: differences.slice(-mostDifferences),
      };
    }),
    recordFailure: assign(({ event }) => ({
      lastLookAt: event.at,
      why: failureIn(event),
    })),
    configure: assign(({ event }) => (event.type === 'reconciler.configured' ? { intervalMs: event.intervalMs } : {})),
  },
}).createMachine({
  id: 'reconciler',
  description: 'Compares every open task at a forge with what the forge says, and tells it what it has missed.',
  context: ({ input: { forge, intervalMs } }) => ({
    forge,
    intervalMs,
    lastLookAt: null,
    looked: 0,
    why: null,
    differences: [],
  }),
  initial: 'considering',
  states: {
    considering: { always: [{ guard: 'hasInterval', target: 'resting' }, { target: 'retired' }] },
    resting: {
      after: { interval: 'comparing' },
      on: {
        'reconciler.look': 'comparing',
        'reconciler.configured': { target: 'considering', actions: 'configure' },
      },
    },
    comparing: {
      invoke: {
        id: 'reconcile',
        src: 'reconcile',
        input: ({ context }) => ({ forge: context.forge }),
        onDone: { target: 'considering', actions: 'recordLook' },
        onError: { target: 'considering', actions: 'recordFailure' },
      },
      on: {
        'reconciler.configured': { actions: 'configure' },
        // What has been looked at already may be news by now.
        'reconciler.look': { target: 'comparing', reenter: true },
      },
    },
    retired: {
      meta: { why: 'the forge is not configured', owner: 'the configuration' },
      on: { 'reconciler.configured': { target: 'considering', actions: 'configure' } },
    },
  },
});
