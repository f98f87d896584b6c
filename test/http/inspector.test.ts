/** The live inspector, as the receiver of Stately's own package hears it over a socket. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { assign, fromCallback, setup } from 'xstate';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import { type AgentSpec, plainAgent } from '../../src/domain/agent-spec.ts';
import type { Json } from '../../src/domain/json.ts';
import { breakerId, preflightId, workerId } from '../../src/machines/addresses.ts';
import { pipelineSchema } from '../../src/machines/pipeline.ts';
import { noPlan, usualLimits } from '../../src/machines/worker-context.ts';
import { createInspector, type Inspector, type Viewer } from '../../src/operations/inspector/inspector.ts';
import type { InspectionMessage } from '../../src/operations/inspector/messages.ts';
import { openMemoryStore } from '../../src/persistence/memory.ts';
import { openSqliteStore } from '../../src/persistence/sqlite/store.ts';
import type { Store, StoredLogEntry } from '../../src/persistence/store.ts';
import { type Runtime, untilStopped } from '../../src/runtime/index.ts';
import { exited, reportOf } from '../model/cases.ts';
import { child, family, nested, worker } from '../runtime/machines.ts';
import { createFakeClock } from '../support/clock.ts';
import { createPlayedJobs } from '../support/jobs.ts';
import { inertEffects, kindOf, startTestRuntime } from '../support/runtime.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Compiles while the messages are what the package says they are. */
const asTheirs = (message: InspectionMessage): StatelyInspectionEvent => message;

const kinds = [kindOf(nested), kindOf(family), kindOf(child), kindOf(worker, { effects: { publish: () => {} } })];
const names = kinds.map(({ name }) => name);

async function startFamily(store: Store = openMemoryStore()) {
  const system = await startTestRuntime({ kinds, store });
  const { runtime, settle } = system;
  await runtime.create('nested', 'n', {});
  await runtime.create('family', 'f', {});
  await runtime.send('f', { type: 'invite' });
  await settle();
  return { ...system, guest: (await runtime.actors({ parentId: 'f', limit: 1 }))[0]!.id };
}

/** What somebody has been told, and what it is waited for. */
function createEar() {
  const messages: StatelyInspectionEvent[] = [];
  let wake = () => {};
  return {
    messages,
    hear(message: StatelyInspectionEvent) {
      messages.push(message);
      wake();
    },
    async until(isHeard: (message: StatelyInspectionEvent) => boolean) {
      while (!messages.some(isHeard)) {
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
    },
    /** What was told of an actor: its kind and the version, in order. */
    of: (id: string) => messages.filter(({ sessionId }) => sessionId === id).map(it => it.id.slice(id.length + 1)),
    shown: () => messages.filter(({ type }) => type === '@xstate.actor').map(({ sessionId }) => sessionId),
  };
}

type Ear = ReturnType<typeof createEar>;

/** Serves it over a socket. */
async function serve(inspector: Inspector) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  server.on('connection', (socket, request) => {
    const task = new URL(request.url!, 'ws://localhost').searchParams.get('task') ?? undefined;
    socket.on('close', inspector.attach(socket, { task }));
  });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return (query = ''): Ear => {
    const ear = createEar();
    createWebSocketReceiver({ server: `ws://127.0.0.1:${port}/${query}` }).subscribe(ear.hear);
    return ear;
  };
}

/** A viewer without a socket. */
function createViewer(bufferedAmount: () => number = () => 0) {
  const ear = createEar();
  let close = (_: { code: number; reason: string }) => {};
  const closed = new Promise<{ code: number; reason: string }>(resolve => {
    close = resolve;
  });
  const viewer: Viewer = {
    send: text => ear.hear(asTheirs(JSON.parse(text) as InspectionMessage)),
    get bufferedAmount() {
      return bufferedAmount();
    },
    close: (code, reason) => close({ code, reason }),
  };
  return { ...ear, viewer, closed };
}

const isAt = (id: string, seq: number) => (message: StatelyInspectionEvent) =>
  message.sessionId === id && message.id === `${id}:${seq}:snapshot`;

