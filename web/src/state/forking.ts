/** A fork that somebody thinks about, orders, and is led to when it is there. */
import { assign, fromPromise, setup } from 'xstate';
import { ask, segment } from '../api/ask.ts';
import type { Answer } from '../api/types.ts';

export interface Fork {
  taskId: string;
  /** The entry of the log from which it goes on; null for the present. */
  at: number | null;
}

/** Empty ones are left as they were. */
export type ForkFields = Partial<Record<'agent' | 'model' | 'prompt' | 'title', string>>;

interface Context {
  fork: Fork;
  key: string;
  fields: ForkFields;
  problem: string | null;
  forked: string | null;
}

type ForkingEvent =
  | { type: 'fork.open'; fork: Fork }
  | { type: 'fork.close' }
  | { type: 'fork.fill'; name: keyof ForkFields; value: string }
  | { type: 'fork.send' };

async function order({ fork: { taskId, at }, key, fields }: Context): Promise<Answer<'task.fork'>> {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value.trim() !== ''));
  const body = { ...given, ...(at !== null && { at }) };
  return ask(`/tasks/${segment(taskId)}/fork`, { method: 'POST', body, key });
}

export const forkingMachine = setup({
  types: {} as { context: Context; events: ForkingEvent },
  actors: { order: fromPromise<Answer<'task.fork'>, Context>(({ input }) => order(input)) },
}).createMachine({
  id: 'forking',
  context: { fork: { taskId: '', at: null }, key: '', fields: {}, problem: null, forked: null },
  initial: 'closed',
  states: {
    closed: {
      on: {
        'fork.open': {
          target: 'open',
          actions: assign(({ event: { fork } }) => ({
            ...{ fork, key: crypto.randomUUID(), fields: {}, problem: null, forked: null },
          })),
        },
      },
    },
    open: {
      on: {
        'fork.close': 'closed',
        // Another order is another key.
        'fork.fill': {
          actions: assign({
            fields: ({ context, event }) => ({ ...context.fields, [event.name]: event.value }),
            key: () => crypto.randomUUID(),
          }),
        },
        'fork.send': 'sending',
      },
    },
    sending: {
      invoke: {
        src: 'order',
        input: ({ context }) => context,
        onDone: { target: 'closed', actions: assign({ forked: ({ event }) => event.output.id }) },
        onError: { target: 'open', actions: assign({ problem: ({ event }) => (event.error as Error).message }) },
      },
    },
  },
});
