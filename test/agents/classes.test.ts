import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeStage, poll, quickStage } from './stage.ts';

const breakerOf = async (stage: Awaited<ReturnType<typeof makeStage>>, provider = 'anthropic') =>
  (await stage.queue()).resilience.breakers[provider]!;

test('a refused login stops the agent at its second retry and bars the provider; after the login the task goes on', async () => {
  const stage = await makeStage();
  stage.plan('development.1=cli:retriesLogin');
  const running = stage.begin(stage.newTask('--pipeline', stage.pipeline(quickStage({ permanentAttempts: 1 }))));
  await stage.untilStarted('development.1');
  await vi.waitUntil(async () => (await stage.queue()).waiting.length === 1, poll);
  expect(stage.visits()).toEqual(['development.1']);
  const run = await stage.agentRun();
  expect(run).toMatchObject({ state: 'queued', attempt: 1 });
  const { waiting } = await stage.queue();
  expect(waiting[0]?.why).toMatch(
    /breaker of anthropic is open: .*refused the credentials.*log in again or set the API key/,
  );
  expect(await breakerOf(stage)).toMatchObject({ state: 'open' });
  expect((await stage.signalbox('breaker', 'list')).stdout).toContain('refused the credentials');
  expect(stage.processes()).toEqual([]);

  // After the person has logged in again.
  expect((await stage.signalbox('breaker', 'reset', 'anthropic')).code).toBe(0);
  const { code, stdout } = await running;
  expect(code, stdout).toBe(0);
  expect(stage.argv('development.2')).toContain('--resume');
});

test.each([
  ['quota-credit', 'there is no credit left at the provider'],
  ['auth-403', 'the provider refused the credentials'],
  ['no-key', 'the provider refused the credentials'],
])('claude: %s waits behind the breaker, in words that name the cause', async (recording, words) => {
  const stage = await makeStage();
  stage.plan(`development=cli:replays/${recording}`);
  const running = stage.begin(stage.newTask('--pipeline', stage.pipeline(quickStage({ permanentAttempts: 1 }))));
  await stage.untilStarted('development.1');
  await vi.waitUntil(async () => (await stage.queue()).waiting[0]?.why.includes(words), poll);
  expect(stage.visits()).toEqual(['development.1']);
  running.kill('SIGINT');
  const { code, stdout } = await running;
  expect(code, stdout).toBe(130);
  expect(stdout).toContain(words);
});

test('a provider that answers nothing is given up when there is no patience left, and a person is told', async () => {
  const stage = await makeStage({ breaker: { cooldown: '200ms' } });
  stage.plan('development=cli:replays/auth-403');
  const { code, stdout } = await stage.run(quickStage({ patience: '1s' }));
  expect(code, stdout).toBe(1);
  expect(stage.visits().length).toBeGreaterThan(2);
  expect((await stage.task()).why).toMatch(
    /the provider has not answered for 1\.0s: the provider refused the credentials/,
  );
});

test('a used-up allowance queues the run until exactly its reset time, and burns no attempt', async () => {
  const stage = await makeStage();
  const resetsAt = Math.floor(Date.now() / 1_000) + 7_200;
  stage.plan(`development.1=cli:hitsLimit/${resetsAt}`);
  const running = stage.begin(
    stage.newTask('--pipeline', stage.pipeline(quickStage({ permanentAttempts: 1, transientAttempts: 1 }))),
  );
  await stage.untilStarted('development.1');
  await vi.waitUntil(async () => (await stage.queue()).waiting.length === 1, poll);
  const { waiting, resilience } = await stage.queue();
  expect(waiting[0]?.why).toMatch(/^the breaker of anthropic is open: the allowance is used up/);
  const at = new Date(resetsAt * 1_000).toISOString();
  expect(resilience.breakers.anthropic).toMatchObject({ state: 'open', retryAt: at });
  const told = (await stage.signalbox('queue')).stdout;
  expect(told).toContain('one run probes it at');
  expect(await stage.agentRun()).toMatchObject({ state: 'queued', status: 'spawning', attempt: 1 });
  expect((await stage.task()).runs).toMatchObject([{ state: 'queued' }]);

  // It outlives the process.
  running.kill('SIGKILL');
  await running;
  expect(await breakerOf(stage)).toMatchObject({ state: 'open', retryAt: at });
  expect((await stage.signalbox('breaker', 'reset', 'anthropic')).code).toBe(0);
  const { code, stdout } = await stage.resume();
  expect(code, stdout).toBe(0);
  expect(stage.visits()).toEqual(['development.1', 'development.2']);
  // It goes on in the session that was cut off.
  expect(stage.argv('development.2')).toContain('--resume');
  expect(await breakerOf(stage)).toMatchObject({ state: 'closed', why: null });
});

