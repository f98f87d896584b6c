/** What is counted is what has happened, and what is shown is how things stand. */
import { Registry } from '@prometheus-io/client';
import { expect, test } from 'vitest';
import type { PipelineSource } from '../../src/machines/pipeline.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { createNames } from '../../src/observability/names.ts';
import { createWorkCounts } from '../../src/observability/work.ts';
import { emptyCommit } from '../../src/persistence/store.ts';
import { readScrape } from './exposition.ts';
import { makeObservedPlace, openObserved, secret } from './observed.ts';

/** What one run of the fake claude uses. */
const runCost = 0.073088;

const quick = (run: Record<string, unknown> = {}): PipelineSource => ({
  name: 'quick',
  stages: [
    {
      name: 'development',
      role: 'developer',
      run: { mustChange: false, ...run },
      gates: [{ kind: 'command', name: 'tests' }],
      rework: { limit: 0 },
    },
  ],
});

test('a task that goes through all stages moves each counter by what it did, and nothing of it can be read there', async () => {
  const place = await makeObservedPlace();
  place.plan('review.1=refuses');
  const { add, until, scrape, client, runtime, faults } = await openObserved(place);
  await add({ body: 'The totals of Aunt Agatha are wrong.' });
  await until('ET-1', 'done');
  await runtime.idle();
  const all = await runtime.lastPosition();
  const { text, value, find } = await scrape();
  const task = await client.ask('task.show', { taskId: 'ET-1' });
  expect(faults).toEqual([]);

  // Six stages, and once more development and review.
  expect(value('signalbox_runs_total', { agent: 'bot', outcome: 'succeeded' })).toBe(8);
  expect(value('signalbox_runs_total')).toBe(8);
  expect(value('signalbox_run_duration_seconds_count', { agent: 'bot' })).toBe(8);
  expect(value('signalbox_run_duration_seconds_sum')).toBeCloseTo(task.spent.timeMs / 1_000, 6);
  expect(value('signalbox_cost_usd_total', { project: 'shop', agent: 'bot' })).toBeCloseTo(8 * runCost, 6);
  expect(value('signalbox_spent_today_usd', { project: 'shop' })).toBeCloseTo(8 * runCost, 6);
  const tokens = (kind: string) => value('signalbox_tokens_total', { agent: 'bot', kind });
  expect(task.usage.inputTokens).toBeGreaterThan(0);
  expect(['input', 'cached_input', 'cache_write', 'output'].map(tokens)).toEqual([
    task.usage.inputTokens,
    task.usage.cachedInputTokens,
    task.usage.cacheWriteTokens,
    task.usage.outputTokens,
  ]);

  const judged = find('signalbox_gate_duration_seconds_count').map(({ labels, value: count }) => [
    `${labels.gate} ${labels.verdict}`,
    count,
  ]);
  expect(Object.fromEntries(judged)).toEqual({
    'requirements pass': 1,
    'design pass': 1,
    'tests pass': 2,
    'review fail': 1,
    'review pass': 1,
    'testReport pass': 1,
    'deployment pass': 1,
  });
  // A shell was started for the tests.
  expect(value('signalbox_gate_duration_seconds_sum', { gate: 'tests' })).toBeGreaterThan(0);

  expect(value('signalbox_transitions_total')).toBe(all);
  expect(value('signalbox_transitions_total', { kind: 'task' })).toBe(task.version);
  expect(value('signalbox_commit_transitions_sum')).toBe(all);
  expect(value('signalbox_commit_duration_seconds_count')).toBe(value('signalbox_commit_transitions_count'));

  expect(value('signalbox_tasks', { standing: 'done' })).toBe(1);
  expect(value('signalbox_tasks')).toBe(1);
  expect(value('signalbox_project_tasks', { project: 'shop', status: 'ended' })).toBe(1);
  expect(value('signalbox_project_tasks', { project: 'shop', status: 'living' })).toBe(0);
  expect(value('signalbox_runs_running')).toBe(0);
  expect(value('signalbox_run_places')).toBe(2);
  expect(value('signalbox_store_bytes', { file: 'database' })).toBeGreaterThan(0);
  expect(value('signalbox_store_bytes', { file: 'wal' })).toBeGreaterThan(0);
  expect(value('signalbox_disk_free_bytes')).toBeGreaterThan(0);
  expect(value('signalbox_actors_cached')).toBeGreaterThan(0);
  expect(value('signalbox_dead_letters')).toBe(0);
  expect(find('signalbox_build_info')).toEqual([
    { name: 'signalbox_build_info', labels: { version: '1.2.3' }, value: 1 },
  ]);

  for (const word of [secret, 'ET-1', 'totals', 'Agatha', place.directory]) expect(text).not.toContain(word);
});

