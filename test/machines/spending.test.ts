/** What a task has spent is kept by stage, and a task that is called off while it waits to pause is called off. */
import { expect, test } from 'vitest';
import { type AnyMachineSnapshot, initialTransition, transition } from 'xstate';
import { noUsage } from '../../src/domain/usage.ts';
import { reserve } from '../../src/machines/ledger.ts';
import type { TaskContext } from '../../src/machines/task/context.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { judged, published, smallPipeline, taskInput } from '../model/cases.ts';

const machine = compileTask(smallPipeline);

function walk(...events: object[]) {
  const input = { ...taskInput, actor: { id: 'x', parentId: null, at: 0 } };
  let [snapshot] = initialTransition(machine, input as never) as unknown as [AnyMachineSnapshot];
  for (const event of events) {
    [snapshot] = transition(machine, snapshot, { at: 0, by: 'ann', ...event } as never) as unknown as [
      AnyMachineSnapshot,
    ];
  }
  return { state: JSON.stringify(snapshot.value), context: snapshot.context as TaskContext };
}

const prepared = { type: 'xstate.done.actor.prepare', output: { base: 'b', head: 'h', codeTree: 'tree' } };
const ran = (stage: string, tokens: number) => ({
  type: `xstate.done.actor.${stage}`,
  output: {
    outcome: 'succeeded',
    reason: '',
    attempts: 1,
    workedMs: 1_000,
    usage: { ...noUsage, outputTokens: tokens },
  },
});

test('the spending of a stage is kept when another one runs, and when it runs again', () => {
  const toBuild = [prepared, ran('plan', 5), published('tree'), judged('documents', 'pass'), { type: 'task.approve' }];
  const { context } = walk(
    ...toBuild,
    prepared,
    ran('build', 7),
    published('code'),
    judged('tests', 'fail'),
    prepared,
    ran('build', 11),
  );
  expect(context.stageSpent).toMatchObject({ plan: { tokens: 5 }, build: { tokens: 18, sessions: 2 } });
  expect(context.spent).toMatchObject({ tokens: 23, timeMs: 3_000, sessions: 3 });
});

test('a task that is called off while its pause waits for the agent ends when the agent has', () => {
  const cancelling = [prepared, { type: 'task.pause' }, { type: 'task.cancel' }];
  expect(walk(...cancelling).state).toBe('{"plan":{"working":"cancelling"}}');
  expect(walk(...cancelling, ran('plan', 1)).state).toBe('"cancelled"');
});

test('what another project has set aside is not taken from this one, and from the day it is', () => {
  const none = { tokens: null, moneyUsd: null, timeMs: null, sessions: null };
  const tokens = (amount: number) => ({ ...none, tokens: amount });
  const running = [{ runId: 'other', project: 'bank', reserved: tokens(900) }];
  const books = (day: number | null) => ({
    budgets: {
      day: day === null ? none : tokens(day),
      run: none,
      projects: { shop: { day: none, run: none, total: tokens(1_000) } },
    },
    ledger: { day: 0, today: { tokens: 0, moneyUsd: 0, timeMs: 0, sessions: 0 }, projects: {} },
    asked: [],
    running,
  });
  const run = { runId: 'R', project: 'shop', ask: tokens(500) };
  expect(reserve(books(null) as never, run as never, 0)).toMatchObject({ reserved: { tokens: 500 } });
  expect(reserve(books(1_000) as never, run as never, 0)).toMatchObject({ reserved: { tokens: 100 } });
});
