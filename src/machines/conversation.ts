/**
 * Listens to what people say of a task: under its item, by its labels and its place on the board, and under its pull request.
 * Deliveries only say that there is news; what it is, is read. So one that is lost, doubled or late changes nothing.
 *
 *   quiet ── conversation.asked ──▶ attentive ── time to look ──▶ looking ──▶ attentive, or quiet
 *     └────────────── conversation.news ─────────────────────────▲   │ away ──▶ later ──▶ looking
 *
 * What is found becomes an actor of its own, a word, in the commit that moves on the place from which is read next.
 */
import { assign, enqueueActions, setup } from 'xstate';
import { backoffMs } from '../domain/backoff.ts';
import { failureIn } from './failure.ts';
import { notProvided, pureActor } from './provided.ts';
import type { WordInput } from './word.ts';

export interface ConversationInput {
  taskId: string;
  project: string;
}

/** From where on a place is read, by the clock of its tracker. */
export interface Cursor {
  /** Epoch milliseconds; null: from the beginning of the task. */
  comments: number | null;
  changes: number | null;
}

/** Reported by the actor `listen`. */
export interface Heard {
  /** Where it was read, by tracker and item, and from where on it is read next. */
  cursors: Record<string, Cursor>;
  words: { id: string; input: WordInput }[];
  /** Whether the task asks a person now. */
  isAsking: boolean;
}

export interface ConversationContext extends ConversationInput {
  cursors: Record<string, Cursor>;
  isAsking: boolean;
  /** Why it could not be listened to; null where it could. */
  why: string | null;
  tries: number;
}

export type ConversationEvent =
  | { type: 'conversation.news'; at: number }
  | { type: 'conversation.asked'; at: number }
  | { type: 'conversation.over'; at: number };

/** While a person is asked, a delivery that was lost costs no more than this. */
export const pollMs = 30_000;
const policy = { baseMs: 5_000, capMs: 300_000 };

const heardIn = (event: unknown) => (event as { output: Heard }).output;

export const conversationMachine = setup({
  types: {} as { input: ConversationInput; context: ConversationContext; events: ConversationEvent },
  actors: { listen: pureActor },
  guards: { isAsking: ({ context }) => context.isAsking },
  delays: { poll: pollMs, backoff: ({ context }) => backoffMs(context.tries, policy, 0) },
  actions: {
    record: assign(({ context, event }) => {
      const { cursors, isAsking } = heardIn(event);
      return { cursors: { ...context.cursors, ...cursors }, isAsking, why: null, tries: 0 };
    }),
    passOn: enqueueActions(({ event, enqueue }) => {
      for (const { id, input } of heardIn(event).words) enqueue({ type: 'makeWord', params: { id, input } } as never);
    }),
    recordFailure: assign(({ context, event }) => ({
      why: failureIn(event),
      tries: context.tries + 1,
    })),
    expectAnswer: assign({ isAsking: true }),
    makeWord: notProvided,
  },
}).createMachine({
  id: 'conversation',
  description: 'Listens to what people say of a task at its item and its pull request.',
  context: ({ input: { taskId, project } }) => ({ taskId, project, cursors: {}, isAsking: false, why: null, tries: 0 }),
  initial: 'considering',
  on: { 'conversation.over': '.over' },
  states: {
    considering: { always: [{ guard: 'isAsking', target: 'attentive' }, { target: 'quiet' }] },
    quiet: {
      meta: { why: 'nobody is asked; news leads to a look', owner: 'a person' },
      on: {
        'conversation.asked': { target: 'attentive', actions: 'expectAnswer' },
        'conversation.news': 'looking',
      },
    },
    attentive: {
      meta: { why: 'a person is asked' },
      after: { poll: 'looking' },
      // What was asked before has been answered: the time begins anew.
      on: { 'conversation.asked': { target: 'attentive', reenter: true }, 'conversation.news': 'looking' },
    },
    looking: {
      invoke: {
        id: 'listen',
        src: 'listen',
        input: ({ context: { taskId, project, cursors }, event }) => ({
          ...{ taskId, project, cursors },
          // Nobody has told of any news: it is time to look.
          isPoll: /^xstate\.after\..*\.attentive$/.test(event.type),
        }),
        onError: { target: 'later', actions: 'recordFailure' },
      },
      initial: 'upToDate',
      states: {
        upToDate: {
          on: {
            'conversation.news': 'outdated',
            'conversation.asked': { target: 'outdated', actions: 'expectAnswer' },
            'xstate.done.actor.listen': { target: '#conversation.considering', actions: ['record', 'passOn'] },
          } as object,
        },
        // Something has come while it was read, or a person is asked since: it is read once more.
        outdated: {
          on: {
            'xstate.done.actor.listen': {
              target: '#conversation.looking',
              reenter: true,
              actions: ['record', 'passOn'],
            },
          } as object,
        },
      },
    },
    later: {
      meta: { why: ({ why }: ConversationContext) => why ?? 'it could not be listened to' },
      after: { backoff: 'looking' },
      on: { 'conversation.asked': { actions: 'expectAnswer' } },
    },
    over: { type: 'final' },
  },
});
