/** What people have said with their decisions stays with a task, and reaches every later agent. */
import { describe, expect, test } from 'vitest';
import { initialTransition, transition } from 'xstate';
import { noUsage } from '../../src/domain/usage.ts';
import type { AgentRunInput } from '../../src/machines/agent-run-context.ts';
import { pipelineSchema } from '../../src/machines/pipeline.ts';
import type { TaskContext } from '../../src/machines/task/context.ts';
import { decisionIn, withDecision } from '../../src/machines/task/decided.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { judged, published, taskInput } from '../model/cases.ts';

const pipeline = pipelineSchema.parse({
  name: 'asked',
  stages: [
    {
      name: 'plan',
      role: 'planner',
      questions: '01-questions.md',
      gates: [
        { kind: 'artifacts', name: 'planned', files: ['a.md'] },
        { kind: 'approval', name: 'agreed' },
      ],
    },
    { name: 'build', role: 'builder', gates: [{ kind: 'command', name: 'tests' }], rework: { limit: 3 } },
  ],
});
const machine = compileTask(pipeline);

const prepared = { type: 'xstate.done.actor.prepare', output: { base: 'b', head: 'h', codeTree: 'tree' } };
const ran = (stage: string) => ({
  type: `xstate.done.actor.${stage}`,
  output: { outcome: 'succeeded', reason: 'succeeded', attempts: 1, workedMs: 1, usage: noUsage },
});
const asks = (questions: string) => published('tree', { questions });
const worked = (stage: string) => [prepared, ran(stage), published('tree')];
const answered = { type: 'task.answer', text: 'Euro', by: 'ann', at: 7 };

/** What the newest agent was told, after these events. */
function toldAfter(...events: object[]): AgentRunInput['assignment'] & { context: TaskContext } {
  let [snapshot, actions] = initialTransition(machine, {
    ...taskInput,
    actor: { id: 'x', parentId: null, at: 0 },
  } as never);
  let told: AgentRunInput | undefined;
  for (const event of [{ at: 0 } as object, ...events]) {
    if ('type' in event) [snapshot, actions] = transition(machine, snapshot, { at: 0, ...event } as never);
    for (const action of actions as unknown as { type: string; params: { src?: string; input?: AgentRunInput } }[])
      if (action.type === 'xstate.spawnChild' && action.params.src === 'agentRun') told = action.params.input;
  }
  return { ...told!.assignment, context: snapshot.context as TaskContext };
}

const answer = { kind: 'answer', stage: 'plan', question: 'Which currency?', text: 'Euro', by: 'ann', at: 7 };

describe('an answer', () => {
  const asked = [prepared, ran('plan'), asks('Which currency?'), judged('planned', 'fail'), answered];

  test('comes to the agent that has asked, once', () => {
    const { feedback, decisions } = toldAfter(...asked, prepared);
    expect(feedback).toEqual({ from: 'ann', text: 'Questions:\nWhich currency?\n\nAnswer:\nEuro' });
    expect(decisions).toEqual([]);
  });

  test('comes with its question to the next round, though something else came back from the last one', () => {
    const { feedback, decisions } = toldAfter(...asked, ...worked('plan'), judged('planned', 'fail'), prepared);
    expect(feedback?.from).toBe('plan');
    expect(decisions).toEqual([answer]);
  });

  test('comes to the agents of later stages, with what an approval was given with', () => {
    const approved = { type: 'task.approve', reason: 'Keep it small.', by: 'ben', at: 9 };
    const { decisions, stage } = toldAfter(...asked, ...worked('plan'), judged('planned', 'pass'), approved, prepared);
    expect(stage).toBe('build');
    const comment = { kind: 'comment', stage: 'plan', question: null, text: 'Keep it small.', by: 'ben', at: 9 };
    expect(decisions).toEqual([answer, comment]);
  });
});

test('why work was sent back comes to the agents after the one that is told of it', () => {
  const rejected = { type: 'task.reject', reason: 'Leave the API alone.', by: 'ben', at: 9 };
  const planned = [...worked('plan'), judged('planned', 'pass')];
  const again = toldAfter(...planned, rejected, prepared);
  expect([again.feedback?.text, again.decisions]).toEqual(['Leave the API alone.', []]);
  const later = toldAfter(...planned, rejected, ...planned, { type: 'task.approve', by: 'ben' }, prepared);
  expect([later.stage, later.decisions?.map(({ text }) => text)]).toEqual(['build', ['Leave the API alone.']]);
});

test('a decision without words leaves none behind', () => {
  const { context } = toldAfter(...worked('plan'), judged('planned', 'pass'), { type: 'task.approve', by: 'ben' });
  expect(context.decisions).toBeUndefined();
});

test('the newest are kept, as much as a prompt can hold', () => {
  const said = (text: string) => decisionIn({ questions: null }, { type: 'task.retry', reason: text } as never, 'plan');
  const long = Array.from({ length: 30 }, (_, index) => said(`${index} ${'x'.repeat(5_000)}`)!);
  const kept = long.reduce<ReturnType<typeof withDecision>>((before, next) => withDecision(before, next), []);
  expect(kept.map(({ text }) => text.split(' ')[0])).toEqual(['23', '24', '25', '26', '27', '28', '29']);
});
