/**
 * An order that somebody has given under a key, so that it is carried out once however often it arrives.
 *
 *   open ── order.name: it is about this ──▶ open ── order.answer ──▶ answered
 *
 * It is open until the answer is on record: whoever orders the same again under the key gets that, or has what was begun
 * finished. What is ordered is known by its hash alone.
 */
import { assign, setup } from 'xstate';
import type { Json } from '../domain/json.ts';

export interface OrderInput {
  operation: string;
  /** SHA-256 of the operation and its input, in hexadecimal. */
  fingerprint: string;
  by: string;
}

export interface OrderContext extends OrderInput {
  /** What was made for it, by its id; null until that is decided. */
  subject: string | null;
  answer: Json;
}

export type OrderEvent =
  | { type: 'order.name'; subject: string; at: number }
  | { type: 'order.answer'; answer: Json; at: number };

export const orderMachine = setup({
  types: {} as { input: OrderInput; context: OrderContext; events: OrderEvent },
  actions: {
    name: assign(({ event }) => (event.type === 'order.name' ? { subject: event.subject } : {})),
    answer: assign(({ event }) => (event.type === 'order.answer' ? { answer: event.answer } : {})),
  },
}).createMachine({
  id: 'order',
  description: 'Has an order carried out once that was given under a key, and keeps its answer.',
  context: ({ input }) => ({
    operation: input.operation,
    fingerprint: input.fingerprint,
    by: input.by,
    subject: null,
    answer: null,
  }),
  initial: 'open',
  states: {
    open: {
      on: {
        'order.name': { actions: 'name' },
        'order.answer': { target: 'answered', actions: 'answer' },
      },
    },
    answered: { type: 'final' },
  },
});
