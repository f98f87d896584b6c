/** A pipeline walked with stubs ends where a task ends when all goes well, and goes no way that the machine does not. */
import { expect, test } from 'vitest';
import { defaultPipeline } from '../../../src/machines/default-pipeline.ts';
import { pipelineSchema } from '../../../src/machines/pipeline.ts';
import { dryRun } from '../../../src/machines/proof/dry.ts';

test('the usual pipeline is walked to its end, each stage once and in order', () => {
  const { steps, ends, isDone } = dryRun(defaultPipeline);
  expect([ends, isDone]).toEqual(['done', true]);
  const stages = steps.map(({ stage }) => stage).filter((stage, index, all) => stage !== all[index - 1]);
  expect(stages).toEqual([...defaultPipeline.stages.map(({ name }) => name), 'landing']);
  expect(steps.filter(({ says }) => says.endsWith('changes the code')).map(({ stage }) => stage)).toEqual([
    'development',
  ]);
});

test('one that cannot end well says where it stands', () => {
  const round = pipelineSchema.parse({
    name: 'round',
    stages: [
      { name: 'one', role: 'developer', gates: [{ kind: 'command', name: 'tests' }], next: 'two' },
      { name: 'two', role: 'reviewer', gates: [{ kind: 'command', name: 'lint' }], next: 'one' },
    ],
  });
  const { ends, isDone } = dryRun(round);
  expect(isDone).toBe(false);
  expect(ends).toMatch(/^(?:one|two)\b/);
});
