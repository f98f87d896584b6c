import { expect, test } from 'vitest';
import { createMachine, fromCallback, fromPromise } from 'xstate';
import { agentRunMachine } from '../../src/machines/agent-run.ts';
import type { AgentRunContext } from '../../src/machines/agent-run-context.ts';
import { createMemoryDisk } from '../../src/persistence/memory.ts';
import { untilStopped } from '../../src/runtime/index.ts';
import { agentRunInput, exited, reportOf } from '../model/cases.ts';
import { createFakeClock } from '../support/clock.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

/** A worker that admits everybody, and a breaker that only listens. */
const silent = (id: string) => kindOf(createMachine({ id, on: { '*': {} } }));

/** A run whose process is played by the test; a restart is a new process that adopts the same agent. */
async function startRun(
  disk = createMemoryDisk(),
  clock = createFakeClock(),
  more: Partial<typeof agentRunInput> | Record<string, unknown> = {},
) {
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
  let isHeld = false;
  const checkpoint = fromPromise(async ({ input }) => {
    checkpoints.push(input as never);
    if (isHeld) await new Promise(() => {});
    return { commit: null };
  });
  const inspections: unknown[] = [];
  let inspected = { fingerprint: 'before', isChanged: false };
  const inspect = fromPromise(async ({ input }) => {
    inspections.push(input);
    return inspected;
  });
  const hooks: string[] = [];
  const hook = fromPromise(async ({ input }) => void hooks.push((input as { name: string }).name));
  const heard: Record<string, { type: string }[]> = { worker: [], 'breaker:a': [] };
  const kinds = [
    kindOf(agentRunMachine as never, { actors: { agent, checkpoint, inspect, hook } }),
    silent('worker'),
    silent('breaker'),
  ];
  const system = await startTestRuntime({
    kinds,
    disk,
    clock,
    listeners: [({ actorId, event }) => void heard[actorId]?.push(event as never)],
  });
  await system.runtime.create('worker', 'worker', {});
  await system.runtime.create('breaker', 'breaker:a', {});
  const { actor: _, ...input } = agentRunInput;
  await system.runtime.create('agentRun', 'run', { ...input, ...more } as never);
  await system.settle();
  const send = async (event: { type: string; [key: string]: unknown }) => {
    const receipt = await system.runtime.send('run', event as never);
    await system.settle();
    return receipt;
  };
  return {
    ...system,
    signals,
    checkpoints,
    send,
    inspections,
    hooks,
    heard,
    /** From now on none comes to its end. */
    holdCheckpoints() {
      isHeld = true;
    },
    /** What the worktree looks like from now on. */
    changes(fingerprint: string) {
      inspected = { fingerprint, isChanged: true };
    },
    async says(event: object) {
      report(event);
      await system.settle();
    },
    async exits(code: number | null, signal: string | null = null, more: Parameters<typeof exited>[2] = {}) {
      report({ ...exited(code, signal, more), jitter: 0 });
      await system.settle();
    },
    run: async () => (await system.context('run')) as unknown as AgentRunContext,
    restart: () => startRun(disk, clock, more),
  };
}

