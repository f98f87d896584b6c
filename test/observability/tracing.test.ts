/** What happens can be followed from the request to the agent and on, where somebody has loaded an SDK, and only there. */
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { expect, onTestFinished, test } from 'vitest';
import { assign, fromPromise, sendTo, setup } from 'xstate';
import { openLocal } from '../../src/client/local.ts';
import { actorRef } from '../../src/domain/actor-ref.ts';
import { standingIn } from '../../src/machines/standing.ts';
import { createTracing } from '../../src/observability/tracing.ts';
import { createMemoryDisk, openMemoryStore } from '../../src/persistence/memory.ts';
import { openWorking } from '../../src/service/working.ts';
import { oneStage } from '../cli/place.ts';
import { openService } from '../http/place.ts';
import { createPlayedJobs } from '../support/jobs.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';
import { loadSdk, openCollector } from './collector.ts';
import { makeObservedPlace, secret } from './observed.ts';

const remote = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = `00-${remote.traceId}-${remote.spanId}-01`;

/** A service that works, on a configuration with the fake claude. */
async function serve() {
  const place = await makeObservedPlace();
  const { PATH = '', HOME = '' } = process.env;
  const at = { cwd: place.directory, env: { PATH, HOME }, data: place.dataDir, warn: () => {} };
  const identity = { name: 'ann', role: 'admin' } as const;
  const warnings: string[] = [];
  const working = await openWorking(openLocal(at, identity), identity, {
    note: () => {},
    warn: text => void warnings.push(text),
    onTakenOver: () => {},
    onEntry: () => {},
  });
  let isOpen = true;
  const close = async () => {
    if (isOpen) await working.close();
    isOpen = false;
  };
  onTestFinished(close);
  const { ask } = await openService(working.site);
  const { runtime } = working.site;
  return {
    ...place,
    ask,
    warnings,
    close,
    order: (more: object = {}, headers = {}) => {
      const order = { project: 'shop', id: 'ET-1', title: 'Fix the totals', pipeline: oneStage(), ...more };
      return ask('POST', '/tasks', JSON.stringify(order), headers);
    },
    until: (standing: string) =>
      runtime.until(async () => {
        const row = await runtime.actor('ET-1');
        return row !== undefined && standingIn(row.tags) === standing ? row : undefined;
      }),
  };
}

test('an order can be followed from the request to what its agent has done, and what was asked next has a trace of its own', async () => {
  const { endpoint, spans, find, line, text } = await openCollector();
  const { until: untilTold } = loadSdk(endpoint);
  const { order, ask, until, plan, close, warnings } = await serve();

  plan('development.1=fails');
  const oneAttempt = oneStage({ permanentAttempts: 1 });
  const ordered = await order({ pipeline: oneAttempt, body: 'Aunt Agatha' }, { traceparent });
  expect(ordered.status).toBe(201);
  await until('blocked');
  plan('');
  const sent = await ask('POST', '/tasks/ET-1/events', JSON.stringify({ type: 'task.retry' }));
  expect(sent.status).toBe(202);
  await until('done');
  await close();
  await untilTold(() => find('signalbox.job', { 'signalbox.job': 'agent' }).length === 2);
  expect(warnings).toEqual([]);

  const [made] = find('POST /tasks');
  expect(made).toMatchObject({ kind: 2, traceId: remote.traceId, parentSpanId: remote.spanId });
  expect(made!.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/tasks',
    'http.response.status_code': 201,
    'url.scheme': 'http',
    'signalbox.by': 'admin',
  });
  const [asked] = find('POST /tasks/:taskId/events');
  expect(asked).toMatchObject({ kind: 2 });
  expect(asked!.parentSpanId ?? '').toBe('');
  expect(asked!.traceId).not.toBe(made!.traceId);
  expect(asked!.attributes).toMatchObject({ 'signalbox.task': 'ET-1', 'http.response.status_code': 202 });

  const agents = find('signalbox.job', { 'signalbox.job': 'agent' });
  const [failed, succeeded] = agents;
  expect(agents.map(({ status, attributes }) => [status.code, attributes['signalbox.outcome']])).toEqual([
    [2, 'permanent'],
    [0, 'succeeded'],
  ]);
  expect(failed!.attributes).toMatchObject({ 'error.type': 'permanent', 'signalbox.agent': 'bot' });
  expect(succeeded!.attributes).toMatchObject({
    'signalbox.task': 'ET-1',
    'signalbox.attempt': 1,
    'signalbox.tokens.output': expect.any(Number),
    'signalbox.cost_usd': 0.073088,
  });
  expect(failed!.traceId).toBe(made!.traceId);
  expect(succeeded!.traceId).toBe(asked!.traceId);

  // Upwards: the agent, the commit that opened its job, transitions, jobs and commits before it, the request.
  const way = line(succeeded);
  expect(way.slice(0, 3).map(({ name }) => name)).toEqual([
    'signalbox.job',
    'signalbox.commit',
    'signalbox.transition',
  ]);
  expect(way.at(-2)).toMatchObject({ name: 'signalbox.transition', attributes: { 'signalbox.event': 'task.retry' } });
  expect(way.at(-1)).toBe(asked);
  // And downwards: what it reported belongs to it, and what the task made of that to the same trace.
  const [exited] = find('signalbox.transition', { 'signalbox.event': 'agent.exited' }).filter(
    ({ traceId }) => traceId === asked!.traceId,
  );
  expect(exited).toMatchObject({ parentSpanId: succeeded!.spanId, attributes: { 'signalbox.task': 'ET-1' } });
  const [gate] = find('signalbox.job', { 'signalbox.job': 'judge' });
  expect(line(gate)).toContain(exited);

  for (const span of spans) expect(span.to >= span.from, span.name).toBe(true);
  for (const unsaid of ['admin-secret', secret, 'Agatha', 'Fix the totals']) expect(text()).not.toContain(unsaid);
});

