import { describe, expect, test } from 'vitest';
import { createMachine, fromCallback, fromPromise } from 'xstate';
import { plainAgent } from '../../src/domain/agent-spec.ts';
import { noBudget, nothingSpent } from '../../src/domain/budget.ts';
import { breakerId, preflightId, workerId } from '../../src/machines/addresses.ts';
import { breakerMachine } from '../../src/machines/breaker.ts';
import { reserve, settle } from '../../src/machines/ledger.ts';
import { type Probed, preflightMachine } from '../../src/machines/preflight.ts';
import { pickNext, workerMachine } from '../../src/machines/worker.ts';
import {
  type BudgetPlan,
  noPlan,
  openLedger,
  type QueuedRun,
  type StartedRun,
  usualLimits,
  type WorkerContext,
} from '../../src/machines/worker-context.ts';
import { whyQueued } from '../../src/machines/worker-rules.ts';
import { createMemoryDisk, openMemoryStore } from '../../src/persistence/memory.ts';
import { untilStopped } from '../../src/runtime/index.ts';
import { createFakeClock } from '../support/clock.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

const run = createMachine({
  id: 'run',
  initial: 'queued',
  states: { queued: { on: { 'run.start': 'started' } }, started: { on: { 'run.stop': 'stopped' } }, stopped: {} },
});
const limits = usualLimits;

async function startWorker(
  more: Partial<typeof limits> = {},
  disk = createMemoryDisk(),
  clock = createFakeClock(),
  gauge: () => void = () => {},
) {
  let answer: Probed = { ok: true, version: '1.0' };
  let asked = 0;
  let patience = Promise.resolve();
  const probe = fromPromise(async () => {
    asked += 1;
    await patience;
    return answer;
  });
  const kinds = [
    kindOf(workerMachine as never, { actors: { hostGauge: untilStopped(fromCallback(() => gauge())) } }),
    kindOf(breakerMachine as never),
    kindOf(preflightMachine as never, { actors: { probe } }),
    kindOf(run),
  ];
  let committed = 0;
  const store = openMemoryStore(disk);
  const counted = {
    ...store,
    commit: (...batch: Parameters<typeof store.commit>) => {
      committed += 1;
      return store.commit(...batch);
    },
  };
  const system = await startTestRuntime({ kinds, store: counted, clock });
  const { runtime, settle } = system;
  await runtime.create('worker', workerId, { limits: { ...limits, ...more } });
  await runtime.create('breaker', breakerId('a'), { provider: 'a', failureLimit: 2, cooldownMs: 1_000 });
  const agent = plainAgent('a', ['a']);
  await runtime.create('preflight', preflightId('a'), { agent, cacheMs: 45_000, timeLimitMs: 1_000 } as never);
  return {
    ...system,
    async request(runId: string, priority = 5, model: string | null = null) {
      await runtime.create('run', runId, {});
      clock.advance(1);
      await runtime.send(workerId, {
        type: 'run.requested',
        runId,
        taskId: runId,
        project: 'p',
        stage: 's',
        agent: 'a',
        provider: 'a',
        model,
        priority,
        ask: noBudget,
      } as never);
      await settle();
    },
    answers(next: Probed) {
      answer = next;
    },
    probes: () => asked,
    /** From now on a probe takes until the answered function is called. */
    waitsForProbe() {
      let resolve = () => {};
      patience = new Promise(done => {
        resolve = done;
      });
      return () => resolve();
    },
    commits: () => committed,
    async report(runId: string, result: string, spent = nothingSpent) {
      await runtime.send(workerId, { type: 'run.ended', runId, project: 'p', spent } as never);
      await runtime.send(breakerId('a'), { type: result, runId });
      await settle();
    },
    async started() {
      return (await runtime.actors({ kind: 'run', state: 'started', limit: 100 })).map(({ id }) => id);
    },
  };
}

test('the most urgent run goes first, then the one that has waited longest, as places become free', async () => {
  const worker = await startWorker({ total: 1 });
  for (const [id, priority] of [
    ['a', 5],
    ['b', 5],
    ['c', 1],
    ['d', 5],
  ] as const)
    await worker.request(id, priority);
  const order = [...(await worker.started())];
  for (let next = 0; next < 3; next++) {
    await worker.report(order.at(-1)!, 'run.succeeded');
    order.push(...(await worker.started()).filter(id => !order.includes(id)));
  }
  expect(order).toEqual(['a', 'c', 'b', 'd']);
});