test('the watchdog asks, waits for the grace, then forces; the worktree is saved before and after, and stays as it is', async () => {
  const policy = { ...agentRunInput.policy, silenceMs: null, noProgressMs: null };
  const run = await startRun(createMemoryDisk(), createFakeClock(), { policy });
  await run.send({ type: 'run.start' });
  expect(await run.state('run')).toBe('working.running.attentive');
  await run.advance(1_000);
  expect(run.signals).toEqual(['SIGTERM']);
  await run.advance(100);
  expect(run.signals).toEqual(['SIGTERM', 'SIGKILL']);
  await run.exits(null, 'SIGKILL');
  expect(run.checkpoints.map(({ run: name, reset }) => [name, reset])).toEqual([
    ['run-1-stop', null],
    ['run-1', null],
  ]);
  expect(await run.run()).toMatchObject({ permanentFailures: 1, outcome: 'timedOut', beginning: 'handover' });
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
  expect((await third.run()).reason).toBe('the agent was killed by an operator (by me)');
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

const beat = (more: object = {}) => ({
  type: 'agent.heartbeat',
  isToolAlive: false,
  report: reportOf(),
  activity: 'thinks',
  silentMs: 0,
  stalledMs: 0,
  ...more,
});

test('an agent that prints nothing for too long is not answered: counted from its last output, not from the heartbeat', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  await run.advance(200);
  await run.says(beat({ silentMs: 100, stalledMs: 0 }));
  await run.advance(199);
  expect(await run.state('run')).toBe('working.running.attentive');
  await run.advance(1);
  expect(await run.run()).toMatchObject({ stopCause: 'unanswered' });
  await run.exits(null, 'SIGTERM', { report: { session: 's1' } });
  expect(await run.run()).toMatchObject({ outcome: 'transient', transientFailures: 1, beginning: 'resumed' });
  expect(run.heard['breaker:a']).toContainEqual(expect.objectContaining({ type: 'run.failed' }));
});

test('a tool that runs is not silence, until it has ended', async () => {
  const run = await startRun(createMemoryDisk(), createFakeClock(), {
    policy: { ...agentRunInput.policy, noProgressMs: null, timeLimitMs: 10_000 },
  });
  await run.send({ type: 'run.start' });
  await run.says(beat({ isToolAlive: true }));
  await run.advance(2_000);
  expect(await run.state('run')).toBe('working.running.inTool');
  await run.says(beat());
  await run.advance(300);
  expect(await run.run()).toMatchObject({ stopCause: 'unanswered' });
});

test('no progress for too long is looked into: changed files are progress, an unchanged worktree is a stall', async () => {
  const run = await startRun(createMemoryDisk(), createFakeClock(), {
    policy: { ...agentRunInput.policy, silenceMs: null, timeLimitMs: 10_000 },
  });
  await run.send({ type: 'run.start' });
  run.changes('first');
  await run.advance(500);
  expect(run.inspections).toHaveLength(1);
  expect(await run.state('run')).toBe('working.running.attentive');
  // The heartbeat knows nothing of the files; what the look has found is not taken back.
  await run.says(beat({ silentMs: 0, stalledMs: 500 }));
  await run.advance(499);
  expect(run.inspections).toHaveLength(1);
  await run.advance(1);
  expect(run.inspections).toHaveLength(2);
  expect(await run.run()).toMatchObject({ stopCause: 'stalled' });
});

test('a run that was cut off goes on in its session, in the worktree as it was; another failure begins anew', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  await run.exits(1, null, { end: { class: 'transient' }, report: { session: 's1' } });
  expect(await run.run()).toMatchObject({ beginning: 'resumed', resume: 's1', transientFailures: 1 });
  expect(run.checkpoints.at(-1)).toMatchObject({ run: 'run-1', reset: null });
  await run.advance(100);
  await run.send({ type: 'run.start' });
  await run.exits(1, null, { end: { class: 'permanent', code: 'exitCode' } });
  expect(await run.run()).toMatchObject({ beginning: 'fresh', resume: null, permanentFailures: 1 });
  expect(run.checkpoints.at(-1)).toMatchObject({ run: 'run-2', reset: 'feature/x' });
});

test.each(['unknownSession', 'badRequest'])(
  'a session that cannot be gone on with (%s) is nobody’s failure: a fresh one takes over in the worktree as it is',
  async code => {
    const run = await startRun();
    await run.send({ type: 'run.start' });
    const report = { session: 's1', turns: 3, lastText: 'half is done' };
    await run.exits(1, null, { end: { class: 'transient' }, report });
    await run.advance(100);
    await run.send({ type: 'run.start' });
    await run.exits(1, null, { end: { class: 'permanent', code }, report: { session: 's1' } });
    expect(await run.state('run')).toBe('queued');
    const taken = { beginning: 'handover', handover: 'half is done', resume: null, permanentFailures: 0 };
    expect(await run.run()).toMatchObject(taken);
    expect(run.checkpoints.at(-1)).toMatchObject({ reset: null });
  },
);

