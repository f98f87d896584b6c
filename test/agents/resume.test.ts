import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeStage, poll, quickStage, type Stage } from './stage.ts';

const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}/stat`) && !/ Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

const begin = (stage: Stage, run: Record<string, unknown> = {}) =>
  stage.begin(stage.newTask('--pipeline', stage.pipeline(quickStage(run))));

test('after kill -9 of Signalbox the next run adopts the agent: one process, one output, every token counted', async () => {
  const stage = await makeStage();
  stage.plan('development=cli:waits');
  const running = begin(stage);
  await stage.untilHalfDone('development.1');
  const [{ pid } = { pid: 0 }] = stage.starts();
  running.kill('SIGKILL');
  await running;
  expect(isAlive(pid)).toBe(true);

  const resumed = stage.resume();
  await vi.waitUntil(async () => (await stage.agentRun()).state.startsWith('working.running'), poll);
  expect(isAlive(pid)).toBe(true);
  stage.letGo();
  const { code, stdout } = await resumed;
  expect(code, stdout).toBe(0);
  expect(stage.starts()).toHaveLength(1);
  const run = await stage.agentRun();
  expect(run).toMatchObject({ attempt: 1, outcome: 'succeeded', usage: { costUsd: 0.073088 } });
  // Each line once, from the greeting to the result.
  const lines = stage.output('development-1').trim().split('\n');
  expect(lines.filter(line => line.includes('"subtype":"init"'))).toHaveLength(1);
  expect(lines.filter(line => line.includes('"subtype":"success"'))).toHaveLength(1);
});

test('an agent that somebody kills is gone on with in its session, in the worktree as it left it', async () => {
  const stage = await makeStage();
  stage.plan('development.1=cli:hangs');
  const running = begin(stage);
  await stage.untilHalfDone('development.1');
  process.kill(stage.starts()[0]!.pid, 'SIGKILL');
  const { code, stdout } = await running;
  expect(code, stdout).toBe(0);
  expect(stage.visits()).toEqual(['development.1', 'development.2']);
  const session = /"session_id":"([^"]+)"/.exec(stage.output('development-1'))![1]!;
  const argv = stage.argv('development.2');
  expect(argv[argv.indexOf('--resume') + 1]).toBe(session);
  // What it left is published with the rest, for nothing was put back.
  expect(await stage.git(['ls-tree', '-r', '--name-only', 'feature/ET-1-fix-the-totals'])).toContain('half-done.txt');
  expect(await stage.git(['for-each-ref', 'refs/signalbox/'])).not.toBe('');
  expect(stage.stdin('development.2')).not.toBe(stage.stdin('development.1'));
  const run = await stage.agentRun();
  expect(run).toMatchObject({ outcome: 'succeeded', attempt: 2, session });
  // The totals of a resumed session begin with what it cost before; only the difference is new.
  expect(run.usage.costUsd).toBeLessThan(0.2);
});

test('codex is resumed by its thread', async () => {
  const stage = await makeStage({ agent: 'codex' });
  stage.plan('development.1=cli:hangs');
  const running = begin(stage);
  await stage.untilHalfDone('development.1');
  process.kill(stage.starts()[0]!.pid, 'SIGKILL');
  const { code, stdout } = await running;
  expect(code, stdout).toBe(0);
  const thread = /"thread_id":"([^"]+)"/.exec(stage.output('development-1'))![1]!;
  expect(stage.argv('development.2').slice(-3)).toEqual(['resume', thread, '-']);
});

test('a session that is not there any more is followed by a fresh one, and nobody is to blame', async () => {
  const stage = await makeStage();
  stage.plan('development.1=cli:hangs', 'development.2=cli:forgetsSession');
  const running = begin(stage, { permanentAttempts: 1, transientAttempts: 2 });
  await stage.untilHalfDone('development.1');
  process.kill(stage.starts()[0]!.pid, 'SIGKILL');
  const { code, stdout } = await running;
  expect(code, stdout).toBe(0);
  expect(stage.visits()).toEqual(['development.1', 'development.2', 'development.3']);
  expect(stage.argv('development.2')).toContain('--resume');
  expect(stage.argv('development.3')).not.toContain('--resume');
  expect(stage.stdin('development.3')).toContain('Fix the totals');
  expect((await stage.queue()).resilience.breakers.anthropic).toMatchObject({ state: 'closed', failureCount: 0 });
});

test('an interrupted agent (Ctrl-C) is gone on with in its session, at no cost of an attempt', async () => {
  const stage = await makeStage();
  stage.plan('development.1=cli:hangs');
  const running = begin(stage, { permanentAttempts: 1, transientAttempts: 1 });
  await stage.untilHalfDone('development.1');
  running.kill('SIGINT');
  expect((await running).code).toBe(130);
  const { code, stdout } = await stage.resume();
  expect(code, stdout).toBe(0);
  expect(stage.argv('development.2')).toContain('--resume');
});

test('the power fails: the agent is gone without a record, and its session is gone on with', async () => {
  const stage = await makeStage();
  stage.plan('development.1=cli:hangs');
  const running = begin(stage, { permanentAttempts: 1 });
  await stage.untilHalfDone('development.1');
  running.kill('SIGKILL');
  await running;
  // The shell that would have left the record goes first.
  const { pid } = stage.starts()[0]!;
  const shim = Number(/^\d+ \(.*\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))![1]);
  for (const one of [shim, pid]) process.kill(one, 'SIGKILL');
  const { code, stdout } = await stage.resume();
  expect(code, stdout).toBe(0);
  expect(stage.argv('development.2')).toContain('--resume');
  expect(existsSync(join(stage.data, 'runs'))).toBe(true);
});
