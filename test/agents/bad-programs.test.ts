import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeStage, poll, quickStage } from './stage.ts';

const oneTry = quickStage({ permanentAttempts: 1 });

/** What the task and its run say of a program that does this in its only attempt. */
async function endOf(twist: string, pipeline = oneTry) {
  const stage = await makeStage();
  stage.plan(`development=cli:${twist}`);
  const { code, stdout, stderr } = await stage.run(pipeline);
  return { stage, code, said: stdout + stderr, run: await stage.agentRun() };
}

// ---- Programs that cannot even begin: found out before a task is made ------------------------------------------------

test('a program that is not there is refused with how to get it, and no task is made', async () => {
  const stage = await makeStage({ agents: { claude: { program: 'claudius' } } });
  const { code, stderr } = await stage.run(oneTry);
  expect(code).toBe(2);
  expect(stderr).toMatch(/"claudius" was not found: it is not on the PATH; install it, or give its place as `program`/);
  expect((await stage.signalbox('task', 'list')).stdout).not.toContain('ET-1');
});

test('a program that is not executable is refused with the chmod that fixes it', async () => {
  const stage = await makeStage();
  stage.replace('claude', '#!/bin/sh\n', 0o644);
  stage.configure({ agents: { claude: { program: join(stage.bin, 'claude') } } });
  const { code, stderr } = await stage.run(oneTry);
  expect(code).toBe(2);
  expect(stderr).toContain(`run "chmod +x ${join(stage.bin, 'claude')}"`);
});

test.each([
  ['is too old', "echo '1.0.9 (Claude Code)'", /its version 1\.0\.9 is older than 2\.1\.329; update it/],
  ['is another program', "echo 'claude 3 of Clause & Co'", /which is no version; is it the right program\?/],
  [
    'wants a terminal',
    'echo "the input device is not a TTY" >&2; exit 1',
    /wants a terminal \(.*not a TTY\).* give a program that does/,
  ],
  [
    'is a broken installation',
    'echo "Error: Cannot find module cli.js" >&2; exit 1',
    /failed with exit code 1: Error: Cannot find module/,
  ],
  ['never answers', 'sleep 100', /did not answer within 3\.0s; run it by hand, or raise preflight\.timeLimit/],
])('a program that %s is refused before anything is made', async (_, script, message) => {
  const stage = await makeStage({ preflight: { timeLimit: '1s' } });
  stage.version('claude', script);
  const { code, stderr } = await stage.run(oneTry);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: The agent claude cannot be started: /);
  expect(stderr).toMatch(message);
  expect(stage.starts()).toEqual([]);
});

test('a program that goes away between two stages holds the next run, which says why and starts when it is back', async () => {
  const stage = await makeStage({ preflight: { cache: '300ms' } });
  stage.plan('architecture=cli:waits');
  const running = stage.begin(stage.newTask());
  await stage.untilHalfDone('architecture.1');
  stage.uninstall('claude');
  stage.letGo();
  await vi.waitUntil(async () => (await stage.queue()).waiting.length === 1, poll);
  const { waiting } = await stage.queue();
  expect(waiting[0]?.why).toMatch(/^the agent claude cannot be started: the program "claude" was not found/);
  const checkedAt = async () => (await stage.queue()).resilience.preflight.claude?.checkedAt;
  const first = await checkedAt();
  await vi.waitUntil(async () => (await checkedAt()) !== first, poll);
  stage.install('claude');
  const { code, stdout } = await running;
  expect(code, stdout).toBe(0);
  // Once, however often the program was looked for.
  expect(stdout.match(/waits: the agent claude cannot be started/g)).toHaveLength(1);
  expect(stage.visits()).toHaveLength(6);
});

test('a program that only the PATH of its agent leads to is found before the run as it is in the run', async () => {
  const stage = await makeStage();
  stage.configure({ agents: { claude: { set: { PATH: `${stage.bin}:/usr/bin:/bin` } } } });
  const { code, stdout, stderr } = await stage.begin(stage.newTask('--pipeline', stage.pipeline(oneTry)), {
    PATH: process.env.PATH ?? '',
  });
  expect(code, stdout + stderr).toBe(0);
});

// ---- Programs that begin and do something odd ------------------------------------------------------------------------

test('ten megabytes on one line are no reason to fail', async () => {
  const { stage, code, run, said } = await endOf('hasTenMegabytes');
  expect(code, said).toBe(0);
  expect(run).toMatchObject({ outcome: 'succeeded', session: expect.any(String), usage: { costUsd: 0.073088 } });
  expect(stage.output('development-1').length).toBeGreaterThan(10_000_000);
  expect(statSync(join(stage.data, 'signalbox.db')).size).toBeLessThan(2_000_000);
});

test('invalid UTF-8 is no reason to fail', async () => {
  const { code, run, said } = await endOf('hasInvalidUtf8');
  expect(code, said).toBe(0);
  expect(run.outcome).toBe('succeeded');
});

test('a program that does not read its standard input may succeed', async () => {
  const { code, run, said } = await endOf('ignoresStdin');
  expect(code, said).toBe(0);
  expect(run.outcome).toBe('succeeded');
});

test.each([
  [
    'leaves with 0 and without a result',
    'hasNoResult',
    'permanent',
    /exited with code 0 but never said that it had finished/,
  ],
  ['leaves with 0 and has printed nothing', 'saysNothing', 'permanent', /Claude Code/],
  ['closes its output early', 'closesOutput', 'permanent', /Claude Code/],
  ['prints a JavaScript stack', 'crashes', 'permanent', /TypeError: Cannot read properties of undefined/],
])('a program that %s has failed', async (_, twist, outcome, message) => {
  const { stage, code, run, said } = await endOf(twist);
  expect(code, said).toBe(1);
  expect(run).toMatchObject({ status: 'failed', outcome, attempt: 1 });
  expect(run.error).toMatch(message);
  expect(said).toContain(run.error!.slice(0, 60));
  expect((await stage.task()).state).toBe('development.blocked');
  expect(stage.visits()).toEqual(['development.1']);
});

test('a program that forks and leaves has failed, and what it left is gone', async () => {
  const { stage, code, run } = await endOf('forksAndExits');
  expect(code).toBe(1);
  expect(run).toMatchObject({ outcome: 'permanent' });
  expect(stage.processes()).toEqual([]);
});

test('a developer that claims success and has changed nothing has failed, and the reason says so', async () => {
  const stage = await makeStage();
  stage.plan('development=idles');
  const { code } = await stage.run(oneTry);
  expect(code).toBe(1);
  expect(await stage.agentRun()).toMatchObject({
    outcome: 'permanent',
    error: 'the agent says that it is done but has changed nothing in the worktree',
    usage: { costUsd: 0.073088 },
  });
});

test('a program that says success and leaves with 3 is judged by its gates, and that is on record', async () => {
  const { code, run, said } = await endOf('leavesWithThree');
  expect(code, said).toBe(0);
  expect(run).toMatchObject({ status: 'completed', outcome: 'succeeded', attempt: 1 });
  expect(said).toContain('by its own last word, though it exited with code 3');
});

test('what a bad attempt has cost is on the bill all the same', async () => {
  const stage = await makeStage();
  stage.plan('development.1=cli:failsInTheEnd');
  const { code, stdout } = await stage.run(quickStage());
  expect(code, stdout).toBe(0);
  expect((await stage.task()).usage.costUsd).toBeCloseTo(2 * 0.073088, 6);
});
