import { expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { breakerId, breakerMachine, workerId } from '../../src/machines/breaker.ts';
import { pickNext, type QueuedRun, whyQueued, workerMachine } from '../../src/machines/worker.ts';
import { createMemoryDisk } from '../../src/persistence/memory.ts';
import { createFakeClock } from '../support/clock.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

const run = createMachine({
  id: 'run',
  initial: 'queued',
  states: { queued: { on: { 'run.start': 'started' } }, started: {} },
});
const kinds = [kindOf(workerMachine as never), kindOf(breakerMachine as never), kindOf(run)];
const limits = { total: 2, perProject: 2, perStage: 2, perProvider: 2 };

async function startWorker(more: Partial<typeof limits> = {}, disk = createMemoryDisk(), clock = createFakeClock()) {
  const system = await startTestRuntime({ kinds, disk, clock });
  const { runtime, settle } = system;
  await runtime.create('worker', workerId, { limits: { ...limits, ...more } });
  await runtime.create('breaker', breakerId('a'), { provider: 'a', failureLimit: 2, cooldownMs: 1_000 });
  return {
    ...system,
    async request(runId: string, priority = 5) {
      await runtime.create('run', runId, {});
      clock.advance(1);
      await runtime.send(workerId, {
        type: 'run.requested',
        runId,
        taskId: runId,
        project: 'p',
        stage: 's',
        provider: 'a',
        priority,
      });
      await settle();
    },
    async report(runId: string, result: string) {
      await runtime.send(workerId, { type: 'run.ended', runId });
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
  const worker = await startWorker({ total: 4, perProject: 4, perStage: 4, perProvider: 4 });
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
  const worker = await startWorker({ total: 4, perProject: 4, perStage: 4, perProvider: 4 });
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

test('a queued run says why it waits', () => {
  const queued: QueuedRun = {
    runId: 'r',
    taskId: 't',
    project: 'p',
    stage: 's',
    provider: 'a',
    priority: 5,
    queuedAt: 0,
    isHeld: false,
  };
  const busy = { ...queued, runId: 'q' };
  const context = { limits, queue: [queued], asked: [], running: [busy, busy] };
  expect(pickNext(context)).toBeUndefined();
  expect(whyQueued(queued, context, false)).toBe('all 2 places are taken');
  expect(whyQueued(queued, context, true)).toBe('the worker is draining and starts nothing');
  expect(whyQueued({ ...queued, isHeld: true }, context, false)).toBe('the breaker of a is open');
  const wide = { ...context, limits: { ...limits, total: 9 } };
  expect(whyQueued(queued, wide, false)).toBe('2 runs of project p are the limit');
});