/** What was committed after a position, as somebody should have been told of it. */
async function committedAfter(runtime: Runtime, position: number) {
  const { value } = await runtime.logSince(position, AbortSignal.timeout(20_000)).next();
  return (value as StoredLogEntry[]).flatMap(({ actorId, type }) => [
    ['@xstate.event', actorId, type],
    ['@xstate.snapshot', actorId, type],
  ]);
}

const toldIn = (messages: StatelyInspectionEvent[]) =>
  messages.map(message => [message.type, message.sessionId, 'event' in message ? message.event.type : null]);

test('who comes late is shown the actors that live, parents first, and is told what follows, in order', async () => {
  const file = join(temporaryDirectory(), 'store.sqlite');
  const { runtime, settle, guest } = await startFamily(openSqliteStore({ file }));
  await runtime.create('worker', 'ended', {});
  await runtime.send('ended', { type: 'quit' });
  const look = await serve(createInspector({ runtime }, { kinds: names }));
  const ear = look();
  await ear.until(() => ear.messages.length === 3);
  expect(ear.shown().toSorted()).toEqual(['f', guest, 'n']);
  expect(ear.shown().indexOf('f')).toBeLessThan(ear.shown().indexOf(guest));
  expect(ear.messages.find(({ sessionId }) => sessionId === guest)).toMatchObject({
    ...{ type: '@xstate.actor', name: guest, parentId: 'f', rootId: 'f', _version: '0.7.2' },
    snapshot: { status: 'active', value: 'adding', context: { sum: 0 }, tags: [] },
  });
  const { definition } = ear.messages.find(({ sessionId }) => sessionId === 'n') as { definition?: string };
  expect(JSON.parse(definition!)).toMatchObject({ id: 'nested', initial: 'outside' });

  const before = await runtime.lastPosition();
  await runtime.send('n', { type: 'next' });
  await runtime.send('ended', { type: 'go', word: 'x' });
  await runtime.send('f', { type: 'add' });
  await runtime.send('f', { type: 'dismiss' });
  await settle();
  const { version } = (await runtime.actor('f'))!;
  await ear.until(isAt('f', version));
  // Who had ended before is no news.
  const expected = (await committedAfter(runtime, before)).filter(([, id]) => id !== 'ended');
  expect(expected.length).toBeGreaterThan(10);
  expect(toldIn(ear.messages.slice(3))).toEqual(expected);
  expect(ear.messages.findLast(({ sessionId }) => sessionId === guest)).toMatchObject({
    snapshot: { status: 'done', value: 'ended', output: { total: 1 } },
  });
  expect(ear.messages.findLast(({ type, sessionId }) => type === '@xstate.event' && sessionId === guest)).toMatchObject(
    {
      ...{ sourceId: 'f', rootId: 'f', event: { type: 'done' } },
    },
  );
});

test('an actor that is made while somebody looks is shown before it is told of', async () => {
  const { runtime, settle } = await startFamily();
  const look = await serve(createInspector({ runtime }, { kinds: names }));
  const ear = look();
  await ear.until(() => ear.messages.length === 3);
  await runtime.create('family', 'g', {});
  await runtime.send('g', { type: 'invite' });
  await settle();
  const [second] = await runtime.actors({ parentId: 'g', limit: 1 });
  await ear.until(isAt(second!.id, 1));
  expect(ear.of('g')).toEqual(['1:actor', '1:event', '1:snapshot', '2:event', '2:snapshot']);
  expect(ear.of(second!.id)).toEqual(['1:actor', '1:event', '1:snapshot']);
  expect(ear.messages.find(({ id }) => id === `${second!.id}:1:actor`)).toMatchObject({ parentId: 'g', rootId: 'g' });
});

