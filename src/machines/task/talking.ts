/** What a task tells actors that it may or may not have: who listens to people, and who waits until it is done. */
import { enqueueActions } from 'xstate';
import { actorRef } from '../../domain/actor-ref.ts';
import { conversationId } from '../addresses.ts';
import type { LookedAtBlockers, TaskContext } from './context.ts';

interface Told {
  context: TaskContext;
  event: unknown;
}

type Message = [to: string, event: { type: string; by?: string }];

/** Sends what is to be sent by then, to nobody where there is nobody. */
const sending = (messages: (told: Told) => Message[]) =>
  // The types of XState do not let one action with parameters and one of this kind stand in one machine.
  enqueueActions(({ context, event, enqueue }: Told & { enqueue: unknown }) => {
    const { sendTo } = enqueue as { sendTo(to: unknown, event: unknown): void };
    for (const [to, message] of messages({ context, event })) sendTo(actorRef(to), message);
  }) as never;

const toConversation = (type: string) =>
  sending(({ context }) => (context.talks === true ? [[conversationId(context.id), { type }]] : []));

/** Whoever listens to what people say of it listens more often now. */
export const announceAsking = toConversation('conversation.asked');
export const endConversation = toConversation('conversation.over');

export const tellAwaiting = sending(({ context }) =>
  (context.awaitedBy ?? []).map(task => [task, { type: 'blocker.changed' }]),
);

/** Those that are tasks of ours tell when they have ended. */
export const awaitBlockers = sending(({ context, event }) =>
  (event as { output: LookedAtBlockers }).output.open.flatMap(({ task }): Message[] =>
    task === null ? [] : [[task, { type: 'task.awaited', by: context.id }]],
  ),
);

/** From its beginning somebody listens to what people say of it, where there is a place for that. */
export const openConversation = {
  type: 'openConversation',
  params: ({ context: { id, project, talks } }: Told) =>
    talks === true ? { id: conversationId(id), input: { taskId: id, project } } : null,
};
