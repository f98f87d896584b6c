import { expect, test, vi } from 'vitest';
import { person } from '../cli/place.ts';
import { makeStage, poll, quickStage, type Stage } from './stage.ts';

const begin = (stage: Stage) => stage.begin(stage.newTask('--pipeline', stage.pipeline(quickStage())));
const isWaiting = async (stage: Stage) => {
  const { code, stdout } = await stage.signalbox('queue', '--json');
  return code === 0 && JSON.parse(stdout).waiting.length === 1;
};

test('queue pause holds every run, says so, outlives restarts, and queue resume lets them on', async () => {
  const stage = await makeStage();
  expect((await stage.signalbox('queue', 'pause')).stdout).toContain('Nothing starts until "signalbox queue resume"');
  const running = begin(stage);
  await vi.waitUntil(() => isWaiting(stage), poll);
  const why = `the worker is draining (by ${person}) and starts nothing`;
  expect((await stage.queue()).waiting[0]?.why).toBe(why);
  expect((await stage.signalbox('queue')).stdout).toContain(why);
  expect((await stage.task()).why).toContain(why);
  running.kill('SIGINT');
  expect((await running).stdout).toContain(`waits: ${why}`);

  // A restart changes nothing.
  const restarted = stage.resume();
  await vi.waitUntil(async () => (await stage.queue()).worker === 'draining.byOperator', poll);
  expect(stage.starts()).toEqual([]);
  restarted.kill('SIGKILL');
  await restarted;
  expect((await stage.signalbox('queue', 'resume')).stdout).toContain('Agents may start');
  const { code, stdout } = await stage.resume();
  expect(code, stdout).toBe(0);
});

test('queue pause --project holds one project and says who paused it', async () => {
  const stage = await makeStage();
  const paused = await stage.signalbox('queue', 'pause', '--project', 'shop');
  expect(paused.stdout).toContain('Agents may start, but not in shop');
  const running = begin(stage);
  await vi.waitUntil(() => isWaiting(stage), poll);
  expect((await stage.queue()).waiting[0]?.why).toBe(`project shop was paused by ${person}`);
  running.kill('SIGKILL');
  expect((await running).stdout).toContain(`waits: project shop was paused by ${person}`);
  const wrong = await stage.signalbox('queue', 'resume', '--project', 'shup');
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('paused are shop');
  expect((await stage.signalbox('queue', 'resume', '--project', 'shop')).code).toBe(0);
  expect((await stage.resume()).code).toBe(0);
});

test('a pause of a project that nobody has heard of is refused with the nearest', async () => {
  const stage = await makeStage();
  stage.configure({ agent: 'claude', projects: { shop: { repository: stage.repository } } });
  const { code, stderr } = await stage.signalbox('queue', 'pause', '--project', 'shup');
  expect(code, stderr).toBe(2);
  expect(stderr).toContain('shop');
});

test('agent kill keeps what the agent made, and who killed it and why', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:hangs');
  const running = begin(stage);
  await stage.untilHalfDone('development.1');
  running.kill('SIGKILL');
  await running;
  const { agentId } = await stage.agentRun();
  const killed = await stage.signalbox('agent', 'kill', agentId, '--reason', 'wrong model');
  expect(killed.stdout).toContain('1 of 1 runs killed');
  expect(await stage.agentRun()).toMatchObject({
    status: 'killed',
    outcome: 'killed',
    error: `the agent was killed by an operator (by ${person}: wrong model)`,
  });
  expect((await stage.task()).why).toContain(`by ${person}: wrong model`);
  const refs = await stage.git(['for-each-ref', '--format=%(refname)', 'refs/signalbox/ET-1/']);
  expect(refs).toContain(`refs/signalbox/ET-1/${agentId}-1-stop`);
  expect(stage.processes()).toEqual([]);
});

test('agent kill-all ends what works and what waits', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:hangs');
  const running = begin(stage);
  await stage.untilHalfDone('development.1');
  running.kill('SIGKILL');
  await running;
  const { stdout, code } = await stage.signalbox('agent', 'kill-all', '--reason', 'fire', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ total: 1, killed: 1, failed: 0 });
  expect((await stage.agentRun()).error).toContain(`by ${person}: fire`);
  expect(stage.processes()).toEqual([]);
});

test('a run that waits can be killed, and nothing was started for it', async () => {
  const stage = await makeStage();
  await stage.signalbox('queue', 'pause');
  const running = begin(stage);
  await vi.waitUntil(() => isWaiting(stage), poll);
  running.kill('SIGKILL');
  await running;
  expect((await stage.signalbox('agent', 'kill', 'ET-1', '--reason', 'not today')).code).toBe(0);
  const run = await stage.agentRun();
  expect(run).toMatchObject({ status: 'killed', outcome: 'killed', attempt: 0 });
  expect(run.error).toContain('not today');
  expect((await stage.queue()).waiting).toEqual([]);
  expect(stage.starts()).toEqual([]);
});

test('a run that waits for its next try can be killed, with the reason', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:replays/server-error-forever');
  const pipeline = stage.pipeline(quickStage({ backoff: { base: '1h', cap: '2h' } }));
  const running = stage.begin(stage.newTask('--pipeline', pipeline));
  await stage.untilStarted('development.1');
  await vi.waitUntil(async () => (await stage.agentRun()).state === 'backoff', poll);
  running.kill('SIGKILL');
  await running;
  expect((await stage.signalbox('agent', 'kill', 'ET-1', '--reason', 'enough')).code).toBe(0);
  const run = await stage.agentRun();
  expect(run).toMatchObject({ status: 'killed', outcome: 'killed', attempt: 1 });
  expect(run.error).toContain(`by ${person}: enough`);
});

test('while Signalbox works, it carries out what another terminal orders, and nobody else can work there', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:waits');
  const running = begin(stage);
  await stage.untilHalfDone('development.1');
  for (const command of ['queue pause', 'queue resume', 'breaker reset anthropic']) {
    const { code, stderr } = await stage.signalbox(...command.split(' '));
    expect([command, code, stderr]).toEqual([command, 0, '']);
  }
  const { code, stderr } = await begin(stage);
  expect([code, stderr]).toEqual([2, expect.stringContaining(`is in use by process ${running.pid}`)]);
  stage.letGo();
  const { code: last, stdout } = await running;
  expect(last, stdout).toBe(0);
  expect(stage.visits()).toEqual(['development.1']);
});
