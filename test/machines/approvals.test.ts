/** What a person approves: the code as it was then, and no other. */
import { expect, test } from 'vitest';
import { initialTransition, transition } from 'xstate';
import { noUsage } from '../../src/domain/usage.ts';
import { judgingCode, pipelineSchema } from '../../src/machines/pipeline.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { judged, published, taskInput } from '../model/cases.ts';

const approval = (name: string) => ({ kind: 'approval', name });
const pipeline = pipelineSchema.parse({
  name: 'approved',
  stages: [
    { name: 'plan', role: 'planner', gates: [approval('planned')] },
    { name: 'build', role: 'builder', gates: [{ kind: 'command', name: 'tests' }] },
    { name: 'look', role: 'looker', gates: [approval('looked')], rework: { to: 'build' } },
    {
      name: 'ship',
      role: 'shipper',
      merge: { onConflict: 'build' },
      gates: [{ kind: 'artifacts', name: 'out', files: ['a.md'] }],
    },
  ],
});
const machine = compileTask(pipeline);

const prepared = { type: 'xstate.done.actor.prepare', output: { base: 'b', head: 'h', codeTree: 'tree' } };
const ran = (stage: string) => ({
  type: `xstate.done.actor.${stage}`,
  output: { outcome: 'succeeded', reason: 'succeeded', attempts: 1, workedMs: 1, usage: noUsage },
});
const approved = { type: 'task.approve', by: 'ann' };

function walk(...events: object[]) {
  const input = { ...taskInput, actor: { id: 'x', parentId: null, at: 0 } };
  let [snapshot] = initialTransition(machine, input as never);
  for (const event of events) [snapshot] = transition(machine, snapshot, { at: 0, ...event } as never);
  return snapshot as unknown as { value: unknown; context: { verdicts: Record<string, { verdict: string }> } };
}

const visit = (stage: string, tree: string) => [prepared, ran(stage), published(tree)];
const toShip = [
  ...visit('plan', 'tree'),
  approved,
  ...visit('build', 'code'),
  judged('tests', 'pass'),
  ...visit('look', 'code'),
  approved,
];

test('approvals count for the code from the first stage on in which code is judged', () => {
  expect(judgingCode(pipeline.stages).map(({ name }) => name)).toEqual(['tests', 'looked']);
});

test('with the code that was approved it goes on to the merge', () => {
  const same = { ...prepared, output: { ...prepared.output, codeTree: 'code' } };
  expect(walk(...toShip, same).value).toEqual({ ship: { merging: 'waiting' } });
});

test('with other code, what was approved is asked for again', () => {
  const other = { ...prepared, output: { ...prepared.output, codeTree: 'other' } };
  const { value, context } = walk(...toShip, other, judged('tests', 'pass'), ...visit('look', 'other'));
  expect(value).toEqual({ look: 'awaitingApproval' });
  expect(context.verdicts.looked).toBeUndefined();
  expect(context.verdicts.planned).toMatchObject({ verdict: 'pass' });
});