test('a run is at work while it is, and the amounts of it begin at zero', async () => {
  const place = await makeObservedPlace();
  place.plan('development=cli:waits');
  const { add, until, scrape, runtime } = await openObserved(place);
  await add({ pipeline: quick() });
  await runtime.until(async () => (await runtime.list({ kind: 'agentRun', tags: ['running'], limit: 1 })).at(0));
  const during = await scrape();
  expect(during.value('signalbox_runs_running')).toBe(1);
  expect(during.value('signalbox_tasks', { standing: 'working' })).toBe(1);
  expect(during.value('signalbox_stage_tasks', { stage: 'development' })).toBe(1);
  expect(during.value('signalbox_jobs_running')).toBeGreaterThan(0);
  expect(during.value('signalbox_cost_usd_total', { project: 'shop', agent: 'bot' })).toBe(0);
  expect(during.value('signalbox_runs_total', { agent: 'bot', outcome: 'succeeded' })).toBe(0);
  place.letGo();
  await until('ET-1', 'done');
  const after = await scrape();
  expect(after.value('signalbox_runs_running')).toBe(0);
  // It is zero, not gone.
  expect(after.value('signalbox_stage_tasks', { stage: 'development' })).toBe(0);
});

test('a run that another process began is counted for its agent by the one that sees it end', async () => {
  const place = await makeObservedPlace();
  place.plan('development=cli:waits');
  const before = await openObserved(place);
  await before.add({ pipeline: quick() });
  const { runtime } = before;
  await runtime.until(async () => (await runtime.list({ kind: 'agentRun', tags: ['running'], limit: 1 })).at(0));
  await before.close();
  const { until, scrape } = await openObserved(place);
  place.letGo();
  await until('ET-1', 'done');
  const { value } = await scrape();
  expect(value('signalbox_runs_total', { agent: 'bot', outcome: 'succeeded' })).toBe(1);
  expect(value('signalbox_cost_usd_total', { project: 'shop', agent: 'bot' })).toBeCloseTo(runCost, 6);
});

test('a run that fails is counted by how it ended, with what each of its attempts has used', async () => {
  const place = await makeObservedPlace();
  place.plan('development=cli:failsInTheEnd');
  const { add, until, scrape, client } = await openObserved(place);
  await add({ pipeline: quick({ permanentAttempts: 2 }) });
  await until('ET-1', 'blocked');
  const { value } = await scrape();
  const { items } = await client.ask('agent.list', {});
  expect(items).toMatchObject([{ outcome: 'permanent', attempt: 2 }]);
  expect(value('signalbox_runs_total', { agent: 'bot', outcome: 'permanent' })).toBe(1);
  expect(value('signalbox_runs_total')).toBe(1);
  expect(value('signalbox_cost_usd_total')).toBeCloseTo(2 * runCost, 6);
  expect(value('signalbox_tasks', { standing: 'blocked' })).toBe(1);
});

test('a breaker shows one of its states, and the run behind it how long it has waited', async () => {
  const place = await makeObservedPlace();
  const reset = Math.floor(Date.now() / 1_000) + 3_600;
  place.plan(`development=cli:hitsLimit/${reset}`);
  let ahead = 0;
  const { add, scrape, runtime } = await openObserved(place, { now: () => Date.now() + ahead });
  const stateOf = async () => {
    const { find } = await scrape();
    return find('signalbox_breaker_state').map(({ labels, value }) => [labels.provider, labels.state, value]);
  };
  await add({ pipeline: quick() });
  expect(await stateOf()).toEqual([
    ['anthropic', 'closed', 1],
    ['anthropic', 'open', 0],
    ['anthropic', 'halfOpen', 0],
  ]);
  await runtime.until(async () => {
    const worker = JSON.parse((await runtime.actor('worker'))!.snapshot).context;
    return worker.queue[0]?.held ?? undefined;
  });
  expect(await stateOf()).toEqual([
    ['anthropic', 'closed', 0],
    ['anthropic', 'open', 1],
    ['anthropic', 'halfOpen', 0],
  ]);
  ahead = 90_000;
  const { value } = await scrape();
  expect(value('signalbox_runs_waiting')).toBe(1);
  expect(value('signalbox_oldest_waiting_run_seconds')).toBeGreaterThanOrEqual(90);
  expect(value('signalbox_oldest_waiting_run_seconds')).toBeLessThan(150);
});

