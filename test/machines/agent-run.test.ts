import { expect, test } from 'vitest';
import { createMachine, fromCallback, fromPromise } from 'xstate';
import { type AgentRunContext, agentRunMachine } from '../../src/machines/agent-run.ts';
import { createMemoryDisk } from '../../src/persistence/memory.ts';
import { untilStopped } from '../../src/runtime/index.ts';
import { agentRunInput } from '../model/cases.ts';
import { createFakeClock } from '../support/clock.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

/** A worker that admits everybody, and a breaker that only listens. */
const silent = (id: string) => kindOf(createMachine({ id, on: { '*': {} } }));

/** A run whose process is played by the test; a restart is a new process that adopts the same agent. */
async function startRun(disk = createMemoryDisk(), clock = createFakeClock()) {
  const signals: string[] = [];
  const checkpoints: { run: string; reset: string | null }[] = [];
  let report = (_: object) => {};
  const agent = untilStopped(
    fromCallback<{ type: string; signal: string }>(({ sendBack, receive }) => {
      report = sendBack as never;
      receive(({ signal }) => void signals.push(signal));
      sendBack({ type: 'agent.started', pid: 42 });
    }),
  );
  const checkpoint = fromPromise(async ({ input }) => {
    checkpoints.push(input as never);
    return { commit: null };
  });
  const kinds = [
    kindOf(agentRunMachine as never, { actors: { agent, checkpoint } }),
    silent('worker'),
    silent('breaker'),
  ];
  const system = await startTestRuntime({ kinds, disk, clock });
  await system.runtime.create('worker', 'worker', {});
  await system.runtime.create('breaker', 'breaker:a', {});
  const { actor: _, ...input } = agentRunInput;
  await system.runtime.create('agentRun', 'run', input as never);
  await system.settle();
  const send = async (event: { type: string; [key: string]: string }) => {
    const receipt = await system.runtime.send('run', event);
    await system.settle();
    return receipt;
  };
  return {
    ...system,
    signals,
    checkpoints,
    send,
    async exits(code: number | null, signal: string | null = null) {
      report({ type: 'agent.exited', code, signal, jitter: 0 });
      await system.settle();
    },
    run: async () => (await system.context('run')) as unknown as AgentRunContext,
    restart: () => startRun(disk, clock),
  };
}

test('the watchdog asks, waits for the grace, then forces; the worktree is saved before and put back after', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  expect(await run.state('run')).toBe('working.running');
  await run.advance(1_000);
  expect(run.signals).toEqual(['SIGTERM']);
  await run.advance(100);
  expect(run.signals).toEqual(['SIGTERM', 'SIGKILL']);
  await run.exits(null, 'SIGKILL');
  expect(run.checkpoints.map(({ run: name, reset }) => [name, reset])).toEqual([
    ['run-1-stop', null],
    ['run-1', 'feature/x'],
  ]);
  expect(await run.run()).toMatchObject({ permanentFailures: 1, outcome: 'timedOut' });
  expect(await run.state('run')).toBe('queued');
});

test('I5: a process that was being ended when the orchestrator died is ended after the restart', async () => {
  const first = await startRun();
  await first.send({ type: 'run.start' });
  await first.send({ type: 'run.stop', cause: 'killed', by: 'me' });
  expect(first.signals).toEqual(['SIGTERM']);
  const second = await first.restart();
  expect(second.signals).toEqual(['SIGTERM']);
  await second.advance(100);
  const third = await second.restart();
  expect(third.signals).toEqual(['SIGKILL']);
  await third.exits(null, 'SIGKILL');
  expect(await third.run()).toMatchObject({ outcome: 'killed', stopBy: 'me' });
  expect(await third.state('run')).toBe('settled');
});

test('a cancel that comes while the process is stopped for another reason has the last word', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  await run.send({ type: 'run.stop', cause: 'interrupted', by: 'me' });
  expect(await run.send({ type: 'run.stop', cause: 'cancelled', by: 'me' })).toMatchObject({ outcome: 'applied' });
  expect(await run.send({ type: 'run.stop', cause: 'interrupted', by: 'me' })).toMatchObject({ outcome: 'ignored' });
  await run.exits(null, 'SIGTERM');
  expect(await run.state('run')).toBe('settled');
  expect(await run.run()).toMatchObject({ outcome: 'cancelled' });
});

test('an interrupted run is queued again and counts as nobody’s failure', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  await run.send({ type: 'run.stop', cause: 'interrupted', by: 'me' });
  await run.exits(null, 'SIGTERM');
  expect(await run.state('run')).toBe('queued');
  expect(await run.run()).toMatchObject({ permanentFailures: 0, transientFailures: 0 });
});

test('transient and permanent failures have budgets of their own, and transient ones wait longer each time', async () => {
  const run = await startRun();
  for (const wait of [20, 40]) {
    await run.send({ type: 'run.start' });
    await run.exits(75);
    if (wait === 40) break;
    expect(await run.state('run')).toBe('backoff');
    await run.advance(wait - 1);
    expect(await run.state('run')).toBe('backoff');
    await run.advance(1);
    expect(await run.state('run')).toBe('queued');
  }
  expect(await run.state('run')).toBe('settled');
  expect(await run.run()).toMatchObject({ outcome: 'transient', transientFailures: 2, attempt: 2 });

  const other = await startRun();
  for (let attempt = 0; attempt < 2; attempt++) {
    await other.send({ type: 'run.start' });
    await other.exits(1);
  }
  expect(await other.state('run')).toBe('settled');
  expect(await other.run()).toMatchObject({ outcome: 'permanent', permanentFailures: 2, attempt: 2 });
});

test('a successful end needs no checkpoint', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  await run.exits(0);
  expect(await run.state('run')).toBe('settled');
  expect(run.checkpoints).toEqual([]);
});