test('what is committed while the first picture is made is neither missed nor told twice', async () => {
  const real = openMemoryStore();
  const later = () => new Promise(resolve => setImmediate(resolve));
  // Answers come late, and what they say is older than what has been told meanwhile.
  const store: Store = {
    ...real,
    async actor(id) {
      const row = await real.actor(id);
      await later();
      return row;
    },
    async actors(query) {
      const rows = await real.actors(query);
      await later();
      return rows;
    },
  };
  const { runtime, settle } = await startFamily(store);
  for (let count = 0; count < 20; count++) await runtime.create('family', `f${count}`, {});
  const { viewer, ...ear } = createViewer();
  const inspector = createInspector({ runtime }, { kinds: names });
  const everybody = [...Array(20).keys()].map(count => `f${count}`);
  inspector.attach(viewer);
  for (const type of ['invite', 'add', 'ask', 'leave', 'invite', 'add', 'leave']) {
    await Promise.all(everybody.map(id => runtime.send(id, { type })));
  }
  await settle();
  await ear.until(() => ear.shown().includes('f') && ear.shown().includes('n'));
  await runtime.send('f19', { type: 'invite' });
  await settle();
  expect(ear.shown()).toEqual([...new Set(ear.shown())]);
  expect(ear.shown()).toEqual(expect.arrayContaining(everybody));
  for (const id of ear.shown()) {
    const row = (await runtime.actor(id))!;
    const [first, ...rest] = ear.of(id);
    const shownAt = Number(first!.split(':')[0]);
    const told = rest.filter(line => line.endsWith(':snapshot')).map(line => Number(line.split(':')[0]));
    // From the transition by which it was first heard of, or from the version that was read.
    const begins = told[0] === shownAt ? shownAt : shownAt + 1;
    const all = Array.from({ length: row.version - begins + 1 }, (_, index) => begins + index);
    expect([id, first, told]).toEqual([id, `${shownAt}:actor`, all]);
    expect(rest).toEqual(all.flatMap(seq => [`${seq}:event`, `${seq}:snapshot`]));
    if (row.parentId !== null) expect(ear.shown().indexOf(row.parentId)).toBeLessThan(ear.shown().indexOf(id));
  }
});

/** Holds up whoever passes. */
function createGate() {
  let open = Promise.resolve();
  let arrive = () => {};
  const gate = {
    arrived: Promise.resolve(),
    release: () => {},
    hold() {
      open = new Promise(resolve => {
        gate.release = resolve;
      });
      gate.arrived = new Promise(resolve => {
        arrive = resolve;
      });
    },
    async pass() {
      arrive();
      await open;
    },
  };
  return gate;
}

test('whatever is read or stored first, each transition is told once', async () => {
  const [reads, commits] = [createGate(), createGate()];
  const real = openMemoryStore();
  const store: Store = {
    ...real,
    async actor(id) {
      const row = await real.actor(id);
      await reads.pass();
      return row;
    },
    async commit(batch) {
      const committed = await real.commit(batch);
      await commits.pass();
      return committed;
    },
  };
  const { runtime } = await startTestRuntime({ kinds, store });
  await runtime.create('nested', 'n', {});
  const inspector = createInspector({ runtime }, { kinds: names });
  const attach = () => {
    const { viewer, ...ear } = createViewer();
    inspector.attach(viewer);
    return ear;
  };
  const next = () => runtime.send('n', { type: 'next' });

  // It is committed after the actor was read, and told before the answer is there.
  reads.hold();
  const first = attach();
  await reads.arrived;
  await next();
  reads.release();
  await first.until(isAt('n', 2));
  expect(first.of('n')).toEqual(['1:actor', '2:event', '2:snapshot']);

  // It is stored when the actor is read, and told afterwards.
  commits.hold();
  const third = next();
  await commits.arrived;
  const second = attach();
  await second.until(() => second.messages.length === 1);
  commits.release();
  await third;
  await next();
  expect(second.of('n')).toEqual(['3:actor', '4:event', '4:snapshot']);

  // It is stored when the actor is read, and told before the answer is there.
  commits.hold();
  const fifth = next();
  await commits.arrived;
  reads.hold();
  const last = attach();
  await reads.arrived;
  commits.release();
  await fifth;
  reads.release();
  await last.until(() => last.messages.length > 0);
  await next();
  expect(last.of('n')).toEqual(['5:actor', '6:event', '6:snapshot']);
});