test('without an SDK nothing is recorded, and everything is answered as with one', async () => {
  const story = async () => {
    const { order, ask, until } = await serve();
    const answers = [await order({}, { traceparent }), await ask('GET', '/tasks/none'), await ask('GET', '/nowhere')];
    const { version, state } = await until('done');
    return [...answers.map(({ status, json }) => [status, Object.keys(json)]), version, state];
  };
  expect(createTracing({ version: '1.2.3' })).toBeUndefined();
  const without = await story();
  const { endpoint, spans } = await openCollector();
  const { until: untilTold } = loadSdk(endpoint);
  expect(await story()).toEqual(without);
  await untilTold(() => spans.length > 0);
  // What is refused has a span too; where there is no route, none is made up.
  await untilTold(() => spans.some(({ name }) => name === 'GET'));
  const refused = spans.find(({ name }) => name === 'GET /tasks/:taskId');
  expect(refused!.attributes).toMatchObject({ 'http.response.status_code': 404 });
  expect(refused!.attributes).not.toHaveProperty('signalbox.task');
  expect(refused!.status.code).not.toBe(2);
});

/** Counts, works, waits; what it works on is played by the test. */
const busy = setup({
  actors: { work: fromPromise<unknown, Record<string, never>>(async () => null) },
  actions: { note: () => {} },
}).createMachine({
  id: 'task',
  initial: 'idle',
  states: {
    idle: { on: { work: { target: 'working', actions: 'note' }, wait: 'waiting' } },
    working: { invoke: { id: 'work', src: 'work', input: {}, onDone: 'idle', onError: 'idle' } },
    waiting: { after: { 1000: 'idle' } },
  },
});

/** Hands on what it is asked for when it is told to: to whoever asked first. */
const service = setup({
  types: {} as { context: { asked: string[] }; events: { type: 'ask'; id: string } | { type: 'serve' } },
}).createMachine({
  id: 'service',
  context: { asked: [] },
  on: {
    ask: { actions: assign({ asked: ({ context: { asked }, event }) => [...asked, event.id] }) },
    serve: { actions: sendTo(({ context: { asked } }) => actorRef(asked[0]!), { type: 'work' }) },
  },
});

async function startTraced() {
  const collector = await openCollector();
  const sdk = loadSdk(collector.endpoint);
  const disk = createMemoryDisk();
  const played = createPlayedJobs();
  const kinds = [kindOf(busy, { actors: { work: played.logic }, effects: { note: async () => {} } }), kindOf(service)];
  const start = (more = {}) => {
    const tracing = createTracing({ version: '1.2.3', onFault: error => expect.unreachable(String(error)) });
    return startTestRuntime({ kinds, disk, observer: { tracing }, ...more });
  };
  const tracer = trace.getTracer('test');
  return {
    ...collector,
    ...sdk,
    played,
    start,
    /** Does something as part of a trace of its own. */
    within: async (name: string, act: () => Promise<unknown>) => {
      const span = tracer.startSpan(name, {}, ROOT_CONTEXT);
      await context.with(trace.setSpan(ROOT_CONTEXT, span), act);
      span.end();
      return span.spanContext();
    },
  };
}

test('a commit that holds transitions of two traces is shown in both, once in each', async () => {
  const { start, within, flush, find } = await startTraced();
  const { runtime } = await start();
  await Promise.all(['A', 'B', 'C'].map(id => runtime.create('task', id, {})));
  const [both, one] = await Promise.all([
    within('both', () => Promise.all([runtime.send('A', { type: 'wait' }), runtime.send('B', { type: 'wait' })])),
    within('one', () => runtime.send('C', { type: 'wait' })),
  ]);
  await flush();
  const moved = (traceId: string) =>
    find('signalbox.transition', { 'signalbox.event': 'wait' }).filter(span => span.traceId === traceId);
  for (const { traceId, spanId } of [both, one]) {
    const commits = find('signalbox.commit').filter(span => span.traceId === traceId);
    expect(commits).toHaveLength(1);
    const [commit] = commits;
    expect(commit!.attributes).toMatchObject({ 'signalbox.transitions': 3, 'signalbox.ms': expect.any(Number) });
    expect(commit!.parentSpanId).toBe(moved(traceId)[0]!.spanId);
    expect(commit!.links.map(link => link.spanId)).toEqual(moved(traceId).map(span => span.spanId));
    expect(moved(traceId).map(span => span.parentSpanId)).toEqual(moved(traceId).map(() => spanId));
  }
  expect(moved(both.traceId)).toHaveLength(2);
});