test('what waits for a person is shown until it is taken', async () => {
  const { runtime, store, scrape } = await openObserved(await makeObservedPlace());
  const letter = {
    actorId: 'nobody',
    source: 'test',
    dedupeKey: null,
    ref: null,
    at: 0,
    parked: true,
    error: 'no such',
  };
  await store.commit({ ...emptyCommit(0), inbox: [{ ...letter, event: { type: 'lost' } }] });
  const { value } = await scrape();
  expect(value('signalbox_dead_letters', { kind: 'event' })).toBe(1);
  expect(value('signalbox_dead_letters', { kind: 'action' })).toBe(0);
  expect((await runtime.deadLetters()).events).toHaveLength(1);
});

test('requests are counted by route, method and status, and whoever follows while they do', async () => {
  const metrics = createMetrics({ version: '1.2.3' });
  metrics.observeRequest({ route: '/tasks/:taskId', method: 'GET', status: 200, seconds: 0.004 });
  metrics.observeRequest({ route: '/tasks/:taskId', method: 'GET', status: 200, seconds: 0.3 });
  metrics.observeRequest({ route: '/tasks/:taskId', method: 'BREW', status: 404, seconds: 0.001 });
  metrics.clients('sse', 1);
  metrics.clients('sse', 1);
  metrics.clients('sse', -1);
  const { value } = readScrape(await metrics.text());
  const count = (labels: Record<string, string>) => value('signalbox_http_request_duration_seconds_count', labels);
  expect(count({ route: '/tasks/:taskId', method: 'GET', status: '200' })).toBe(2);
  expect(count({ method: 'other', status: '404' })).toBe(1);
  expect(value('signalbox_http_request_duration_seconds_sum', { method: 'GET' })).toBeCloseTo(0.304, 9);
  expect(value('signalbox_clients', { kind: 'sse' })).toBe(1);
  metrics.close();
});

test('names beyond the first two hundred share a series', async () => {
  const metrics = createMetrics({ version: '1.2.3' });
  for (let index = 0; index < 300; index++) {
    metrics.observeRequest({ route: `/scan/${index}`, method: 'GET', status: 404, seconds: 0 });
  }
  metrics.observeRequest({ route: '/scan/7', method: 'GET', status: 404, seconds: 0 });
  const { find, value } = readScrape(await metrics.text());
  const name = 'signalbox_http_request_duration_seconds_count';
  expect(find(name)).toHaveLength(201);
  expect(value(name, { route: 'other' })).toBe(100);
  expect(value(name, { route: '/scan/7' })).toBe(2);
  metrics.close();
});

test('two that observe count each for themselves, and one that is closed counts nothing', async () => {
  const [one, other] = [createMetrics({ version: '1' }), createMetrics({ version: '2' })];
  one.onCommit({ ms: 2, transitions: 3 });
  other.onCommit({ ms: 2, transitions: 5 });
  expect(readScrape(await one.text()).value('signalbox_commit_transitions_sum')).toBe(3);
  one.close();
  one.onCommit({ ms: 2, transitions: 3 });
  expect(readScrape(await one.text()).value('signalbox_commit_transitions_sum')).toBeUndefined();
  expect(readScrape(await other.text()).value('signalbox_commit_transitions_sum')).toBe(5);
  other.close();
});

test('a run that cannot be read is told as a fault, and the rest is counted', async () => {
  const registry = new Registry();
  const faults: unknown[] = [];
  const lost = new Error('the store is closed');
  const { hear, settled } = createWorkCounts({
    registry,
    names: createNames(),
    runOf: () => Promise.reject(lost),
    onFault: error => faults.push(error),
  });
  const line = {
    actorId: 'T-1.development.3',
    seq: 9,
    at: 0,
    source: 'test',
    dedupeKey: null,
    from: '',
    to: '',
    reason: null,
  };
  const snapshot = { status: 'done' } as never;
  const told = {
    position: 9,
    parentId: 'T-1',
    status: 'done' as const,
    emitted: [],
    snapshot,
    outcome: 'applied' as const,
  };
  hear({ ...line, ...told, kind: 'agentRun', type: 'agent.failed', event: { type: 'agent.failed' } });
  await settled();
  expect(faults).toEqual([lost]);
  const { value } = readScrape(await registry.metrics());
  expect(value('signalbox_transitions_total', { kind: 'agentRun', outcome: 'applied' })).toBe(1);
  expect(value('signalbox_runs_total')).toBeUndefined();
});