test('one task is shown with what is below it, and nothing else', async () => {
  const { runtime, settle, guest } = await startFamily();
  await runtime.create('family', 'f2', {});
  const look = await serve(createInspector({ runtime }, { kinds: names }));
  const ear = look('?task=f');
  await ear.until(() => ear.messages.length === 2);
  for (const id of ['n', 'f2', 'f']) await runtime.send(id, { type: id === 'n' ? 'next' : 'leave' });
  await runtime.send('f2', { type: 'invite' });
  await runtime.send('f', { type: 'invite' });
  await settle();
  const [, second] = await runtime.actors({ parentId: 'f', limit: 2 });
  await ear.until(isAt(second!.id, 1));
  expect(ear.shown()).toEqual(['f', guest, second!.id]);
  expect(new Set(ear.messages.map(({ sessionId }) => sessionId))).toEqual(new Set(ear.shown()));
  // A task that does not exist yet is shown when it does.
  const early = look('?task=later');
  const other = look('?task=later');
  await runtime.create('family', 'later', {});
  await Promise.all([early, other].map(it => it.until(() => it.shown().includes('later'))));
});

test('of many actors those are shown that were moved last; the others when they move', async () => {
  const { runtime, clock } = await startTestRuntime({ kinds });
  for (const id of ['a', 'b', 'c', 'd', 'e']) await runtime.create('nested', id, {});
  for (const id of ['d', 'b']) {
    clock.advance(1_000);
    await runtime.send(id, { type: 'next' });
  }
  const { viewer, ...ear } = createViewer();
  createInspector({ runtime }, { kinds: names, mostActors: 2 }).attach(viewer);
  await ear.until(({ sessionId }) => sessionId === 'signalbox.more');
  expect(ear.shown()).toEqual(['b', 'd', 'signalbox.more']);
  expect(ear.messages.at(-1)).toMatchObject({ name: '… and 3 more: choose a task to see them' });
  await runtime.send('a', { type: 'next' });
  expect(ear.of('a')).toEqual(['2:actor', '2:event', '2:snapshot']);
});

test('a child that moves while its parent rests is shown after its parent', async () => {
  const { runtime, guest, clock } = await startFamily();
  clock.advance(1);
  await runtime.send('n', { type: 'next' });
  const { viewer, ...ear } = createViewer();
  createInspector({ runtime }, { kinds: names, mostActors: 1 }).attach(viewer);
  await ear.until(({ sessionId }) => sessionId === 'signalbox.more');
  expect(ear.shown()).toEqual(['n', 'signalbox.more']);
  await runtime.send(guest, { type: 'add' });
  await ear.until(({ sessionId }) => sessionId === guest);
  expect(ear.shown()).toEqual(['n', 'signalbox.more', 'f', guest]);
  await runtime.send(guest, { type: 'add' });
  expect(ear.of(guest)).toEqual(['2:actor', '3:event', '3:snapshot']);
});

test('an actor that goes on by another machine is shown anew', async () => {
  const other = { ...kindOf(nested), definition: { version: 2 } };
  const { runtime } = await startTestRuntime({ kinds: [other] });
  await runtime.create('nested', 'n', {}, { definition: { version: 1 } });
  const { viewer, ...ear } = createViewer();
  createInspector({ runtime }, { kinds: names }).attach(viewer);
  await ear.until(() => ear.messages.length === 1);
  await runtime.migrate('n', { version: 2 });
  expect(ear.of('n')).toEqual(['1:actor', '2:actor', '2:event', '2:snapshot']);
});

