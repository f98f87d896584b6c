/** A task as it was: nothing that came later is told of it. */
import { expect, test } from 'vitest';
import type { OutputOf } from '../../src/client/signalbox.ts';
import { makeForkPlace } from './forked.ts';

test('as of an entry of its log a task has the runs that it had, as they were, and no fork that was made later', async () => {
  const place = await makeForkPlace();
  const { ask, add, finish, entryInto } = await place.begin();
  await add();
  await finish('ET-1');
  await ask('task.fork', { taskId: 'ET-1', at: 1, id: 'ET-2' });
  const then = async (at: number) =>
    (await ask('task.show', { taskId: 'ET-1', at })) as OutputOf<'task.show'> & { forks: string[] };
  const runs = ({ runs: all }: OutputOf<'task.show'>) => all.map(({ stage, status }) => `${stage} ${status}`);

  expect(await ask('task.show', { taskId: 'ET-1' })).toMatchObject({ forks: ['ET-2'] });
  expect(runs(await then(1))).toEqual([]);
  const working = await then(await entryInto('ET-1', 'development.working'));
  expect(working).toMatchObject({ stage: 'development', forks: [], merged: null });
  expect(runs(working)).toEqual(['analysis completed', 'development spawning']);
  expect(working.runs[1]).not.toHaveProperty('completedAt');
  expect(runs(await then(await entryInto('ET-1', 'development.publishing')))).toEqual([
    'analysis completed',
    'development completed',
  ]);
});
