import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeStage, poll, quickStage, type Stage } from './stage.ts';

const begin = (stage: Stage, run: Record<string, unknown>) =>
  stage.begin(stage.newTask('--pipeline', stage.pipeline(quickStage({ permanentAttempts: 1, ...run }))));

test('an agent that prints nothing for too long is stalled and is stopped', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:hangs');
  const { code, stdout } = await begin(stage, { silence: '1s' });
  expect(code).toBe(1);
  expect(stdout).toContain('printed nothing, with no tool at work, for');
  expect(await stage.agentRun()).toMatchObject({ outcome: 'stalled', status: 'failed' });
  expect(stage.processes()).toEqual([]);
  // What it had made is kept before it is put back.
  const refs = (await stage.git(['for-each-ref', '--format=%(refname)', 'refs/signalbox/ET-1/'])).split('\n');
  expect(refs).toHaveLength(2);
  for (const ref of refs) expect(await stage.git(['ls-tree', '-r', '--name-only', ref])).toContain('half-done.txt');
  expect(existsSync(join(stage.worktree, 'half-done.txt'))).toBe(false);
});

test('the limits of an agent hold where the pipeline says nothing', async () => {
  const stage = await makeStage({ agents: { claude: { watch: { silence: '1s' } } } });
  stage.plan('development=cli:hangs');
  const { code } = await begin(stage, {});
  expect(code).toBe(1);
  expect(await stage.agentRun()).toMatchObject({ outcome: 'stalled' });
});

test('a tool that runs and prints nothing is not silence', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:runsTool');
  const running = begin(stage, { silence: '1s' });
  await vi.waitUntil(async () => stage.visits().length > 0 && (await stage.agentRun()).state.endsWith('inTool'), poll);
  const run = await stage.agentRun();
  expect(run.activity).toBe('Bash: cat src/add.js && git status --short');
  // Three times its limit.
  await vi.waitUntil(() => Date.now() - Date.parse(run.startedAt!) > 3_000, poll);
  stage.letGo();
  const { code, stdout } = await running;
  expect(code, stdout).toBe(0);
  expect(await stage.agentRun()).toMatchObject({ outcome: 'succeeded', attempt: 1 });
});

test('output that leads nowhere is no progress', async () => {
  const stage = await makeStage({ agent: 'opencode' });
  stage.plan('development=cli:goesInCircles');
  const { code } = await begin(stage, { noProgress: '1s' });
  expect(code).toBe(1);
  expect(await stage.agentRun()).toMatchObject({ outcome: 'stalled' });
  expect(stage.output('development-1').split('\n').length).toBeGreaterThan(5);
});

test('a worktree that changes is progress', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:typesSilently');
  const running = begin(stage, { noProgress: '1s' });
  await stage.untilHalfDone('development.1');
  const begun = Date.now();
  await vi.waitUntil(() => Date.now() - begun > 4_000, poll);
  stage.letGo();
  const { code, stdout } = await running;
  expect(code, stdout).toBe(0);
  expect(await stage.agentRun()).toMatchObject({ outcome: 'succeeded', attempt: 1 });
});

test('the time limit ends an agent however busy it is', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:typesSilently');
  const { code, stdout } = await begin(stage, { timeLimit: '2s' });
  expect(code).toBe(1);
  expect(stdout).toContain('longer than its time limit');
  expect(await stage.agentRun()).toMatchObject({ outcome: 'timedOut' });
});

test('an agent that stays after its last word is seen to be finishing; it can be killed, and its reason stays', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:stays');
  const running = begin(stage, { silence: '4s' });
  await vi.waitUntil(
    async () => stage.visits().length > 0 && (await stage.agentRun()).state === 'working.running.finishing',
    poll,
  );
  const { agentId } = await stage.agentRun();
  running.kill('SIGKILL');
  await running;
  const killed = await stage.signalbox('agent', 'kill', agentId, '--reason', 'it will not leave');
  expect(killed.code, killed.stdout + killed.stderr).toBe(0);
  expect(await stage.agentRun()).toMatchObject({ status: 'killed', outcome: 'killed' });
  expect((await stage.agentRun()).error).toContain('it will not leave');
  expect(stage.processes()).toEqual([]);
});