test('a viewer that is too slow is closed and costs no memory; the others go on', async () => {
  const { runtime } = await startTestRuntime({ kinds });
  for (let count = 0; count < 50; count++) await runtime.create('nested', `n${count}`, {});
  let buffered = 0;
  const { viewer, closed, ...slow } = createViewer(() => buffered);
  const { send } = viewer;
  viewer.send = text => {
    buffered += text.length;
    send(text);
  };
  const quick = createViewer();
  const inspector = createInspector({ runtime }, { kinds: names, mostBuffered: 40_000 });
  inspector.attach(viewer);
  inspector.attach(quick.viewer);
  await quick.until(() => quick.messages.length === 50);
  // It takes nothing, so that the first picture stops while most of what may wait for it is left for what happens.
  const shown = slow.messages.length;
  expect(shown).toBeLessThan(10);
  // What waits for its turn does not come before it either.
  const unseen = quick.shown().find(id => !slow.shown().includes(id))!;
  await runtime.send(unseen, { type: 'next' });
  expect(slow.messages).toHaveLength(shown);
  const [first] = slow.shown();
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
  });
  let sent = 0;
  for (; !isClosed; sent++) await runtime.send(first!, { type: 'next' });
  const { code, reason } = await closed;
  expect(code).toBe(1013);
  expect(reason).toMatch(/too slow.*connect again/);
  expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
  expect(buffered).toBeLessThan(50_000);
  const told = slow.messages.length;
  await runtime.send(first!, { type: 'next' });
  expect(slow.messages).toHaveLength(told);
  expect(quick.messages).toHaveLength(50 + 2 * (sent + 2));
});

test('a viewer whose socket fails harms nobody', async () => {
  const { runtime, faults } = await startFamily();
  const broken = createViewer();
  const sound = createViewer();
  const inspector = createInspector({ runtime }, { kinds: names });
  for (const { viewer } of [broken, sound]) inspector.attach(viewer);
  await Promise.all([broken, sound].map(({ until, messages }) => until(() => messages.length === 3)));
  broken.viewer.send = () => {
    throw new Error('the socket is gone');
  };
  await runtime.send('n', { type: 'next' });
  expect(await broken.closed).toMatchObject({ code: 1011 });
  expect(sound.of('n').slice(-2)).toEqual(['2:event', '2:snapshot']);
  expect(faults).toEqual([]);
});

test('a message is written once for all, and nothing is listened to without a viewer', async () => {
  const { runtime } = await startFamily();
  let listening = 0;
  const heard: Runtime = {
    ...runtime,
    listen(listener) {
      listening += 1;
      const end = runtime.listen(listener);
      return () => {
        listening -= 1;
        end();
      };
    },
  };
  const inspector = createInspector({ runtime: heard }, { kinds: names });
  expect(listening).toBe(0);
  const texts: string[][] = [[], []];
  const ends = texts.map(told => {
    const { viewer } = createViewer();
    return inspector.attach({ ...viewer, bufferedAmount: 0, send: text => void told.push(text) });
  });
  expect(listening).toBe(1);
  const written = vi.spyOn(JSON, 'stringify');
  onTestFinished(() => written.mockRestore());
  await runtime.create('nested', 'new', {});
  const messages = written.mock.calls.filter(
    ([value]) => (value as { sessionId?: string } | null)?.sessionId === 'new',
  );
  expect(messages).toHaveLength(3);
  expect(texts.map(told => told.filter(text => text.includes('"sessionId":"new"')).length)).toEqual([3, 3]);
  for (const end of ends) end();
  for (const end of ends) end();
  expect(listening).toBe(0);
});

/** A text that must not leave. */
const mark = (what: string) => `SECRET-${what}-0123`;

/** Our own machines, on which only the outside is played; the agent is the test. */
async function startOurs() {
  const jobs = createPlayedJobs();
  let report = (_: object) => {};
  const agent = untilStopped(
    fromCallback(({ sendBack }) => {
      report = sendBack as never;
      sendBack({ type: 'agent.started', pid: 42 });
    }),
  );
  const played = ['hostGauge', 'probe', 'checkpoint', 'inspect', 'hook', 'prepare', 'publish', 'judge', 'merge'];
  const actors = { ...Object.fromEntries(played.map(name => [name, jobs.logic])), agent };
  const system = await startTestRuntime({
    clock: createFakeClock(),
    kinds: machineKinds.map(kind => ({ ...kind, actors, effects: inertEffects })),
  });
  return { ...system, jobs, says: (event: object) => report(event) };
}