test('a request that is refused in the middle of a session is no lost session', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  await run.exits(1, null, { end: { class: 'transient' }, report: { session: 's1' } });
  await run.advance(100);
  await run.send({ type: 'run.start' });
  await run.exits(1, null, { end: { class: 'permanent', code: 'badRequest' }, report: { session: 's1', turns: 2 } });
  expect(await run.run()).toMatchObject({ beginning: 'fresh', permanentFailures: 1 });
});

test('what ended before it was told to has ended by itself, and so has one that had said that it was done', async () => {
  const before = await startRun();
  await before.send({ type: 'run.start' });
  before.holdCheckpoints();
  await before.send({ type: 'run.stop', cause: 'interrupted', by: 'me' });
  expect(await before.state('run')).toBe('working.stopping.checkpointing');
  await before.exits(0, null, { report: { conclusion: 'success' } });
  expect(await before.run()).toMatchObject({ outcome: 'succeeded', stopCause: null });
  const after = await startRun();
  await after.send({ type: 'run.start' });
  await after.send({ type: 'run.stop', cause: 'interrupted', by: 'me' });
  expect(after.signals).toEqual(['SIGTERM']);
  await after.exits(null, 'SIGTERM', { end: { class: 'succeeded' }, report: { conclusion: 'success' } });
  expect(await after.run()).toMatchObject({ outcome: 'succeeded', stopCause: null });
  const cancelled = await startRun();
  await cancelled.send({ type: 'run.start' });
  await cancelled.send({ type: 'run.stop', cause: 'cancelled', by: 'me' });
  await cancelled.exits(0, null, { report: { conclusion: 'success' } });
  expect(await cancelled.run()).toMatchObject({ outcome: 'cancelled' });
});

test('who is stopped for good while he waits to be tried again is not tried again', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  await run.exits(1, null, { end: { class: 'transient' } });
  expect(await run.state('run')).toBe('backoff');
  await run.send({ type: 'run.stop', cause: 'killed', by: 'ann' });
  expect(await run.state('run')).toBe('settled');
  await run.advance(3_600_000);
  expect(await run.run()).toMatchObject({ outcome: 'killed', attempt: 1 });
});

test('a run that is killed before its agent began gives back the place and what the breaker let through', async () => {
  const run = await startRun(undefined, undefined, {
    hooks: { ...agentRunInput.hooks, beforeRun: { run: ['true'], timeoutMs: 1 } },
  });
  run.heard['breaker:a']!.length = 0;
  await run.runtime.send('run', { type: 'run.start' } as never);
  await run.runtime.send('run', { type: 'run.stop', cause: 'killed', by: 'ann' } as never);
  await run.settle();
  expect(await run.state('run')).toBe('settled');
  expect(run.heard.worker!.map(({ type }) => type)).toContain('run.ended');
  expect(run.heard['breaker:a']!.map(({ type }) => type)).toEqual(['run.released']);
});

test('the wait that a provider asks for is kept in full, however short the backoff', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  await run.exits(1, null, { end: { class: 'transient', retryAfterMs: 3_600_000 } });
  await run.advance(3_599_999);
  expect(await run.state('run')).toBe('backoff');
  await run.advance(1);
  expect(await run.state('run')).toBe('queued');
});

test('a used-up quota waits for its reset behind the breaker and costs no attempt', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  const resetAt = run.clock.now() + 7_200_000;
  await run.exits(1, null, { end: { class: 'quota', resetAt, message: 'the 5-hour limit is reached' } });
  expect(await run.state('run')).toBe('queued');
  expect(await run.run()).toMatchObject({ transientFailures: 0 });
  expect(run.heard['breaker:a']).toContainEqual(
    expect.objectContaining({ type: 'run.barred', until: resetAt, why: 'the 5-hour limit is reached' }),
  );
});

test('a login that is refused ends the process that goes on trying; its run waits for the breaker, and costs no attempt', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  const end = exited(1, null, { end: { class: 'authentication', message: 'log in again' } }).end;
  await run.says({ ...beat(), type: 'agent.doomed', end });
  expect(run.signals).toEqual(['SIGTERM']);
  await run.exits(null, 'SIGTERM');
  expect(await run.state('run')).toBe('queued');
  const waiting = { outcome: 'authentication', reason: 'log in again', transientFailures: 0, permanentFailures: 0 };
  expect(await run.run()).toMatchObject(waiting);
  expect(run.heard['breaker:a']).toContainEqual(expect.objectContaining({ type: 'run.barred', until: null }));
});

