/**
 * The merge lease of one target branch of one repository: one task merges at a time, in the order of asking.
 *
 *   free ── lease.requested ──▶ held ── lease.released ──▶ free, or the next in line holds it
 *
 * Every grant carries a fencing token that is larger than all before it.
 */
import { assign, enqueueActions, setup } from 'xstate';
import { actorRef } from '../domain/actor-ref.ts';

export interface MergeQueueContext {
  resource: string;
  /** The fencing token of the present or last lease. */
  token: number;
  holder: string | null;
  heldSince: number | null;
  waiting: string[];
}

export type MergeQueueEvent =
  | { type: 'lease.requested'; holder: string; at: number }
  | { type: 'lease.released'; holder: string; at: number }
  | { type: 'lease.revoked'; by: string; at: number };

export const mergeQueueMachine = setup({
  types: {} as { input: { resource: string }; context: MergeQueueContext; events: MergeQueueEvent },
  guards: {
    isHolder: ({ context, event }) => 'holder' in event && event.holder === context.holder,
    isHolderAndNobodyWaits: ({ context, event }) =>
      'holder' in event && event.holder === context.holder && context.waiting.length === 0,
    nobodyWaits: ({ context }) => context.waiting.length === 0,
  },
  actions: {
    grant: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'lease.requested') return;
      const token = context.token + 1;
      enqueue.assign({ holder: event.holder, token, heldSince: event.at });
      enqueue.sendTo(actorRef(event.holder), { type: 'lease.granted', token });
    }),
    grantNext: enqueueActions(({ context, event, enqueue }) => {
      const [holder, ...waiting] = context.waiting;
      if (holder === undefined) return;
      const token = context.token + 1;
      enqueue.assign({ holder, waiting, token, heldSince: event.at });
      enqueue.sendTo(actorRef(holder), { type: 'lease.granted', token });
    }),
    grantAgain: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'lease.requested') return;
      enqueue.sendTo(actorRef(event.holder), { type: 'lease.granted', token: context.token });
    }),
    line: assign(({ context, event }) => {
      if (event.type !== 'lease.requested' || context.waiting.includes(event.holder)) return {};
      return { waiting: [...context.waiting, event.holder] };
    }),
    leaveLine: assign(({ context, event }) =>
      event.type === 'lease.released' ? { waiting: context.waiting.filter(id => id !== event.holder) } : {},
    ),
    clearHolder: assign({ holder: null, heldSince: null }),
  },
}).createMachine({
  id: 'mergeQueue',
  description: 'Holds the merge lease of one target branch: one task merges at a time.',
  context: ({ input }) => ({ resource: input.resource, token: 0, holder: null, heldSince: null, waiting: [] }),
  initial: 'free',
  states: {
    free: { on: { 'lease.requested': { target: 'held', actions: 'grant' } } },
    held: {
      on: {
        'lease.requested': [{ guard: 'isHolder', actions: 'grantAgain' }, { actions: 'line' }],
        'lease.released': [
          { guard: 'isHolderAndNobodyWaits', target: 'free', actions: 'clearHolder' },
          { guard: 'isHolder', actions: 'grantNext' },
          { actions: 'leaveLine' },
        ],
        'lease.revoked': [{ guard: 'nobodyWaits', target: 'free', actions: 'clearHolder' }, { actions: 'grantNext' }],
      },
    },
  },
});