const secretive: AgentSpec = {
  ...plainAgent('bot', ['/bin/agent', mark('program')], [mark('env')]),
  args: ['--token', mark('args')],
  set: { API_KEY: mark('value'), [mark('name')]: 'x' },
};
const hookOf = (name: string) => ({ run: ['curl', mark(name)], timeLimitMs: 1_000 });

test('I8: no text of people, agents or programs, no variable and no command line leaves', async () => {
  const { runtime, jobs, says, settle, state, context } = await startOurs();
  const { viewer, ...ear } = createViewer();
  createInspector({ runtime }).attach(viewer);
  await runtime.create('worker', workerId, { limits: usualLimits, budgets: noPlan } as unknown as Json);
  await runtime.create('preflight', preflightId('bot'), {
    agent: secretive,
    cacheMs: 9_000,
    timeLimitMs: 900,
  } as never);
  await runtime.create('breaker', breakerId('bot'), { provider: 'bot', failureLimit: 3, cooldownMs: 1_000 });
  await runtime.send(workerId, { type: 'worker.started' });
  const pipeline = {
    name: 'guarded',
    stages: [
      {
        name: 'build',
        role: 'builder',
        run: { mustChange: false },
        gates: [{ kind: 'command', name: 'tests', run: ['test', mark('gate')] }],
        questions: 'q.md',
      },
    ],
  };
  const hooks = {
    ...{ afterCreate: hookOf('after-create'), beforeRun: hookOf('before-run') },
    ...{ afterRun: hookOf('after-run'), beforeRemove: hookOf('before-remove') },
  };
  const place = { repository: mark('repository'), worktree: mark('worktree'), branch: mark('branch'), target: 'main' };
  const words = { title: mark('title'), body: mark('body').repeat(100), project: 'shop', workItem: 'ET-1' };
  const task = {
    ...words,
    ...place,
    priority: 5,
    agent: secretive,
    agents: { builder: secretive },
    hooks,
    mergeQueue: 'm',
  };
  await runtime.create('task', 'ET-1', task as unknown as Json, { definition: pipelineSchema.parse(pipeline) as Json });
  await settle();
  jobs.find('ET-1', 'prepare')!.resolve({ base: 'b', head: 'h', codeTree: 'tree' });
  await settle();
  jobs.find(preflightId('bot'), 'probe')!.resolve({ ok: true, version: mark('version') });
  await settle();
  const [run] = await runtime.actors({ parentId: 'ET-1', limit: 1 });
  jobs.find(run!.id, 'hook')!.resolve(undefined);
  await settle();
  const sign = { activity: mark('activity'), silentMs: 0, stalledMs: 0, isToolAlive: true };
  says({ type: 'agent.heartbeat', report: reportOf({ lastText: mark('text'), denials: [mark('tool')] }), ...sign });
  await settle();
  expect(await context(run!.id)).toMatchObject({ activity: mark('activity') });
  says({ ...exited(0, null, { end: { message: mark('message') } }), jitter: 0 });
  await settle();
  jobs.find(run!.id, 'hook')!.resolve(undefined);
  await settle();
  const said = { questions: mark('question'), objection: null };
  jobs.find('ET-1', 'publish')!.resolve({ head: 'h2', codeTree: 'tree', ...said });
  await settle();
  const [gate] = await runtime.actors({ kind: 'gate', limit: 1 });
  jobs.find(gate!.id, 'judge')!.resolve({ gate: 'tests', verdict: 'fail', detail: mark('detail') });
  await settle();
  expect(await state('ET-1')).toBe('build.awaitingAnswer');
  await runtime.send('ET-1', { type: 'task.answer', text: mark('answer'), by: mark('person') });
  await settle();
  jobs.find('ET-1', 'prepare')!.reject(new Error(mark('error')));
  await settle();
  await runtime.send('ET-1', { type: 'task.fail', reason: mark('reason'), by: 'ann' });
  await settle();
  expect(await state('ET-1')).toBe('failed');

  // Somebody who comes later is shown no more than what was told.
  await runtime.create('task', 'ET-2', task as unknown as Json);
  const late = createViewer();
  createInspector({ runtime }).attach(late.viewer);
  await late.until(({ sessionId }) => sessionId === 'ET-2');
  for (const { sessionId } of ear.messages)
    expect([sessionId, workerId, preflightId('bot'), breakerId('bot')]).toContain(sessionId);
  expect(new Set(ear.messages.map(({ sessionId }) => sessionId)).size).toBe(7);
  const all = JSON.stringify([ear.messages, late.messages]);
  expect([...all.matchAll(/.{0,60}SECRET.{0,40}/g)].map(([text]) => text)).toEqual([]);
  // What is told is of use nevertheless.
  expect(
    ear.messages.findLast(({ sessionId, type }) => sessionId === run!.id && type === '@xstate.snapshot'),
  ).toMatchObject({
    snapshot: {
      status: 'done',
      value: 'settled',
      context: {
        assignment: {
          taskId: 'ET-1',
          stage: 'build',
          role: 'builder',
          body: '[hidden]',
          title: `[${mark('title').length} characters]`,
        },
        agent: { name: 'bot', program: '[hidden]', set: '[hidden]', env: '[hidden]', args: '[hidden]' },
        hooks: '[hidden]',
        outcome: 'succeeded',
        attempt: 1,
      },
    },
  });
});