test.each([
  ['a login', 'authentication'],
  ['an allowance without a known end', 'quota'],
  ['a probe of an overloaded provider', 'transient'],
] as const)('%s is waited for as long as there is patience, and then a person is told', async (_, kind) => {
  const policy = { ...agentRunInput.policy, patienceMs: 3_600_000 };
  const run = await startRun(createMemoryDisk(), createFakeClock(), { policy });
  const knock = async (turns = 0) => {
    await run.send({ type: 'run.start', isProbe: true });
    await run.exits(1, null, { end: { class: kind, message: 'not now' }, report: { turns } });
  };
  for (let time = 0; time < 3; time++) {
    await knock();
    expect(await run.state('run')).toBe('queued');
    run.clock.advance(1_000_000);
  }
  // An answer between begins it anew.
  await knock(1);
  run.clock.advance(3_500_000);
  await knock();
  expect(await run.state('run')).toBe('queued');
  run.clock.advance(200_000);
  await knock();
  expect(await run.state('run')).toBe('settled');
  expect(await run.run()).toMatchObject({ outcome: kind, reason: 'the provider has not answered for 1h 00m: not now' });
});

test('an allowance that comes back nobody knows when is left alone for an hour', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  await run.exits(1, null, { end: { class: 'quota' } });
  const until = run.clock.now() + 3_600_000;
  expect(run.heard['breaker:a']).toContainEqual(expect.objectContaining({ type: 'run.barred', until }));
});

test('the first answer of the model is told to the breaker, once', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start', isProbe: true });
  const heard = () => run.heard['breaker:a']!.filter(({ type }) => type === 'run.heard').length;
  await run.says(beat());
  expect(heard()).toBe(0);
  for (const turns of [1, 2]) await run.says(beat({ report: reportOf({ turns }) }));
  expect(heard()).toBe(1);
});

test('an agent that has said its last word and stays is made to leave, and has succeeded', async () => {
  const run = await startRun(createMemoryDisk(), createFakeClock(), {
    policy: { ...agentRunInput.policy, timeLimitMs: 100_000, silenceMs: null, noProgressMs: null },
  });
  await run.send({ type: 'run.start' });
  await run.says({ ...beat(), type: 'agent.concluded', end: exited(0).end });
  await run.advance(30_000);
  expect(run.signals).toEqual(['SIGTERM']);
  await run.exits(null, 'SIGTERM');
  expect(await run.run()).toMatchObject({ outcome: 'succeeded' });
  expect(await run.state('run')).toBe('settled');
});

test('a context that is nearly full is handed over to a fresh session in the same worktree, so often and no more', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  const report = reportOf({ context: { usedTokens: 95, windowTokens: 100 }, lastText: 'half is done' });
  await run.says(beat({ report }));
  expect(await run.run()).toMatchObject({ stopCause: 'handedOver' });
  await run.exits(null, 'SIGTERM', { report });
  expect(await run.state('run')).toBe('queued');
  expect(await run.run()).toMatchObject({ beginning: 'handover', handover: 'half is done', resume: null });
  expect(run.checkpoints.at(-1)).toMatchObject({ reset: null });
  await run.send({ type: 'run.start' });
  await run.says(beat({ report }));
  expect(await run.state('run')).toBe('working.running.attentive');
  await run.exits(1, null, { end: { class: 'contextExhausted' }, report });
  expect(await run.state('run')).toBe('settled');
});

test('I14: what every attempt used is counted and settled, also of one that was killed; the budget stops a run at work', async () => {
  const used = (tokens: number) => ({ report: reportOf({ usage: { ...reportOf().usage, outputTokens: tokens } }) });
  const run = await startRun();
  await run.send({ type: 'run.start' });
  await run.exits(1, null, used(400));
  await run.send({ type: 'run.start' });
  await run.says(beat(used(599)));
  expect(await run.state('run')).toBe('working.running.attentive');
  await run.says(beat(used(600)));
  expect(await run.run()).toMatchObject({ stopCause: 'budget' });
  await run.exits(null, 'SIGKILL', used(650));
  expect(await run.state('run')).toBe('settled');
  expect(await run.run()).toMatchObject({ outcome: 'budget', usage: { outputTokens: 1_050 } });
  const settled = run.heard.worker!.filter(({ type }) => type === 'run.ended');
  expect(settled.map(event => (event as unknown as { spent: { tokens: number } }).spent.tokens)).toEqual([400, 650]);
});

