import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeStage, poll, quickStage, type Stage } from './stage.ts';

const begin = (stage: Stage) => stage.begin(stage.newTask('--pipeline', stage.pipeline(quickStage())));

/** Another task, which waits for its turn in the same data directory. */
async function withTwoTasks(config: object) {
  const stage = await makeStage(config);
  stage.plan('development=cli:waits', 'work=cli:waits');
  const spawned = await stage.signalbox(
    ...['agent', 'spawn', '--task', 'OTHER', '--type', 'worker', '--repo', stage.repository],
    ...['--gate-profile', 'minimal', '--work-item', 'Something else'],
  );
  expect(spawned.code, spawned.stderr).toBe(0);
  const running = begin(stage);
  await vi.waitUntil(() => stage.starts().length === 1, poll);
  return { stage, running };
}

test('worker.total that is raised while Signalbox works takes effect at once', async () => {
  const { stage, running } = await withTwoTasks({ worker: { total: 1 } });
  await vi.waitUntil(async () => (await stage.queue()).waiting.length === 1, poll);
  expect((await stage.queue()).waiting[0]?.why).toBe('all 1 places are taken');
  stage.configure({ agent: 'claude', worker: { total: 2 } });
  await vi.waitUntil(() => stage.starts().length === 2, poll);
  expect(await stage.queue()).toMatchObject({ maxConcurrency: 2, counts: { running: 2, queued: 0 } });
  stage.letGo();
  const { code, stdout, stderr } = await running;
  expect(code, stdout).toBe(0);
  expect(stderr.match(/the configuration has changed and is in force/g)).toHaveLength(1);
});

test('a broken configuration is reported once, changes nothing, and a fixed one is taken over', async () => {
  const { stage, running } = await withTwoTasks({ worker: { total: 1 } });
  const good = readFileSync(stage.configFile, 'utf8');
  writeFileSync(stage.configFile, 'agent: claude\nworker: { totl: 3 }\n');
  expect((await stage.signalbox('config', 'check')).code).toBe(2);
  // Touched again and again, it is still the same news.
  const touched = Date.now();
  await vi.waitUntil(
    () => {
      writeFileSync(stage.configFile, 'agent: claude\nworker: { totl: 3 }\n');
      return Date.now() - touched > 3_000;
    },
    { timeout: 10_000, interval: 700 },
  );
  const other = join(stage.directory, 'other.yaml');
  writeFileSync(other, '');
  const queue = await stage.json('queue', '--config', other);
  expect(queue).toMatchObject({ maxConcurrency: 1, counts: { running: 1, queued: 1 } });
  writeFileSync(stage.configFile, good.replace('total: 1', 'total: 2'));
  await vi.waitUntil(() => stage.starts().length === 2, poll);
  stage.letGo();
  const { code, stdout, stderr } = await running;
  expect(code, stdout + stderr).toBe(0);
  expect(stderr.match(/the last good configuration stays in force/g)).toHaveLength(1);
  expect(stderr).toContain('did you mean "total"?');
  expect(stderr.match(/the configuration has changed and is in force/g)).toHaveLength(1);
});

test('a configuration that breaks takes nobody the sight of what is at work, nor the means to end it', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:hangs');
  const running = begin(stage);
  await stage.untilHalfDone('development.1');
  writeFileSync(stage.configFile, 'agent: claude\nworker: { totl: 3 }\n');
  for (const look of ['queue', 'agent list', 'task show ET-1', 'agent show ET-1']) {
    const { code, stderr } = await stage.signalbox(...look.split(' '));
    expect(code, `${look}: ${stderr}`).toBe(0);
  }
  running.kill('SIGKILL');
  await running;
  const { code, stderr } = await stage.signalbox('agent', 'kill-all', '--reason', 'stop everything');
  expect(code, stderr).toBe(0);
});

test('a breaker takes over its new settings while Signalbox works', async () => {
  const stage = await makeStage({ breaker: { failureLimit: 3 } });
  stage.plan('development=cli:waits');
  const running = begin(stage);
  await stage.untilHalfDone('development.1');
  stage.configure({ agent: 'claude', breaker: { failureLimit: 7 } });
  await vi.waitUntil(async () => (await stage.queue()).resilience.breakers.anthropic?.threshold === 7, {
    timeout: 8_000,
    interval: 200,
  });
  stage.letGo();
  expect((await running).code).toBe(0);
});

test('task retry gives a task what the configuration says of its agent now', async () => {
  const stage = await makeStage({ agent: 'claude', agents: { claude: { model: 'old' } } });
  stage.plan('development=cli:crashes');
  const first = await begin(stage);
  expect(first.code, first.stdout).toBe(1);
  expect(stage.argv('development.1')).toContain('old');
  stage.configure({ agent: 'claude', agents: { claude: { model: 'new' } } });
  stage.plan();
  expect((await stage.signalbox('task', 'retry', 'ET-1')).code).toBe(0);
  const second = await stage.resume('--approve-all');
  expect(second.code, second.stdout).toBe(0);
  expect(stage.argv(stage.visits().at(-1)!)).toContain('new');
});
