/**
 * Removes once a day what ended long ago, when the configuration says after how long.
 *
 *   waiting ── a day has passed ──▶ pruning ── pruned, or failed ──▶ waiting
 *      └──── configured to keep everything ──▶ dormant ── configured otherwise ──▶ waiting
 *
 * The day is a timer row: it ends at the same instant however often we restart, and another duration does not move it.
 */
import { assign, setup } from 'xstate';
import { pureActor } from './provided.ts';

export interface JanitorInput {
  /** How long ago a task must have ended to go. */
  endedAfterMs: number;
}

/** What went, as the actor `prune` reports it. */
export interface Tidied {
  tasks: number;
  logEntries: number;
  /** Of files. */
  bytes: number;
  /** Tasks that stayed although they ended long ago. */
  kept: number;
}

export interface JanitorContext {
  /** Null keeps everything for ever. */
  endedAfterMs: number | null;
  /** The last time that something was removed, or could have been; null before the first. */
  last: ({ at: number } & Tidied) | null;
  /** Why the last attempt failed, for people; null when it did not. */
  problem: string | null;
}

export type JanitorEvent = { type: 'janitor.configured'; endedAfterMs: number | null; at: number };

const dayMs = 86_400_000;

export const janitorMachine = setup({
  types: {} as { input: JanitorInput; context: JanitorContext; events: JanitorEvent },
  actors: { prune: pureActor },
  guards: {
    isToKeepEverything: ({ event }) => event.type === 'janitor.configured' && event.endedAfterMs === null,
  },
  delays: { day: dayMs },
  actions: {
    configure: assign(({ event }) => (event.type === 'janitor.configured' ? { endedAfterMs: event.endedAfterMs } : {})),
    recordPruned: assign(({ event }) => {
      const { tasks, logEntries, bytes, kept } = (event as unknown as { output: Tidied }).output;
      return { last: { at: event.at, tasks, logEntries, bytes, kept }, problem: null };
    }),
    recordFailed: assign(({ event }) => ({
      problem: (event as unknown as { error: { message: string } }).error.message,
    })),
  },
}).createMachine({
  id: 'janitor',
  description: 'Removes once a day what ended long ago, where the configuration says after how long.',
  context: ({ input }) => ({ endedAfterMs: input.endedAfterMs, last: null, problem: null }),
  initial: 'waiting',
  states: {
    waiting: {
      after: { day: 'pruning' },
      on: {
        'janitor.configured': [
          { guard: 'isToKeepEverything', target: 'dormant', actions: 'configure' },
          { actions: 'configure' },
        ],
      },
    },
    // After a crash it is begun again: what went already is not there any more.
    pruning: {
      invoke: {
        id: 'prune',
        src: 'prune',
        input: ({ context, event }) => ({ endedBefore: event.at - (context.endedAfterMs ?? event.at) }),
        onDone: { target: 'waiting', actions: 'recordPruned' },
        onError: { target: 'waiting', actions: 'recordFailed' },
      },
      on: {
        'janitor.configured': [
          { guard: 'isToKeepEverything', target: 'dormant', actions: 'configure' },
          { actions: 'configure' },
        ],
      },
    },
    dormant: {
      on: {
        'janitor.configured': [
          { guard: 'isToKeepEverything', actions: 'configure' },
          { target: 'waiting', actions: 'configure' },
        ],
      },
    },
  },
});