test('success with nothing changed is none, where something had to change', async () => {
  const run = await startRun(createMemoryDisk(), createFakeClock(), {
    policy: { ...agentRunInput.policy, mustChange: true, permanentAttempts: 1 },
  });
  await run.send({ type: 'run.start' });
  await run.exits(0);
  expect(await run.state('run')).toBe('settled');
  expect(await run.run()).toMatchObject({
    outcome: 'permanent',
    reason: 'the agent says that it is done but has changed nothing in the worktree',
  });
});

test('hooks run before and after each attempt', async () => {
  const hook = { run: ['true'], timeLimitMs: 1_000 };
  const run = await startRun(createMemoryDisk(), createFakeClock(), { hooks: { beforeRun: hook, afterRun: hook } });
  await run.send({ type: 'run.start' });
  expect(run.hooks).toEqual(['beforeRun']);
  await run.exits(0);
  expect(run.hooks).toEqual(['beforeRun', 'afterRun']);
  expect(await run.state('run')).toBe('settled');
});

test('heartbeats put off the limits for silence and progress, never the time limit', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  for (let beats = 0; beats < 9; beats++) {
    await run.advance(100);
    await run.says(beat());
  }
  await run.advance(99);
  expect(await run.state('run')).toBe('working.running.attentive');
  await run.advance(1);
  expect(await run.run()).toMatchObject({ stopCause: 'timedOut' });
});

test('time in which the machine slept is nobody’s silence, lack of progress, working time or time limit', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  await run.advance(250);
  await run.says(beat({ isToolAlive: true }));
  run.clock.set(run.clock.now() + 28_800_000);
  await run.says({ type: 'agent.slept', sleptMs: 28_800_000 });
  // It is where it was, and has the rest of its time.
  expect(await run.state('run')).toBe('working.running.inTool');
  await run.says(beat());
  await run.advance(299);
  expect(await run.state('run')).toBe('working.running.attentive');
  await run.says(beat());
  await run.exits(0, null);
  expect(await run.run()).toMatchObject({ outcome: 'succeeded', workedMs: 549 });
});

test('an agent that is found again after a restart is as silent as it was, not as long as we were away', async () => {
  const disk = createMemoryDisk();
  const clock = createFakeClock();
  const policy = { ...agentRunInput.policy, timeLimitMs: 100_000 };
  const run = await startRun(disk, clock, { policy });
  await run.send({ type: 'run.start' });
  clock.advance(60_000);
  const second = await run.restart();
  expect(await second.state('run')).toBe('working.running.attentive');
  await second.advance(299);
  expect(await second.state('run')).toBe('working.running.attentive');
  await second.advance(1);
  expect(await second.run()).toMatchObject({ stopCause: 'unanswered' });
});

test('I14: of one that was found again all its work counts, from when it began by its own record', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  // It began a minute before anybody stored that it had.
  const endedAt = run.clock.now() + 10_000;
  run.clock.set(endedAt);
  await run.exits(0, null, { times: { startedAt: endedAt - 70_000, endedAt } });
  expect(await run.run()).toMatchObject({ outcome: 'succeeded', workedMs: 70_000 });
});

test('an agent that ended by itself while nobody watched is not blamed for what the clock says afterwards', async () => {
  const run = await startRun(createMemoryDisk(), createFakeClock(), {
    policy: { ...agentRunInput.policy, silenceMs: null, noProgressMs: null },
  });
  await run.send({ type: 'run.start' });
  const startedAt = run.clock.now();
  await run.advance(1_000);
  expect(await run.run()).toMatchObject({ stopCause: 'timedOut' });
  await run.exits(0, null, { times: { startedAt, endedAt: startedAt + 400 } });
  expect(await run.run()).toMatchObject({ outcome: 'succeeded', workedMs: 400 });
  expect(await run.state('run')).toBe('settled');
});