test('why an actor broke down stays here', async () => {
  const frail = setup({
    types: {} as { input: object },
    actions: {
      fail: assign(() => {
        throw new Error(mark('failure'));
      }),
    },
  }).createMachine({ id: 'frail', context: {}, entry: 'fail' });
  const mother = setup({ actors: { frail } }).createMachine({
    id: 'mother',
    initial: 'alone',
    states: {
      alone: { on: { go: 'together' } },
      together: { invoke: { id: 'it', src: 'frail', input: {}, onError: 'alone' } },
    },
  });
  const { runtime, settle } = await startTestRuntime({ kinds: [kindOf(frail as never), kindOf(mother)] });
  const { viewer, ...ear } = createViewer();
  createInspector({ runtime }, { kinds: ['mother'] }).attach(viewer);
  await runtime.create('mother', 'm', {});
  await runtime.send('m', { type: 'go' });
  await settle();
  expect(ear.messages.find(({ sessionId }) => sessionId.startsWith('m.it'))).toMatchObject({
    snapshot: { status: 'error', error: '[hidden]' },
  });
  expect(toldIn(ear.messages)).toContainEqual(['@xstate.event', 'm', 'xstate.error.actor.it']);
  expect(JSON.stringify(ear.messages)).not.toContain('SECRET');
});

test('what is long is cut short', async () => {
  const { runtime } = await startTestRuntime({ kinds: machineKinds.filter(({ name }) => name === 'mergeQueue') });
  await runtime.create('mergeQueue', 'm', { resource: 'r' });
  for (let count = 0; count < 30; count++) await runtime.send('m', { type: 'lease.requested', holder: `t${count}` });
  const { viewer, ...ear } = createViewer();
  createInspector({ runtime }).attach(viewer);
  await ear.until(() => ear.messages.length === 1);
  const { snapshot } = ear.messages[0] as unknown as { snapshot: { context: { holder: string; waiting: string[] } } };
  expect(snapshot.context.holder).toBe('t0');
  expect(snapshot.context.waiting).toHaveLength(21);
  expect(snapshot.context.waiting.at(-1)).toBe('[9 more]');
  await runtime.send('m', { type: 'lease.requested', holder: 'x'.repeat(300) });
  expect(ear.messages.at(-1)).toMatchObject({ event: { holder: '[300 characters]' } });
});
