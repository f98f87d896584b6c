/**
 * One decision of a person about a task, as a machine. What it would do is asked before it is ordered; the order goes out
 * under one key however often it is sent, so that a click that is repeated after a broken connection decides once.
 *
 *   closed ─▶ open ─▶ sending ─▶ done
 *               ▲────refused◀┘
 */
import { assign, fromPromise, setup } from 'xstate';
import { ask, segment } from '../api/ask.ts';
import type { Move, SentEvent } from '../api/types.ts';

export interface Order {
  taskId: string;
  move: Move;
  /** The number of the question that is answered, where one is. */
  question: number | null;
}

interface Context {
  order: Order | null;
  key: string;
  fields: Record<string, string>;
  problem: string | null;
}

type ActingEvent =
  | { type: 'act.open'; order: Order }
  | { type: 'act.close' }
  | { type: 'act.fill'; name: string; value: string }
  | { type: 'act.send' };

/** Questions are numbered so that an answer that comes too late is not taken for another one. */
const answering = ['task.approve', 'task.reject', 'task.answer'];
/** Those that have no route of their own name. */
const unnamed = ['task.fail'];

async function send({ order, key, fields }: Context): Promise<SentEvent> {
  const { taskId, move, question } = order!;
  const name = move.event.slice('task.'.length);
  const given = Object.fromEntries(
    move.fields.map(field => [field.name, fields[field.name] ?? field.options?.[0] ?? '']),
  );
  if (unnamed.includes(move.event)) {
    return ask(`/tasks/${segment(taskId)}/events`, { method: 'POST', body: { type: move.event, data: given }, key });
  }
  const asked = question !== null && answering.includes(move.event) ? { question } : {};
  return ask(`/tasks/${segment(taskId)}/${name}`, { method: 'POST', body: { ...given, ...asked }, key });
}

export const actingMachine = setup({
  types: {} as { context: Context; events: ActingEvent },
  actors: { send: fromPromise<SentEvent, Context>(({ input }) => send(input)) },
}).createMachine({
  id: 'acting',
  context: { order: null, key: '', fields: {}, problem: null },
  initial: 'closed',
  on: {
    'act.open': {
      target: '.open',
      actions: assign(({ event }) => ({ order: event.order, key: crypto.randomUUID(), fields: {}, problem: null })),
    },
  },
  states: {
    closed: {},
    open: {
      on: {
        'act.close': 'closed',
        // Other words are another order.
        'act.fill': {
          actions: assign({
            fields: ({ context, event }) => ({ ...context.fields, [event.name]: event.value }),
            key: () => crypto.randomUUID(),
          }),
        },
        'act.send': 'sending',
      },
    },
    sending: {
      invoke: {
        src: 'send',
        input: ({ context }) => context,
        onDone: [
          {
            guard: ({ event }) => event.output.outcome === 'applied' || event.output.outcome === 'duplicate',
            target: 'done',
          },
          {
            target: 'open',
            actions: assign({
              problem: ({ event }) => event.output.reason ?? event.output.outcome,
              key: () => crypto.randomUUID(),
            }),
          },
        ],
        onError: { target: 'open', actions: assign({ problem: ({ event }) => (event.error as Error).message }) },
      },
    },
    done: { after: { 1200: 'closed' }, on: { 'act.close': 'closed' } },
  },
});