test('whoever is killed stays killed: a used-up budget and a start that fails change nothing about it', async () => {
  const budget = { ...agentRunInput.budget, sessions: 1 };
  const spent = await startRun(createMemoryDisk(), createFakeClock(), { budget });
  await spent.send({ type: 'run.start' });
  await spent.send({ type: 'run.stop', cause: 'killed', by: 'eve', reason: 'wrong model' });
  await spent.exits(null, 'SIGTERM');
  expect(await spent.run()).toMatchObject({
    outcome: 'killed',
    reason: 'the agent was killed by an operator (by eve: wrong model)',
  });

  const failing = await startRun();
  await failing.send({ type: 'run.start' });
  await failing.send({ type: 'run.stop', cause: 'cancelled', by: 'eve' });
  await failing.says({ type: 'agent.failed', error: { message: 'no such template' } });
  expect(await failing.run()).toMatchObject({ outcome: 'cancelled' });
  expect(await failing.state('run')).toBe('settled');
});

test('an interruption of ours is no session more: a run with one session goes on in it', async () => {
  const run = await startRun(createMemoryDisk(), createFakeClock(), {
    budget: { ...agentRunInput.budget, sessions: 1 },
  });
  await run.send({ type: 'run.start' });
  await run.send({ type: 'run.stop', cause: 'interrupted', by: 'me' });
  await run.exits(null, 'SIGTERM', { report: { session: 's1' } });
  expect(await run.state('run')).toBe('queued');
  expect(await run.run()).toMatchObject({ beginning: 'resumed', resume: 's1' });
});

test('I14: what an attempt spent is settled once, also when the run is cancelled while it waits for the next', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  await run.exits(1, null, { report: { usage: { ...reportOf().usage, outputTokens: 400 } } });
  await run.send({ type: 'run.stop', cause: 'cancelled', by: 'me' });
  const settled = run.heard.worker!.filter(({ type }) => type === 'run.ended');
  expect(settled.map(event => (event as unknown as { spent: { tokens: number } }).spent.tokens)).toEqual([400, 0]);
});

test('a time limit that comes from a budget is a matter of the budget, not of the agent', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start', allowance: { tokens: null, moneyUsd: null, timeMs: 250, sessions: 1 } });
  await run.advance(250);
  expect(await run.run()).toMatchObject({ stopCause: 'budget' });
  await run.exits(null, 'SIGTERM');
  expect(await run.run()).toMatchObject({ outcome: 'budget', permanentFailures: 0 });
});

test('an agent that has said its last word is not stopped for what it took to say it', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  const usage = { ...reportOf().usage, outputTokens: 5_000 };
  const context = { usedTokens: 99, windowTokens: 100 };
  await run.says(beat({ report: reportOf({ usage, context, conclusion: 'success' }) }));
  expect(await run.state('run')).toBe('working.running.attentive');
});

test('a run that is stopped before the disk is full is nobody’s failure, says so, and goes on later', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  await run.send({
    type: 'run.stop',
    cause: 'interrupted',
    by: 'host',
    reason: '0.1GB of disk space free, 1GB needed',
  });
  expect(run.checkpoints).toHaveLength(1);
  await run.exits(null, 'SIGTERM');
  expect(await run.state('run')).toBe('queued');
  expect(await run.run()).toMatchObject({
    permanentFailures: 0,
    reason:
      'the agent was stopped before the disk is full (0.1GB of disk space free, 1GB needed); it goes on when there is room',
  });
});

