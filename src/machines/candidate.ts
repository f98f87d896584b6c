/**
 * One item of a tracker that may be work for agents: read, judged by the rules, and made into a task, or left alone with the
 * reason.
 *
 *   reading ──▶ judging ── for agents ──▶ arranging ──▶ making ── made ──▶ over
 *      │ away: later   └── not ──▶ over       │ not now: later   └── refused ──▶ over, or arranged anew
 */
import { assign, setup } from 'xstate';
import { backoffMs } from '../domain/backoff.ts';
import type { Json } from '../domain/json.ts';
import { type Names, type Pick, type Pickable, whyNotPicked } from '../domain/pick.ts';
import { failureIn } from './failure.ts';
import { notProvided, pureActor } from './provided.ts';

export interface CandidateInput {
  /** Of Signalbox. */
  project: string;
  tracker: string;
  /** Where items lie there, as the configuration says it. */
  place: string;
  ref: { project: string; id: string };
  /** Tokens that the model has used today. */
  tokensUsed: number;
}

/** Reported by the actor `read`. */
export type ReadItem =
  | { result: 'left'; key: string; why: string }
  | {
      result: 'read';
      key: string;
      pick: Pick;
      item: Pickable;
      us: Names;
      /** Why nobody who may has handed it over; null when somebody has. */
      untrusted: string | null;
    };

/** Reported by the actor `arrange`: everything of the task that is to be made. */
export interface Arranged {
  id: string;
  definition: Json;
  input: Json;
  /** Under which the item is known: a task that has one of them is the item's. */
  links: string[];
  /** Tokens that the model has used on it. */
  tokens: number;
  /** What could not be read of it, and why its agent works on it: for people. */
  notes: string[];
}

export interface CandidateContext extends CandidateInput {
  key: string;
  /** Why it was left alone, or what it waits for. */
  why: string | null;
  task: string | null;
  tokens: number;
  tries: number;
  /** Arrangements that another task came before. */
  losses: number;
  isJudged: boolean;
  notes: string[];
}

/** What became of an item. */
export interface CandidateOutput {
  id: string;
  key: string;
  task: string | null;
  why: string | null;
  tokens: number;
  /** Whether the rules have spoken: it is as they say until it changes. */
  isJudged: boolean;
  notes: string[];
}

export type CandidateEvent =
  | { type: 'actor.made'; actorId: string; at: number }
  | { type: 'actor.refused'; actorId: string; reason: string; at: number };

/** With these waits some minutes. Whoever waits longer keeps others out; it is tried anew with the next look at everything. */
const mostTries = 5;
const policy = { baseMs: 5_000, capMs: 300_000 };
const mostLosses = 3;

const readIn = (event: unknown) => (event as { output: ReadItem }).output;
const arrangedIn = (event: unknown) => (event as { output: Arranged }).output;

const whyLeft = (read: ReadItem): string | null =>
  read.result === 'left' ? read.why : (whyNotPicked(read.pick, read.item, read.us) ?? read.untrusted);

export const candidateMachine = setup({
  types: {} as { input: CandidateInput; context: CandidateContext; events: CandidateEvent; output: CandidateOutput },
  actors: { read: pureActor, arrange: pureActor },
  guards: {
    isForAgents: ({ event }) => whyLeft(readIn(event)) === null,
    hasTriesLeft: ({ context }) => context.tries < mostTries,
    // The id was taken in this very moment; the item itself has no task yet.
    hasOnlyLostItsId: ({ context, event }) =>
      event.type === 'actor.refused' && event.reason === 'it exists already' && context.losses < mostLosses,
  },
  delays: { backoff: ({ context }) => backoffMs(context.tries, policy, 0) },
  actions: {
    recordRead: assign(({ event }) => {
      const why = whyLeft(readIn(event));
      return { key: readIn(event).key, why, isJudged: why !== null };
    }),
    recordArranged: assign(({ context, event }) => ({
      tokens: context.tokens + arrangedIn(event).tokens,
      notes: arrangedIn(event).notes,
    })),
    recordMade: assign(({ event }) => (event.type === 'actor.made' ? { task: event.actorId, why: null } : {})),
    recordRefused: assign(({ event }) => (event.type === 'actor.refused' ? { why: event.reason, isJudged: true } : {})),
    countLoss: assign(({ context }) => ({ losses: context.losses + 1 })),
    recordFailure: assign(({ context, event }) => ({
      why: failureIn(event),
      tries: context.tries + 1,
    })),
    createTask: notProvided,
  },
}).createMachine({
  id: 'candidate',
  description: 'Finds out whether an item of a tracker is work for agents, and makes a task of it.',
  context: ({ input: { project, tracker, place, ref, tokensUsed } }) => ({
    ...{ project, tracker, place, ref, tokensUsed },
    ...{ key: ref.id, why: null, task: null, tokens: 0, tries: 0, losses: 0, isJudged: false, notes: [] },
  }),
  initial: 'reading',
  states: {
    reading: {
      invoke: {
        id: 'read',
        src: 'read',
        input: ({ context }) => ({ ...context }),
        onDone: [
          { guard: 'isForAgents', target: 'arranging', actions: 'recordRead' },
          { target: 'over', actions: 'recordRead' },
        ],
        onError: [
          { guard: 'hasTriesLeft', target: 'readingLater', actions: 'recordFailure' },
          { target: 'over', actions: 'recordFailure' },
        ],
      },
    },
    readingLater: {
      meta: { why: ({ why }: CandidateContext) => why ?? 'it could not be read' },
      after: { backoff: 'reading' },
    },
    arranging: {
      invoke: {
        id: 'arrange',
        src: 'arrange',
        input: ({ context }) => ({ ...context }),
        onDone: {
          target: 'making',
          actions: [
            'recordArranged',
            {
              type: 'createTask',
              params: ({ event }: { event: unknown }) => {
                const { id, definition, input, links } = arrangedIn(event);
                return { id, definition, input, unlessLinked: links };
              },
            },
          ],
        },
        onError: [
          { guard: 'hasTriesLeft', target: 'arrangingLater', actions: 'recordFailure' },
          { target: 'over', actions: 'recordFailure' },
        ],
      },
    },
    // What stands in the way may be fixed meanwhile; whether it is still wanted is looked at again.
    arrangingLater: {
      meta: { why: ({ why }: CandidateContext) => why ?? 'the task could not be made' },
      after: { backoff: 'reading' },
    },
    making: {
      on: {
        'actor.made': { target: 'over', actions: 'recordMade' },
        'actor.refused': [
          { guard: 'hasOnlyLostItsId', target: 'arranging', actions: 'countLoss' },
          { target: 'over', actions: 'recordRefused' },
        ],
      },
      meta: { owner: 'the runtime, in the same commit' },
    },
    over: { type: 'final' },
  },
  output: ({ context: { ref, key, task, why, tokens, isJudged, notes } }) => ({
    ...{ id: ref.id, key, task, why, tokens, isJudged, notes },
  }),
});