test('a reset time ends the wait by itself, to the second', async () => {
  const stage = await makeStage();
  const resetsAt = Math.ceil(Date.now() / 1_000) + 5;
  stage.plan(`development.1=cli:hitsLimit/${resetsAt}`);
  const { code, stdout } = await stage.run(quickStage({ permanentAttempts: 1, transientAttempts: 1 }));
  expect(code, stdout).toBe(0);
  const { history } = await breakerOf(stage);
  expect(history.map(({ to }) => to)).toEqual(['open', 'halfOpen', 'closed']);
  const late = Date.parse(history[1]!.at) - resetsAt * 1_000;
  expect(late).toBeGreaterThanOrEqual(0);
  expect(late).toBeLessThan(3_000);
});

test('a provider that fails is tried again after the wait that it asked for', async () => {
  const stage = await makeStage({ agent: 'codex' });
  // "Please try again in 3.5s"
  stage.plan('development.1=cli:replays/sse-ratelimit');
  const { code, stdout } = await stage.run(quickStage({ permanentAttempts: 1 }));
  expect(code, stdout).toBe(0);
  const beganAt = (visit: string) => statSync(join(stage.journal, `${visit}.argv`)).mtimeMs;
  expect(beganAt('development.2') - beganAt('development.1')).toBeGreaterThan(3_500);
  const run = await stage.agentRun();
  expect(run).toMatchObject({ outcome: 'succeeded', attempt: 2 });
  expect(stdout).toContain('tried again after a pause');
});

test.each([
  ['server-error-forever', 'transient', 'the provider failed'],
  ['overloaded-forever', 'transient', 'the provider is overloaded'],
  ['conn-refused', 'transient', 'the provider could not be reached'],
  ['model-not-found', 'permanent', 'the model does not exist or is not open to this account'],
  ['bad-request', 'permanent', 'the provider refused the request'],
  ['max-turns', 'budget', 'the agent used all the turns that it was given'],
  ['max-budget', 'budget', 'the agent used all the money that it was given'],
  ['permission-denied', 'refused', 'was not permitted to use Write'],
  ['bad-flag', 'permanent', 'the program does not take its arguments'],
  ['bypass-root', 'permanent', 'the program does not work unasked as root'],
])('claude: %s ends as %s, in words that name the cause', async (recording, outcome, words) => {
  const stage = await makeStage({ breaker: { failureLimit: 10 } });
  stage.plan(`development=cli:replays/${recording}`);
  const pipeline = quickStage({ permanentAttempts: 1, transientAttempts: 1 });
  const { code, stdout } = await stage.run(pipeline);
  expect(code, stdout).toBe(outcome === 'budget' ? 3 : 1);
  const run = await stage.agentRun();
  expect(run.outcome).toBe(outcome);
  expect(run.error).toContain(words);
  expect(stdout).toContain(words);
});

test('a model that declines the work ends as refused, and is not asked again', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:isDeclined');
  expect((await stage.run(quickStage())).code).toBe(1);
  expect(stage.visits()).toEqual(['development.1']);
  expect(await stage.agentRun()).toMatchObject({ outcome: 'refused', error: 'the model declined the work' });
});

test('an agent that fails permanently twice is given up, and the task is blocked with the reason', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:replays/model-not-found');
  const { code } = await stage.run(quickStage());
  expect(code).toBe(1);
  expect(stage.visits()).toEqual(['development.1', 'development.2']);
  const task = await stage.task();
  expect(task).toMatchObject({ state: 'development.blocked', attempts: { development: 2 } });
  expect(task.why).toContain('check the model in the configuration');
});

test('what an agent says about rate limits changes nothing', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:mentionsRateLimits');
  const { code, stdout } = await stage.run(quickStage());
  expect(code, stdout).toBe(0);
  expect(await stage.agentRun()).toMatchObject({ outcome: 'succeeded', attempt: 1 });
  expect(await breakerOf(stage)).toMatchObject({ state: 'closed', totals: { successes: 1, failures: 0 } });
});

test('a full context hands over to a fresh session with what was said last and what has changed', async () => {
  const stage = await makeStage();
  stage.plan('development.1=cli:fillsContext');
  const { code, stdout } = await stage.run(quickStage({ permanentAttempts: 1, transientAttempts: 1 }));
  expect(code, stdout).toBe(0);
  expect(stage.visits()).toEqual(['development.1', 'development.2']);
  // The second finds the worktree as the first left it.
  const prompt = stage.keptPrompt('development-2');
  expect(prompt).toBe(stage.stdin('development.2'));
  expect(prompt).toContain('half-done.txt');
  expect(prompt).toContain('I will read the code, fix it, and record what I did.');
  expect(prompt).toContain('Fix the totals');
  expect(stage.argv('development.2')).not.toContain('--resume');
  const run = await stage.agentRun();
  expect(run).toMatchObject({ outcome: 'succeeded', attempt: 2 });
});

test('a context that the program itself found full hands over too, no more often than the pipeline allows', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:replays/context-too-long');
  const { code, stdout } = await stage.run(quickStage({ handovers: 1 }));
  expect(code).toBe(1);
  expect(stage.visits()).toEqual(['development.1', 'development.2']);
  expect(stdout).toContain('the context of the model is full');
  expect(await stage.agentRun()).toMatchObject({ outcome: 'contextExhausted' });
});
