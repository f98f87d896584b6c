import { expect, test, vi } from 'vitest';
import type { PipelineSource } from '../../src/machines/pipeline.ts';
import { makeStage, poll, quickStage, type Stage } from './stage.ts';

/** What one run of the fake claude costs. */
const runCost = 0.073088;

/** Development, and a review that leads back to it. */
function withReview(budget: Record<string, unknown>, more: Record<string, unknown> = {}): PipelineSource {
  const { stages } = quickStage({ mustChange: false }, { budget });
  return {
    name: 'reviewed',
    ...more,
    stages: [
      ...stages,
      {
        name: 'review',
        role: 'reviewer',
        gates: [
          { kind: 'verdict', name: 'review', file: '12-review.md', pass: ['APPROVED'], fail: ['REQUEST_CHANGES'] },
        ],
        rework: { to: 'development', limit: 5 },
      },
    ],
  };
}

const runIt = (stage: Stage, pipeline: PipelineSource) =>
  stage.begin(stage.newTask('--pipeline', stage.pipeline(pipeline)));

test('a stage that has used up its money asks a person, who grants as much again', async () => {
  const stage = await makeStage();
  stage.plan('review.1=refuses', 'review.2=refuses');
  const { code, stdout } = await runIt(stage, withReview({ money: 0.05 }));
  // --approve-all approves gates, no spending.
  expect(code, stdout).toBe(3);
  expect(stage.visits()).toEqual(['development.1', 'review.1']);
  expect(stage.argv('development.1').join(' ')).toContain('--max-budget-usd 0.05');
  const task = await stage.task();
  expect(task).toMatchObject({ state: 'development.awaitingBudget', standing: 'person' });
  expect(task.why).toContain('the budget of development is used up: $0.07 of $0.05');
  expect(stdout).toContain('signalbox task approve ET-1');

  expect((await stage.signalbox('task', 'approve', 'ET-1')).code).toBe(0);
  const again = await stage.resume('--approve-all');
  expect(again.code, again.stdout).toBe(3);
  expect(stage.visits().slice(2)).toEqual(['development.2', 'review.2']);
  // As much again, less what was spent too much.
  expect(stage.argv('development.2').join(' ')).toContain(`--max-budget-usd ${(0.1 - runCost).toFixed(4)}`);
  expect((await stage.task()).why).toContain('$0.15 of $0.10');
  expect((await stage.signalbox('task', 'approve', 'ET-1')).code).toBe(0);
  const last = await stage.resume('--approve-all');
  expect(last.code, last.stdout).toBe(0);
});

test('a stage that parks at its budget waits until somebody resumes it', async () => {
  const stage = await makeStage();
  stage.plan('review.1=refuses');
  const { code, stdout } = await runIt(stage, withReview({ sessions: 1, atLimit: 'park' }));
  expect(code, stdout).toBe(3);
  expect(await stage.task()).toMatchObject({ state: 'development.parked', standing: 'paused' });
  expect((await stage.task()).why).toContain('the budget of development is used up: 1 run of 1 run');
  expect((await stage.signalbox('task', 'resume', 'ET-1')).code).toBe(0);
  const again = await stage.resume('--approve-all');
  expect(again.code, again.stdout).toBe(0);
});

test('a cheaper model goes on with as much again, and then a person is asked', async () => {
  const stage = await makeStage();
  stage.plan('review.1=refuses', 'review.2=refuses');
  const { code, stdout } = await runIt(stage, withReview({ sessions: 1, atLimit: { model: 'claude-haiku-4-5' } }));
  expect(code, stdout).toBe(3);
  expect(stage.visits()).toEqual(['development.1', 'review.1', 'development.2', 'review.2']);
  expect(stage.argv('development.1')).not.toContain('--model');
  const argv = stage.argv('development.2');
  expect(argv[argv.indexOf('--model') + 1]).toBe('claude-haiku-4-5');
  // Only that stage: the reviewer keeps its model.
  expect(stage.argv('review.2')).not.toContain('--model');
  const task = await stage.task();
  expect(task.state).toBe('development.awaitingBudget');
  expect(task.runs.filter(run => run.stage === 'development').map(run => run.model)).toEqual([
    'claude-opus-5-5',
    'claude-haiku-4-5',
  ]);
});

test('a run that reaches its budget while it works is stopped, and what it has made is kept', async () => {
  const stage = await makeStage();
  stage.plan('development.1=cli:spends/200000');
  const { code, stdout } = await runIt(stage, quickStage({ budget: { tokens: 100_000 }, silence: '5s' }));
  expect(code, stdout).toBe(3);
  const run = await stage.agentRun();
  expect(run).toMatchObject({ outcome: 'budget', status: 'failed', attempt: 1 });
  expect(run.error).toContain('budget');
  expect((await stage.task()).state).toBe('development.awaitingBudget');
  expect((await stage.task()).spent.tokens).toBeGreaterThan(200_000);
  expect(await stage.git(['for-each-ref', 'refs/signalbox/ET-1/'])).not.toBe('');
  expect(stage.processes()).toEqual([]);
  expect((await stage.signalbox('task', 'approve', 'ET-1')).code).toBe(0);
  const again = await stage.resume();
  expect(again.code, again.stdout).toBe(0);
});