test('what the configuration allows one run holds for all its attempts together, sessions too', async () => {
  const limit = { tokens: null, moneyUsd: 2, timeMs: null, sessions: 2 };
  const costs = (costUsd: number) => ({
    report: { usage: { ...reportOf().usage, costUsd } },
    end: { class: 'transient' },
  });
  const policy = { ...agentRunInput.policy, transientAttempts: 5 };
  const money = await startRun(undefined, undefined, { policy });
  await money.send({ type: 'run.start', limit });
  await money.exits(1, null, costs(1.5) as never);
  await money.advance(1_000);
  // Another attempt may spend what is left of it.
  expect(money.heard.worker!.at(-1)).toMatchObject({ type: 'run.requested', ask: { moneyUsd: 0.5, sessions: 1 } });
  await money.send({ type: 'run.start', limit });
  await money.exits(1, null, costs(0.6) as never);
  expect(await money.run()).toMatchObject({ outcome: 'budget', attempt: 2 });
  const sessions = await startRun(undefined, undefined, { policy });
  await sessions.send({ type: 'run.start', limit: { ...limit, moneyUsd: null, sessions: 1 } });
  await sessions.exits(1, null, { end: { class: 'transient' } });
  expect(await sessions.run()).toMatchObject({ outcome: 'budget', attempt: 1 });
});

test('an answer that was cut off before anything was changed says so', async () => {
  const run = await startRun(undefined, undefined, { policy: { ...agentRunInput.policy, mustChange: true } });
  await run.send({ type: 'run.start' });
  await run.exits(0, null, { end: { class: 'succeeded', code: 'answerCutOff', message: 'the answer was cut off' } });
  expect(await run.run()).toMatchObject({
    outcome: 'permanent',
    reason: 'the answer was cut off, and it has changed nothing in the worktree',
  });
});

test('a limit of one model is told to the breaker as that, and one of the account is not', async () => {
  const limited = async (more: object) => {
    const run = await startRun();
    await run.send({ type: 'run.start' });
    await run.exits(1, null, { end: { class: 'quota', ...more } });
    return run.heard['breaker:a']!.find(({ type }) => type === 'run.barred');
  };
  expect(await limited({ limitedModel: 'opus' })).toMatchObject({ model: { name: 'opus' } });
  expect(await limited({})).not.toHaveProperty('model');
});

test('a session that took over and was cut off is taken over from again, with what is known', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  await run.exits(1, null, { end: { class: 'contextExhausted' }, report: { lastText: 'half is done' } });
  await run.send({ type: 'run.start' });
  await run.exits(1, null, { end: { class: 'transient' } });
  expect(await run.run()).toMatchObject({ beginning: 'handover', handover: 'half is done' });
  expect(run.checkpoints.at(-1)).toMatchObject({ reset: null });
});

test('a provider that promises its quota back again and again is believed only so often', async () => {
  const run = await startRun();
  const barred = () => run.heard['breaker:a']!.filter(({ type }) => type === 'run.barred').at(-1);
  for (let attempt = 0; attempt < 11; attempt++) {
    await run.send({ type: 'run.start' });
    await run.exits(1, null, { end: { class: 'quota', resetAt: run.clock.now() + 1 } });
    expect(await run.state('run')).toBe('queued');
  }
  expect(barred()).toMatchObject({ until: run.clock.now() + 3_600_000 });
});

test('what was read out of an earlier round is removed when the worktree is put back', async () => {
  const assignment = { ...agentRunInput.assignment, stale: ['docs/12-review.md'] };
  const run = await startRun(createMemoryDisk(), createFakeClock(), { assignment });
  await run.send({ type: 'run.start' });
  await run.exits(1);
  expect(run.checkpoints.at(-1)).toMatchObject({ reset: 'feature/x', stale: ['docs/12-review.md'] });
});

test('what was told while it worked is not taken back by an end of which nothing can be read any more', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  const told = reportOf({ session: 's-7', events: 4, usage: { ...reportOf().usage, outputTokens: 70 } });
  await run.says(beat({ report: told }));
  await run.exits(null, null, {
    end: { class: 'lost' },
    report: { session: null, events: 0, usage: reportOf().usage },
  });
  expect(await run.run()).toMatchObject({ usage: { outputTokens: 70 }, report: { session: 's-7' } });
});

test('a run that succeeds beyond its budget says so', async () => {
  const run = await startRun();
  await run.send({ type: 'run.start' });
  const { tokens } = agentRunInput.budget;
  await run.exits(0, null, { report: reportOf({ usage: { ...reportOf().usage, outputTokens: tokens! + 200 } }) });
  expect((await run.run()).reason).toMatch(/; its run has used 1,200 tokens of 1,000 tokens$/);
});
