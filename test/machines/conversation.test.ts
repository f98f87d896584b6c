import { expect, test } from 'vitest';
import { conversationMachine, pollMs } from '../../src/machines/conversation.ts';
import { createPlayedJobs } from '../support/jobs.ts';
import { inertEffects, kindOf, startTestRuntime } from '../support/runtime.ts';

async function startConversation() {
  const jobs = createPlayedJobs();
  const kinds = [kindOf(conversationMachine, { actors: { listen: jobs.logic }, effects: inertEffects })];
  const system = await startTestRuntime({ kinds });
  await system.runtime.create('conversation', 'c', { taskId: 't', project: 'p' });
  return {
    ...system,
    tell: (type: string) => system.runtime.send('c', { type }),
    /** Ends the look that is under way with what it has read of the task. */
    async read({ isAsking }: { isAsking: boolean }) {
      jobs.find('c', 'listen')!.resolve({ cursors: {}, words: [], isAsking });
      await system.settle();
    },
    isLooking: () => jobs.find('c', 'listen') !== undefined,
  };
}

test('a question that comes up while it looks is not forgotten over what was read before', async () => {
  const { tell, read, state, advance, settle } = await startConversation();
  await tell('conversation.news');
  await settle();
  await tell('conversation.asked');
  await read({ isAsking: false });
  expect(await state('c')).toMatch(/^looking/);
  await read({ isAsking: true });
  expect(await state('c')).toBe('attentive');
  await advance(pollMs);
  expect(await state('c')).toMatch(/^looking/);
});

test('while nobody is asked it looks only when there is news', async () => {
  const { tell, read, state, advance, settle } = await startConversation();
  await advance(10 * pollMs);
  expect(await state('c')).toBe('quiet');
  await tell('conversation.news');
  await settle();
  await read({ isAsking: false });
  expect(await state('c')).toBe('quiet');
});