const tokensLeft = '41,197 tokens of 42,000 tokens';

test.each([
  [
    'the day',
    { budget: { day: { tokens: 42_000 } } },
    `the budget of the day is used up: ${tokensLeft}; it is whole again at midnight UTC`,
  ],
  [
    'its project',
    { total: { tokens: 42_000 } },
    `the budget of project shop is used up: ${tokensLeft}; raise it in the configuration`,
  ],
  [
    'its project for the day',
    { day: { sessions: 1 } },
    'the budget of shop for the day is used up: 1 run of 1 run; it is whole again at midnight UTC',
  ],
])('the budget of %s holds the next run, which says so, until it is raised', async (_, budgets, why) => {
  const stage = await makeStage();
  const withBudget = (budget: object) => ({
    agent: 'claude',
    projects: { shop: { repository: stage.repository, budget } },
  });
  stage.configure('budget' in budgets ? { ...withBudget({}), ...budgets } : withBudget(budgets));
  const running = runIt(stage, withReview({}));
  await stage.untilStarted('development.1');
  await vi.waitUntil(async () => (await stage.queue()).waiting.length === 1, poll);
  expect((await stage.queue()).waiting[0]?.why).toBe(why);
  expect((await stage.signalbox('queue')).stdout).toContain(why);
  expect((await stage.task()).why).toContain(why);
  stage.configure(withBudget({ total: { money: 100 } }));
  const { code, stdout, stderr } = await running;
  expect(code, stdout).toBe(0);
  expect(stdout).toContain(`waits: ${why}`);
  expect(stderr).toContain('the configuration has changed and is in force');
});

test('a task that spends without passing a stage is stopped by its velocity', async () => {
  const stage = await makeStage();
  stage.plan('development=refuses');
  const { stages } = quickStage({}, { rework: { limit: 20 } });
  const { code, stdout } = await runIt(stage, { name: 'fast', velocity: { sessions: 3 }, stages });
  expect(code, stdout).toBe(1);
  expect(stage.visits()).toHaveLength(3);
  const task = await stage.task();
  expect(task.state).toBe('development.blocked');
  expect(task.why).toContain('spends without passing a stage');
});

test('a run that an operator kills was killed, also when its last session is used up with it', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:hangs');
  const running = runIt(stage, quickStage({ budget: { sessions: 1 } }));
  await stage.untilHalfDone('development.1');
  running.kill('SIGKILL');
  await running;
  const { agentId } = await stage.agentRun();
  expect((await stage.signalbox('agent', 'kill', agentId)).code).toBe(0);
  expect(await stage.agentRun()).toMatchObject({ status: 'killed', outcome: 'killed' });
  expect((await stage.task()).state).toBe('development.blocked');
});

test('a process that the provider has turned away is no session of the budget', async () => {
  const stage = await makeStage({ breaker: { cooldown: '200ms' } });
  stage.plan('development.1=cli:replays/auth-403', 'development.2=cli:replays/auth-403');
  const { code, stdout } = await runIt(stage, quickStage({ budget: { sessions: 1 } }));
  expect(code, stdout).toBe(0);
  expect(stage.visits()).toEqual(['development.1', 'development.2', 'development.3']);
});

test('a run that is stopped at the budget of the task ends where the task says, not the stage', async () => {
  const stage = await makeStage();
  stage.plan('development.1=cli:spends/200000');
  const { stages } = quickStage({ silence: '5s' });
  await runIt(stage, { name: 'parking', budget: { tokens: 100_000, atLimit: 'park' }, stages });
  const task = await stage.task();
  expect(task).toMatchObject({ state: 'development.parked', standing: 'paused' });
  expect(task.why).toContain('the budget of the task is used up');
});

test('a cheaper model does not help where the task has nothing left', async () => {
  const stage = await makeStage();
  stage.plan('review.1=refuses');
  const pipeline = withReview({ sessions: 1, atLimit: { model: 'claude-haiku-4-5' } }, { budget: { sessions: 2 } });
  const { code, stdout } = await runIt(stage, pipeline);
  expect(code, stdout).toBe(3);
  expect(stage.visits()).toEqual(['development.1', 'review.1']);
  expect((await stage.task()).why).toContain('the budget of the task is used up: 2 runs of 2 runs');
});

test('a task that is paused while its run reaches the budget still asks for more when it is resumed', async () => {
  const stage = await makeStage();
  stage.plan('development.1=cli:spends/200000');
  const { code } = await runIt(stage, quickStage({ budget: { tokens: 100_000 }, silence: '5s' }));
  expect(code).toBe(3);
  expect((await stage.signalbox('task', 'pause', 'ET-1')).code).toBe(0);
  expect((await stage.task()).standing).toBe('paused');
  expect((await stage.signalbox('task', 'resume', 'ET-1')).code).toBe(0);
  const task = await stage.task();
  expect(task.state).toBe('development.awaitingBudget');
  expect(task.why).toContain('budget');
});
