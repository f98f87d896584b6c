/** Who merges into a branch, one after another; who has gone is not waited for. */
import { expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { mergeQueueMachine } from '../../src/machines/merge-queue.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

/** Tasks that only hear that it is their turn. */
const listening = kindOf(createMachine({ id: 'task', on: { 'lease.granted': {} } }));

async function startQueue() {
  const heard: string[] = [];
  const system = await startTestRuntime({
    kinds: [kindOf(mergeQueueMachine as never), listening],
    listeners: [({ actorId, type }) => void (type === 'lease.granted' && heard.push(actorId))],
  });
  for (const id of ['A', 'B', 'C']) await system.runtime.create('task', id, {});
  await system.runtime.create('mergeQueue', 'queue', { resource: 'shop main' });
  const send = async (type: string, holder: string) => {
    await system.runtime.send('queue', { type, holder } as never);
    await system.settle();
  };
  return { ...system, heard, send };
}

test('who leaves the line is passed over, and merges go on', async () => {
  const { heard, send, context, state } = await startQueue();
  for (const holder of ['A', 'B', 'C']) await send('lease.requested', holder);
  await send('lease.released', 'B');
  await send('lease.released', 'A');
  expect(heard).toEqual(['A', 'C']);
  await send('lease.released', 'C');
  expect([await state('queue'), await context('queue')]).toMatchObject(['free', { holder: null, waiting: [] }]);
});

test('who asks twice waits once', async () => {
  const { heard, send } = await startQueue();
  for (const holder of ['A', 'B', 'B']) await send('lease.requested', holder);
  await send('lease.released', 'A');
  await send('lease.released', 'B');
  expect(heard).toEqual(['A', 'B']);
});
