import { expect, test, vi } from 'vitest';
import { makeStage, poll, quickStage, type Stage } from './stage.ts';

const begin = (stage: Stage, run: Record<string, unknown>) =>
  stage.begin(stage.newTask('--pipeline', stage.pipeline(quickStage({ permanentAttempts: 1, ...run }))));

test('an agent that prints nothing for too long waits for its provider: it is stopped, and its session gone on with', async () => {
  const stage = await makeStage();
  stage.plan('development.1=cli:hangs');
  const { code, stdout } = await begin(stage, { silence: '1s' });
  expect(code, stdout).toBe(0);
  expect(stdout).toContain('it waits for an answer that does not come');
  expect(stage.argv('development.2')).toContain('--resume');
  expect(stage.processes()).toEqual([]);
  // What it had made is kept all the same, and still there.
  const refs = (await stage.git(['for-each-ref', '--format=%(refname)', 'refs/signalbox/ET-1/'])).split('\n');
  const kept = refs.filter(ref => /development\.\d+-1(?:-stop)?$/.test(ref));
  for (const ref of kept) expect(await stage.git(['ls-tree', '-r', '--name-only', ref])).toContain('half-done.txt');
  expect(kept).toHaveLength(2);
});

test('the limits of an agent hold where the pipeline says nothing', async () => {
  const stage = await makeStage({ agents: { claude: { watch: { silence: '1s' } } } });
  stage.plan('development.1=cli:hangs');
  const { code, stdout } = await begin(stage, {});
  expect(code, stdout).toBe(0);
  expect(stdout).toContain('it waits for an answer that does not come');
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

test('answers that cannot be read, one after the other, are the failure of the provider', async () => {
  const stage = await makeStage({ agent: 'opencode' });
  stage.plan('development=cli:goesInCircles');
  const { code } = await begin(stage, { transientAttempts: 1 });
  expect(code).toBe(1);
  expect(await stage.agentRun()).toMatchObject({ outcome: 'transient' });
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
