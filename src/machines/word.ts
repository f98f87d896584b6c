/**
 * What one person has said of one task, from the moment that it was found until the task has heard it, or the person why not.
 *
 *   checking ── somebody who may has said it ──▶ telling ── taken ──▶ over
 *      │ away, or too early: later                  └── not taken ──▶ answering ──▶ over
 *      ├── said by somebody who may not, or changed since ──▶ answering
 *      └── it is no order ──▶ over
 *
 * It is named after what was said, so that a comment that is found twice is one.
 */
import { assign, setup } from 'xstate';
import { backoffMs } from '../domain/backoff.ts';
import type { Verb } from '../domain/board.ts';
import { taskTag } from './delivery.ts';
import { failureIn } from './failure.ts';
import { notProvided, pureActor } from './provided.ts';

/** Where something was said: a tracker or forge with the item or pull request, or a chat. */
export type WordPlace =
  | { at: 'tracker'; name: string; ref: { project: string; id: string } }
  | { at: 'chat'; name: string };

export interface WordInput {
  taskId: string;
  project: string;
  place: WordPlace;
  /** What was said: a comment, a change of the item, a reaction, a button, by its id there. */
  said: { by: 'comment' | 'change' | 'reaction' | 'button'; id: string };
  /** The account that said it. */
  person: { id: string; login: string; email: string | null };
  /** How the item was changed by it, where it is a change: one that was taken back since orders nothing. */
  change: { on: 'state' | 'label' | 'unlabel' | 'assigned' | 'unassigned'; value: string } | null;
  /** What it orders. */
  verb: Verb;
  /** The reason, or the answer. */
  text: string;
  /** When, in epoch milliseconds of our own clock. */
  saidAt: number;
  /** The number of the question that it answers, where it says so. */
  question: number | null;
}

/** Reported by the actor `check`. */
export type Checked =
  | { result: 'good'; by: string }
  /** `isWorthAnswer`: whether the person expects something, and so has to hear why it does not come. */
  | { result: 'refused'; why: string; isWorthAnswer: boolean }
  /** Something that was said before it is not through. */
  | { result: 'early'; why: string };

/** Reported by the actor `tell`: what the task did. */
export interface Told {
  outcome: string;
  why: string | null;
}

export interface WordContext extends WordInput {
  /** Who said it, as people are called here. */
  by: string | null;
  outcome: string | null;
  why: string | null;
  tries: number;
}

/** Tries while a tracker is away: with these waits about a day. */
const mostTries = 290;
const policy = { baseMs: 2_000, capMs: 300_000 };

const checkedIn = (event: unknown) => (event as { output: Checked }).output;
const toldIn = (event: unknown) => (event as { output: Told }).output;

export const wordMachine = setup({
  types: {} as { input: WordInput; context: WordContext; events: { type: 'word.dropped' } },
  actors: { check: pureActor, tell: pureActor },
  guards: {
    isEarly: ({ event }) => checkedIn(event).result === 'early',
    isGood: ({ event }) => checkedIn(event).result === 'good',
    expectsAnswer: ({ event }) => {
      const checked = checkedIn(event);
      return checked.result === 'refused' && checked.isWorthAnswer;
    },
    isTaken: ({ event }) => toldIn(event).outcome === 'applied',
    isFromChat: ({ context }) => context.place.at === 'chat',
    hasTriesLeft: ({ context }) => context.tries < mostTries,
  },
  delays: { backoff: ({ context }) => backoffMs(context.tries, policy, 0) },
  actions: {
    recordPerson: assign(({ event }) => {
      const checked = checkedIn(event);
      return checked.result === 'good' ? { by: checked.by, tries: 0 } : {};
    }),
    recordEarly: assign(({ event }) => {
      const checked = checkedIn(event);
      return checked.result === 'early' ? { why: checked.why, tries: 0 } : {};
    }),
    recordRefusal: assign(({ event }) => {
      const checked = checkedIn(event);
      return checked.result === 'refused' ? { outcome: 'refused', why: checked.why } : {};
    }),
    recordOutcome: assign(({ event }) => ({ outcome: toldIn(event).outcome, why: toldIn(event).why })),
    recordFailure: assign(({ context, event }) => ({
      why: failureIn(event),
      tries: context.tries + 1,
    })),
    giveUp: assign({ outcome: 'lost' }),
    answer: notProvided,
  },
}).createMachine({
  id: 'word',
  description: 'Brings what a person has said of a task to it, or says why it does not count.',
  context: ({ input }) => ({
    taskId: input.taskId,
    project: input.project,
    place: input.place,
    said: input.said,
    person: input.person,
    change: input.change,
    verb: input.verb,
    text: input.text,
    saidAt: input.saidAt,
    question: input.question,
    ...{ by: null, outcome: null, why: null, tries: 0 },
  }),
  initial: 'checking',
  states: {
    checking: {
      meta: { why: 'it is looked at who has said it, and whether it still says so' },
      invoke: {
        id: 'check',
        src: 'check',
        input: ({ context }) => ({ ...context }),
        onDone: [
          { guard: 'isEarly', target: 'checkingLater', actions: 'recordEarly' },
          { guard: 'isGood', target: 'telling', actions: 'recordPerson' },
          { guard: 'expectsAnswer', target: 'answering', actions: 'recordRefusal' },
          { target: 'over', actions: 'recordRefusal' },
        ],
        onError: [
          { guard: 'hasTriesLeft', target: 'checkingLater', actions: 'recordFailure' },
          { target: 'over', actions: ['recordFailure', 'giveUp'] },
        ],
      },
    },
    checkingLater: {
      meta: { why: ({ why }: WordContext) => why ?? 'it could not be looked at' },
      after: { backoff: 'checking' },
    },
    telling: {
      invoke: {
        id: 'tell',
        src: 'tell',
        input: ({ context }) => ({ ...context }),
        onDone: [
          // Whoever has pressed a button sees nothing else happen.
          { guard: 'isFromChat', target: 'answering', actions: 'recordOutcome' },
          { guard: 'isTaken', target: 'over', actions: 'recordOutcome' },
          { target: 'answering', actions: 'recordOutcome' },
        ],
        onError: [
          { guard: 'hasTriesLeft', target: 'tellingLater', actions: 'recordFailure' },
          { target: 'answering', actions: ['recordFailure', 'giveUp'] },
        ],
      },
    },
    tellingLater: {
      meta: { why: ({ why }: WordContext) => why ?? 'the task could not be told' },
      after: { backoff: 'telling' },
    },
    answering: {
      entry: {
        type: 'answer',
        params: ({ context }: { context: WordContext }) => {
          const { place, said, taskId, project, outcome, why, person, verb } = context;
          return { place, said, taskId, project, outcome, why, person, verb };
        },
      },
      always: 'over',
    },
    over: { type: 'final' },
  },
});

/** What words are listed by. */
export const wordTags = ({ context }: { context: WordContext }): string[] => [
  taskTag(context.taskId),
  ...(context.outcome === null ? [] : [`outcome:${context.outcome}`]),
];
