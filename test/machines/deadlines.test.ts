/** Deadlines of a task: whatever else takes long has an owner who ends it. */
import { expect, test } from 'vitest';
import { defaultPipeline } from '../../src/machines/default-pipeline.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { deadlinesOf } from '../model/cases.ts';

test('nothing of a task waits for a time but the next try at a forge that is away, and a look at what blocks it', () => {
  const all = deadlinesOf(compileTask(defaultPipeline));
  expect(all.filter(({ type }) => !/^xstate\.after\.(?:nextTry|600000)\./.test(type))).toEqual([]);
});
