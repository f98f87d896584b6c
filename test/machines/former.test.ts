/** Tasks that were stored in an earlier shape of their machine go on in the present one. */
import { expect, test } from 'vitest';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import { defaultPipeline } from '../../src/machines/default-pipeline.ts';
import { pipelineSchema } from '../../src/machines/pipeline.ts';
import { define } from '../../src/runtime/kind.ts';
import { taskInput } from '../model/cases.ts';

const kind = machineKinds.find(({ name }) => name === 'task')!;
const several = pipelineSchema.parse({
  name: 'several',
  stages: [
    {
      ...{ name: 'build', role: 'builder' },
      gates: [
        { kind: 'command', name: 'lint', run: ['true'] },
        { kind: 'command', name: 'tests', run: ['true'] },
      ],
    },
  ],
});

function decoded(pipeline: unknown, value: unknown) {
  const { stepper } = define(kind, pipeline as never, true);
  const input = { ...taskInput, actor: { id: 'x', parentId: null, at: 0 } };
  const { snapshot } = stepper.initial(input as never, { actorId: 'x', seq: 0 });
  return stepper.decode(JSON.stringify({ ...JSON.parse(stepper.encode(snapshot)), value }));
}

test.each([
  [{ development: { gating: 'tests' } }, { development: 'gating' }],
  [{ deploy: { merging: 'writing' } }, { deploy: { merging: { leased: 'writing' } } }],
  [{ landing: 'writing' }, { landing: { leased: 'writing' } }],
  [{ deploy: { merging: 'waiting' } }, { deploy: { merging: 'waiting' } }],
  [{ development: 'publishing' }, { development: 'publishing' }],
  ['created', 'created'],
])('%j is %j now', (before, now) => {
  expect(decoded(defaultPipeline, before).value).toEqual(now);
});

test('where some of several gates were never begun, a person has them judged anew, without an agent', () => {
  const snapshot = decoded(several, { build: { gating: 'tests' } });
  expect(snapshot.value).toEqual({ build: 'unpublished' });
  expect(snapshot.context.waitsFor).toMatch(/a new try judges them/);
  expect(snapshot.can({ type: 'task.retry', by: 'ann' } as never)).toBe(true);
});