test('an open breaker holds every run of its provider; half-open lets exactly one through', async () => {
  const worker = await startWorker({ total: 4, perProject: 4, perStage: 4, perAgent: 4, perProvider: 4 });
  for (const id of ['a', 'b']) await worker.request(id);
  for (const id of ['a', 'b']) await worker.report(id, 'run.failed');
  expect(await worker.state(breakerId('a'))).toBe('open');
  for (const id of ['c', 'd', 'e']) await worker.request(id);
  expect(await worker.started()).toEqual(['a', 'b']);
  await worker.advance(1_000);
  expect(await worker.started()).toEqual(['a', 'b', 'c']);
  expect(await worker.state(breakerId('a'))).toBe('halfOpen.probing');
  await worker.report('c', 'run.succeeded');
  expect(await worker.started()).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('a probe that says nothing of the provider lets the next one probe', async () => {
  const worker = await startWorker({ total: 4, perProject: 4, perStage: 4, perAgent: 4, perProvider: 4 });
  for (const id of ['a', 'b']) await worker.request(id);
  for (const id of ['a', 'b']) await worker.report(id, 'run.failed');
  for (const id of ['c', 'd']) await worker.request(id);
  await worker.advance(1_000);
  await worker.report('c', 'run.released');
  expect(await worker.started()).toEqual(['a', 'b', 'c', 'd']);
});

test('I7: the breaker keeps its deadline across a restart, and late news while it is open changes nothing', async () => {
  const disk = createMemoryDisk();
  const clock = createFakeClock();
  const first = await startWorker({}, disk, clock);
  for (const id of ['a', 'b']) await first.request(id);
  for (const id of ['a', 'b']) await first.report(id, 'run.failed');
  clock.advance(600);
  const second = await startWorker({}, disk, clock);
  expect(await second.runtime.send(breakerId('a'), { type: 'run.succeeded', runId: 'z' })).toMatchObject({
    outcome: 'ignored',
  });
  await second.advance(399);
  expect(await second.state(breakerId('a'))).toBe('open');
  await second.advance(1);
  expect(await second.state(breakerId('a'))).toBe('halfOpen.waiting');
});

test('a worker that drains by order of an operator stays so over restarts; one that drains for a shutdown does not', async () => {
  const worker = await startWorker();
  const { runtime } = worker;
  await runtime.send(workerId, { type: 'worker.shutdown' });
  await worker.request('a');
  expect(await worker.started()).toEqual([]);
  await runtime.send(workerId, { type: 'worker.started' });
  await worker.settle();
  expect(await worker.started()).toEqual(['a']);
  await runtime.send(workerId, { type: 'worker.drain', by: 'me' });
  await runtime.send(workerId, { type: 'worker.started' });
  await worker.request('b');
  expect(await worker.started()).toEqual(['a']);
  await runtime.send(workerId, { type: 'worker.resume', by: 'me' });
  await worker.settle();
  expect(await worker.started()).toEqual(['a', 'b']);
});

const queued: QueuedRun = {
  runId: 'r',
  taskId: 't',
  project: 'p',
  stage: 's',
  agent: 'a',
  provider: 'a',
  priority: 5,
  queuedAt: 0,
  ask: noBudget,
  held: null,
};

const contextWith = (more: Partial<WorkerContext> = {}): WorkerContext => ({
  limits,
  budgets: noPlan,
  configuration: null,
  ledger: openLedger,
  queue: [queued],
  asked: [],
  running: [],
  pausedProjects: {},
  pausedTasks: {},
  pressure: null,
  drainedBy: null,
  createdAt: 0,
  ...more,
});

const started = (runId: string, more: Partial<StartedRun> = {}): StartedRun => ({
  ...queued,
  runId,
  reserved: noBudget,
  ...more,
});

test('a queued run says why it waits', () => {
  const why = (more: Partial<WorkerContext>, run = queued) => whyQueued(run, contextWith(more), ['accepting'], 0);
  const busy = [started('q'), started('q2')];
  expect(pickNext(contextWith({ running: busy }), 0)).toBeUndefined();
  expect(why({ running: busy })).toBe('all 2 places are taken');
  expect(why({ running: busy, limits: { ...limits, total: 9 } })).toBe('2 runs of project p at once are the limit');
  expect(why({ running: [started('q')], limits: { ...limits, agents: { a: 1 } } })).toBe(
    '1 run of agent a at once are the limit',
  );
  expect(whyQueued(queued, contextWith({ drainedBy: 'eve' }), ['drained'], 0)).toBe(
    'the worker is draining (by eve) and starts nothing',
  );
  const held = { ...queued, held: { by: 'breaker' as const, why: 'a failed 3 times in a row' } };
  expect(why({}, held)).toBe('the breaker of a is open: a failed 3 times in a row');
  const unfit = { ...queued, held: { by: 'preflight' as const, why: 'it is not on the PATH' } };
  expect(why({}, unfit)).toBe('the agent a cannot be started: it is not on the PATH');
  expect(why({ pausedProjects: { p: 'eve' } })).toBe('project p was paused by eve');
  expect(why({ pressure: '0.4GB of memory free, 0.5GB needed' })).toBe(
    'the host is under pressure: 0.4GB of memory free, 0.5GB needed',
  );
});

test('a run that waits becomes more urgent, so that nothing starves', () => {
  const old = { ...queued, runId: 'old', priority: 7, queuedAt: 0 };
  const urgent = { ...queued, runId: 'urgent', priority: 5, queuedAt: 29 * 60_000 };
  const context = contextWith({ queue: [old, urgent] });
  expect(pickNext(context, 29 * 60_000)?.runId).toBe('urgent');
  expect(pickNext(context, 30 * 60_000)?.runId).toBe('old');
});

test('a limit by name replaces the general one, for projects, stages, agents and providers alike', () => {
  for (const kind of ['projects', 'stages', 'agents', 'providers'] as const) {
    const name = { projects: 'p', stages: 's', agents: 'a', providers: 'a' }[kind];
    const context = contextWith({ running: [started('q')], limits: { ...limits, [kind]: { [name]: 1 } } });
    expect(pickNext(context, 0), kind).toBeUndefined();
    expect(pickNext(contextWith({ running: [started('q')] }), 0), kind).toBeDefined();
  }
});

test('host pressure and a paused project hold new starts until they are over, also across a restart', async () => {
  const disk = createMemoryDisk();
  const clock = createFakeClock();
  const first = await startWorker({}, disk, clock);
  await first.runtime.send(workerId, { type: 'host.changed', pressure: 'no disk space' });
  await first.runtime.send(workerId, { type: 'project.pause', project: 'p', by: 'eve' });
  await first.request('a');
  const second = await startWorker({}, disk, clock);
  expect(await second.started()).toEqual([]);
  await second.runtime.send(workerId, { type: 'host.changed', pressure: null });
  await second.settle();
  expect(await second.started()).toEqual([]);
  await second.runtime.send(workerId, { type: 'project.resume', project: 'p', by: 'eve' });
  await second.settle();
  expect(await second.started()).toEqual(['a']);
});

test('an agent that cannot be started holds its runs with the reason, and asks again when the answer has aged', async () => {
  const worker = await startWorker();
  worker.answers({ ok: false, reason: 'it is not on the PATH' });
  await worker.request('a');
  expect(await worker.started()).toEqual([]);
  const { queue } = (await worker.context(workerId)) as unknown as WorkerContext;
  expect(queue[0]?.held).toEqual({ by: 'preflight', why: 'it is not on the PATH' });
  worker.answers({ ok: true, version: '2.0' });
  await worker.advance(45_000);
  expect(await worker.started()).toEqual(['a']);
});

test('the answer of a preflight is kept for a while: the next runs do not wait for another', async () => {
  const worker = await startWorker();
  await worker.request('a');
  await worker.request('b');
  expect(worker.probes()).toBe(1);
  expect(await worker.started()).toEqual(['a', 'b']);
});

test('the decision to dispatch, the reservation and the admission of the breaker are one commit', async () => {
  const worker = await startWorker();
  await worker.request('a');
  const before = worker.commits();
  await worker.request('b');
  // The run's own creation is one; asking, admitting and starting is the other.
  expect(worker.commits() - before).toBe(2);
});

test('a run that ends while it is asked about is no probe: the breaker lets the next one through', async () => {
  const worker = await startWorker({ total: 4, perProject: 4, perStage: 4, perAgent: 4, perProvider: 4 });
  for (const id of ['a', 'b']) await worker.request(id);
  for (const id of ['a', 'b']) await worker.report(id, 'run.failed');
  const answer = worker.waitsForProbe();
  await worker.advance(60_000);
  await worker.request('c');
  await worker.request('d');
  await worker.report('c', 'run.released');
  answer();
  await worker.settle();
  expect(await worker.started()).toEqual(['a', 'b', 'd']);
});

test('a pause that comes while a run is asked about holds it, and it starts when that is over', async () => {
  const worker = await startWorker();
  const answer = worker.waitsForProbe();
  await worker.request('a');
  await worker.runtime.send(workerId, { type: 'worker.drain', by: 'eve' });
  answer();
  await worker.settle();
  expect(await worker.started()).toEqual([]);
  await worker.runtime.send(workerId, { type: 'worker.resume', by: 'eve' });
  await worker.settle();
  expect(await worker.started()).toEqual(['a']);
});

test('a paused task is held in the queue, others are not', async () => {
  const worker = await startWorker();
  await worker.runtime.send(workerId, { type: 'task.paused', taskId: 'a', by: 'eve' });
  await worker.request('a');
  await worker.request('b');
  expect(await worker.started()).toEqual(['b']);
  await worker.runtime.send(workerId, { type: 'task.resumed', taskId: 'a' });
  await worker.settle();
  expect(await worker.started()).toEqual(['a', 'b']);
});

test('a gauge that breaks down takes nothing with it', async () => {
  const worker = await startWorker({}, createMemoryDisk(), createFakeClock(), () => {
    throw new Error('statfs failed');
  });
  await worker.request('a');
  expect(await worker.started()).toEqual(['a']);
});

test('a provider that bars everybody until a time is left alone until then, whatever else is reported', async () => {
  const worker = await startWorker({ total: 4, perProject: 4, perStage: 4, perAgent: 4, perProvider: 4 });
  await worker.request('a');
  await worker.request('b');
  const until = worker.clock.now() + 10_000;
  await worker.runtime.send(breakerId('a'), { type: 'run.barred', runId: 'a', until, why: 'the weekly limit' });
  await worker.request('c');
  await worker.report('b', 'run.failed');
  await worker.advance(until - 1 - worker.clock.now());
  expect(await worker.started()).toEqual(['a', 'b']);
  await worker.advance(1);
  expect(await worker.started()).toEqual(['a', 'b', 'c']);
});

test('before the disk is full those at work are stopped, and nobody starts; less than that holds only new ones', async () => {
  const worker = await startWorker();
  await worker.request('a');
  await worker.runtime.send(workerId, {
    type: 'host.changed',
    pressure: '0.9GB of disk space free',
    isDiskFilling: false,
  });
  await worker.settle();
  expect(await worker.started()).toEqual(['a']);
  await worker.runtime.send(workerId, {
    type: 'host.changed',
    pressure: '0.1GB of disk space free',
    isDiskFilling: true,
  });
  await worker.settle();
  expect(await worker.state('a')).toBe('stopped');
  await worker.request('b');
  expect(await worker.state('b')).toBe('queued');
});

test('a limit of one model bars those who ask for it until its end, whatever they call it, and nobody else', async () => {
  const worker = await startWorker({ total: 9, perProject: 9, perStage: 9, perAgent: 9, perProvider: 9 });
  const until = worker.clock.now() + 10_000;
  const barred = { type: 'run.barred', until, why: 'the weekly limit', model: { name: 'opus', asked: 'best' } };
  await worker.request('a', 5, 'best');
  await worker.runtime.send(breakerId('a'), { ...barred, runId: 'a' });
  await worker.request('same', 5, 'best');
  await worker.request('byName', 5, 'claude-opus-4-8');
  await worker.request('other', 5, 'sonnet');
  await worker.request('usual');
  expect((await worker.started()).sort()).toEqual(['a', 'other', 'usual']);
  expect(((await worker.context(workerId)) as unknown as WorkerContext).queue.map(({ held }) => held)).toEqual([
    { by: 'model', why: 'opus: the weekly limit' },
    { by: 'model', why: 'opus: the weekly limit' },
  ]);
  await worker.advance(until - 1 - worker.clock.now());
  expect(await worker.started()).toHaveLength(3);
  await worker.advance(1);
  expect((await worker.started()).sort()).toEqual(['a', 'byName', 'other', 'same', 'usual']);
});

test('a probe that meets the limit of its model says that the provider is there', async () => {
  const worker = await startWorker({ total: 9, perProject: 9, perStage: 9, perAgent: 9, perProvider: 9 });
  await worker.request('a');
  await worker.runtime.send(breakerId('a'), { type: 'run.barred', runId: 'a', until: null, why: 'log in again' });
  await worker.advance(60_000);
  await worker.request('probe', 5, 'opus');
  const barred = { type: 'run.barred', until: worker.clock.now() + 10_000, why: 'no opus' };
  await worker.runtime.send(breakerId('a'), { ...barred, runId: 'probe', model: { name: 'opus', asked: 'opus' } });
  await worker.request('b', 5, 'sonnet');
  expect(await worker.started()).toContain('b');
  expect(await worker.state(breakerId('a'))).toBe('closed');
});

describe('I14: budgets over many runs', () => {
  const plan = (more: Partial<BudgetPlan>): BudgetPlan => ({ ...noPlan, ...more });
  const dollars = (moneyUsd: number) => ({ ...noBudget, moneyUsd });
  const day = 86_400_000;

  test('what runs at work may still spend is set aside: two of them cannot spend the same dollar', () => {
    const budgets = plan({ day: dollars(10), run: dollars(6) });
    const first = reserve(contextWith({ budgets }), queued, day);
    expect(first.reserved.moneyUsd).toBe(6);
    const running = [started('one', { reserved: first.reserved })];
    const second = reserve(contextWith({ budgets, running }), queued, day);
    expect(second.reserved.moneyUsd).toBe(4);
    const both = [...running, started('two', { reserved: second.reserved })];
    expect(reserve(contextWith({ budgets, running: both }), queued, day).lacking).toMatchObject({
      scope: 'the day',
      measure: 'moneyUsd',
      reserved: 10,
    });
  });

  test('what was spent is settled, what was not is free again, and the next day begins whole', () => {
    const budgets = plan({ day: dollars(10), run: dollars(6) });
    const ledger = settle(openLedger, { project: 'p', spent: { ...nothingSpent, moneyUsd: 9.5 }, at: day + 5 });
    expect(whyQueued(queued, contextWith({ budgets, ledger }), ['accepting'], day + 10)).toBe(
      'the budget of the day is used up: $9.50 of $10.00; it is whole again at midnight UTC',
    );
    expect(reserve(contextWith({ budgets, ledger }), queued, 2 * day).reserved.moneyUsd).toBe(6);
  });

  test('a project has budgets of its own, in all and for the day; others are not held by them', () => {
    const budgets = plan({ projects: { p: { total: dollars(3), day: noBudget, run: noBudget } } });
    const ledger = settle(openLedger, { project: 'p', spent: { ...nothingSpent, moneyUsd: 3 }, at: day });
    const context = contextWith({ budgets, ledger });
    expect(whyQueued(queued, context, ['accepting'], 5 * day)).toBe(
      'the budget of project p is used up: $3.00 of $3.00; raise it in the configuration',
    );
    expect(pickNext({ ...context, queue: [{ ...queued, project: 'q' }] }, day)).toBeDefined();
  });

  test('a run that waits for the next day starts at midnight, UTC, without anybody asking', async () => {
    const worker = await startWorker();
    const budgets = plan({ day: { ...noBudget, sessions: 1 } });
    await worker.runtime.send(workerId, { type: 'worker.configured', limits, budgets } as never);
    await worker.request('a');
    await worker.report('a', 'run.succeeded', { ...nothingSpent, sessions: 1 });
    await worker.request('b');
    expect(await worker.started()).toEqual(['a']);
    await worker.advance(day - (worker.clock.now() % day));
    expect(await worker.started()).toEqual(['a', 'b']);
  });
});