test('what is not stored is not told', async () => {
  const { start, within, find, flush } = await startTraced();
  const store = openMemoryStore(createMemoryDisk());
  let isFull = false;
  const { runtime } = await start({
    store: {
      ...store,
      commit: (commit: never) => (isFull ? Promise.reject(new Error('the disk is full')) : store.commit(commit)),
    },
  });
  await runtime.create('task', 'A', {});
  isFull = true;
  await expect(within('lost', () => runtime.send('A', { type: 'wait' }))).rejects.toThrow('full');
  await flush();
  expect(find('signalbox.transition')).toHaveLength(1);
});

test('who waits for a service goes on in a trace of its own, whoever makes the service turn to it', async () => {
  const { start, within, find, flush } = await startTraced();
  const { runtime, settle } = await start();
  await runtime.create('service', 'service', {});
  await runtime.create('task', 'A', {});
  const asking = await within('asking', () => runtime.send('A', { type: 'wait' }));
  await within('other', () => runtime.send('service', { type: 'ask', id: 'A' }));
  const other = await within('serving', () => runtime.send('service', { type: 'serve' }));
  await settle();
  await flush();
  const [served] = find('signalbox.transition', { 'signalbox.event': 'work' });
  const [cause] = find('signalbox.transition', { 'signalbox.event': 'serve' });
  expect(cause!.traceId).toBe(other.traceId);
  expect(served!.traceId).toBe(asking.traceId);
  expect(served!.links).toMatchObject([{ traceId: other.traceId, spanId: cause!.spanId }]);
});

test('a timer begins a trace that is linked to what set it', async () => {
  const { start, within, find, flush } = await startTraced();
  const { runtime, advance } = await start();
  await runtime.create('task', 'A', {});
  const waiting = await within('waiting', () => runtime.send('A', { type: 'wait' }));
  await advance(1_000);
  await flush();
  const [began] = find('signalbox.transition', { 'signalbox.event': 'wait' });
  const [rang] = find('signalbox.transition', { 'signalbox.from': 'waiting' });
  expect(rang!.parentSpanId ?? '').toBe('');
  expect(rang!.links).toMatchObject([{ traceId: waiting.traceId, spanId: began!.spanId }]);
});

test('a job that fails says so in its own span, and in no words that might be secret', async () => {
  const { start, within, find, flush, text, played } = await startTraced();
  const { runtime, settle } = await start();
  await runtime.create('task', 'A', {});
  const { traceId } = await within('ordering', () => runtime.send('A', { type: 'work' }));
  await settle();
  played.find('A', 'work')!.reject(new TypeError('the password is hunter2'));
  await settle();
  await flush();
  const [job] = find('signalbox.job');
  expect(job).toMatchObject({ traceId, status: { code: 2 }, attributes: { 'error.type': 'TypeError' } });
  const [told] = find('signalbox.transition', { 'signalbox.event': 'xstate.error.actor.work' });
  expect(told).toMatchObject({ traceId, parentSpanId: job!.spanId });
  expect(text()).not.toContain('hunter2');
});

test('what a job asks of others is part of it, and what an action asks of nothing that came in between', async () => {
  const { start, within, find, flush } = await startTraced();
  const active: Record<string, string | undefined> = {};
  const look = (name: string) => async () => {
    active[name] = trace.getActiveSpan()?.spanContext().spanId;
  };
  const kind = kindOf(busy, { actors: { work: fromPromise(look('job')) }, effects: { note: look('action') } });
  const { runtime, settle } = await start({ kinds: [kind] });
  await runtime.create('task', 'A', {});
  await settle();
  await within('ordering', () => runtime.send('A', { type: 'work' }));
  await settle();
  await flush();
  expect(active).toEqual({ job: find('signalbox.job')[0]!.spanId, action: undefined });
});

test('a job that goes on in the next process is released by the one and adopted by the other, in a trace of its own', async () => {
  const { start, within, find, flush, played } = await startTraced();
  const first = await start();
  await first.runtime.create('task', 'A', {});
  const { traceId } = await within('ordering', () => first.runtime.send('A', { type: 'work' }));
  await first.settle();
  await first.runtime.stop({ drainMs: 0 });
  const second = await start();
  await second.settle();
  played.find('A', 'work')!.resolve(null);
  await second.settle();
  await flush();
  const [released, adopted] = find('signalbox.job');
  expect(released).toMatchObject({ traceId, attributes: { 'signalbox.released': true } });
  expect(adopted!.attributes).toMatchObject({ 'signalbox.adopted': true });
  expect(adopted!.attributes).not.toHaveProperty('signalbox.released');
  expect(adopted!.traceId).not.toBe(traceId);
  expect(find('signalbox.transition', { 'signalbox.event': 'xstate.done.actor.work' })).toMatchObject([
    { traceId: adopted!.traceId },
  ]);
});
