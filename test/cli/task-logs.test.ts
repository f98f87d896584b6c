/** What has run for a task can be read, and tells why it stands still where people look. */
import { expect, test } from 'vitest';
import { makePlace } from './place.ts';

test('a task that gates have refused shows the last lines, and the command for all of them', async () => {
  const place = await makePlace();
  const { stdout } = await place.run('development=refuses');
  const logs = 'signalbox task logs ET-1 --gate tests';
  expect(stdout).toContain(logs);
  const shown = (await place.signalbox('task', 'show', 'ET-1')).stdout;
  expect(shown).toContain(logs);
  expect(shown).toMatch(/not ok/);

  const gate = await place.signalbox('task', 'logs', 'ET-1', '--gate', 'tests');
  expect(gate.code).toBe(0);
  expect(gate.stdout).toMatch(/not ok/);
  expect(gate.stderr).toMatch(/── gate tests, .* \(ET-1\.gate-tests\.\d+\.judge\.1\)/);
  expect(gate.stderr).toContain('gate tests before any change');
  const last = await place.signalbox('task', 'logs', 'ET-1', '--gate', 'tests', '--tail', '1');
  expect(last.stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(gate.stdout.trimEnd().endsWith(last.stdout.trimEnd())).toBe(true);
});

test('a task whose agent has failed shows what it said last', async () => {
  const place = await makePlace();
  const { stdout } = await place.run('development=fails');
  const [run] = /signalbox agent logs (ET-1\.development\.\d+)/.exec(stdout) ?? [];
  expect(run).toBeDefined();
  expect((await place.signalbox('task', 'show', 'ET-1')).stdout).toContain(run);
  const shown = await place.signalbox('agent', 'show', 'ET-1');
  expect(shown.stdout).toContain(run);
});

test('all that ran is told one after another, each with what it is', async () => {
  const place = await makePlace();
  expect((await place.run()).code).toBe(0);
  const { stdout, stderr } = await place.signalbox('task', 'logs', 'ET-1');
  const heads = stderr.split('\n').flatMap(line => /^── (.*?), \d\d/.exec(line)?.[1] ?? []);
  expect(heads).toEqual([
    'gate tests before any change',
    ...['analysis', 'architecture', 'development'].map(stage => `the agent of ${stage}, attempt 1`),
    'gate tests',
    ...['review', 'testing', 'deploy'].map(stage => `the agent of ${stage}, attempt 1`),
  ]);
  expect(stdout).not.toContain('──');
  const lines = (await place.signalbox('task', 'logs', 'ET-1', '--json')).stdout.trimEnd().split('\n');
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ what: 'the agent of deploy, attempt 1' });
});

test('it is followed until the task has ended', async () => {
  const place = await makePlace();
  const running = place.begin([...place.newTask('analysis.1=waits'), '--approve-all']);
  await expect.poll(() => place.visits(), { timeout: 30_000 }).toContain('analysis.1');
  const following = place.begin(['task', 'logs', 'ET-1', '-f']);
  const heads: string[] = [];
  following.stdout.on('data', chunk => heads.push(String(chunk)));
  await expect.poll(() => heads.join(''), { timeout: 30_000 }).toMatch(/\S/);
  place.letGo();
  expect((await running).code).toBe(0);
  const { code, stderr } = await following;
  expect(code).toBe(0);
  expect(stderr).toContain('the agent of deploy, attempt 1');
});

test('a gate that the task does not have is refused with those that it has', async () => {
  const place = await makePlace();
  expect((await place.run()).code).toBe(0);
  const { code, stderr } = await place.signalbox('task', 'logs', 'ET-1', '--gate', 'test');
  expect([code, stderr]).toEqual([2, expect.stringContaining('the nearest are tests')]);
});
