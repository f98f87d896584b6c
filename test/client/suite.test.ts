/** What whoever asks can rely on, however they ask: the same answers and the same failures. */
import { describe, expect, test } from 'vitest';
import type { AnswerName, Signalbox } from '../../src/client/signalbox.ts';
import { SignalboxError } from '../../src/domain/errors.ts';
import { allOperations, operations } from '../../src/operations/index.ts';
import { type AnyOperation, isStream, type Role, roles } from '../../src/operations/operation.ts';
import { type AskedData, waysOfAsking } from './data.ts';

const refusal = async (asking: Promise<unknown>): Promise<SignalboxError> => {
  const error = await asking.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SignalboxError);
  return error as SignalboxError;
};

const tasksIn = async (client: Signalbox) => (await client.ask('task.list', {})).items.map(({ id }) => id);

/** Tasks that wait in their first stage: nobody works. */
async function withTasks({ client, order }: AskedData, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    ids.push((await client.ask('task.add', { ...order, title: `Task ${index + 1}` })).id);
  }
  return ids;
}

describe.each(waysOfAsking)('asked $name', ({ make }) => {
  test('a task that was made is listed and shown, and its log says who made it', async () => {
    const { client, order } = await make();
    const made = await client.ask('task.add', { ...order, id: 'ET-1', body: 'All of it.' });
    expect(made).toMatchObject({ id: 'ET-1', standing: 'working', stage: 'analysis' });
    const { items, total, nextCursor } = await client.ask('task.list', {});
    expect(items).toEqual([made]);
    expect({ total, nextCursor }).toEqual({ total: 1, nextCursor: null });
    expect(await client.ask('task.show', { taskId: 'ET-1' })).toEqual({ ...made, runs: [] });
    const log = await client.ask('task.events', { taskId: 'ET-1' });
    expect(log.items[0]).toMatchObject({ seq: 1, type: 'xstate.init', source: 'ann' });
    expect(log.next).toBeNull();
  });

  test('an answer is what its operation says that it is', async () => {
    const { client, order } = await make();
    await client.ask('task.add', { ...order, id: 'ET-1' });
    const asked: [AnswerName, object][] = [
      ['task.list', {}],
      ['task.show', { taskId: 'ET-1' }],
      ['task.events', { taskId: 'ET-1' }],
      ['task.snapshot', { taskId: 'ET-1' }],
      ['task.replay', { taskId: 'ET-1', verify: true }],
      ['task.whatIf', { taskId: 'ET-1', event: 'task.move', data: { stage: 'review' } }],
      ['task.changes', { taskId: 'ET-1' }],
      ['figures.show', { format: 'csv' }],
      ['task.pause', { taskId: 'ET-1' }],
      ['task.resume', { taskId: 'ET-1' }],
      ['agent.list', {}],
      ['queue.show', {}],
      ['queue.pause', {}],
      ['queue.resume', {}],
      ['breaker.list', {}],
      ['breaker.reset', { name: 'agent-all-roles-sh' }],
      ['deadLetter.list', {}],
      ['machine.list', {}],
      ['machine.show', { machineId: 'breaker' }],
      ['pipeline.list', {}],
      ['pipeline.show', { name: 'default' }],
      ['pipeline.check', {}],
      ['config.show', {}],
      ['config.schema', {}],
      ['data.verify', {}],
      ['data.prune', { olderThan: '90d' }],
      ['agent.killAll', {}],
    ];
    for (const [name, input] of asked) {
      const answer = await client.ask(name, input as never);
      const { output }: AnyOperation = await operations[name]();
      expect(output.safeParse(answer).error?.issues, name).toBeUndefined();
    }
  });

  test('lists come in pages, the newest first, and say how many there are', async () => {
    const data = await make();
    const ids = await withTasks(data, 5);
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await data.client.ask('task.list', { limit: 2, ...(cursor && { cursor }) });
      const { items, nextCursor, total, left } = page;
      seen.push(...items.map(({ id }) => id));
      expect({ total, left }).toEqual({ total: 5, left: 5 - seen.length });
      if (nextCursor === null) break;
      cursor = nextCursor;
    }
    expect(seen).toEqual(ids.toReversed());
    const failure = await refusal(data.client.ask('task.list', { cursor: 'not one' }));
    expect(failure).toMatchObject({ reason: 'badCursor', remedy: { field: 'cursor' } });
  });

  test('what has ended comes after what lives, and lists go by state, standing and project', async () => {
    const data = await make();
    const [first = '', second = '', third = ''] = await withTasks(data, 3);
    await data.client.ask('task.cancel', { taskId: third });
    await data.client.ask('task.pause', { taskId: first });
    const ids = async (input: object) => (await data.client.ask('task.list', input)).items.map(({ id }) => id);
    expect(await ids({})).toEqual([second, first, third]);
    expect(await ids({ standing: 'paused' })).toEqual([first]);
    expect(await ids({ state: 'paused' })).toEqual([first]);
    expect(await ids({ state: 'paused.analysis' })).toEqual([first]);
    expect(await ids({ state: 'cancelled' })).toEqual([third]);
    expect(await ids({ state: 'analysis' })).toEqual([second]);
    expect(await ids({ project: 'shop' })).toEqual([second, first, third]);
    expect(await ids({ project: 'shop', standing: 'working' })).toEqual([second]);
    expect(await ids({ project: 'shop', standing: 'working', tag: 'analysis' })).toEqual([]);
    expect(await ids({ project: 'other' })).toEqual([]);
  });

  test('in the order in which they were made, a task keeps its place when it ends', async () => {
    const data = await make();
    const ids = await withTasks(data, 5);
    for (const order of ['newest', 'oldest'] as const) {
      const seen: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await data.client.ask('task.list', { order, limit: 2, ...(cursor && { cursor }) });
        seen.push(...page.items.map(({ id }) => id));
        if (seen.length === 2) await data.client.ask('task.cancel', { taskId: seen[order === 'newest' ? 0 : 1]! });
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
      }
      expect(seen).toEqual(order === 'oldest' ? ids : ids.toReversed());
    }
    const { nextCursor } = await data.client.ask('task.list', { order: 'oldest', limit: 2 });
    const other = data.client.ask('task.list', { cursor: nextCursor! });
    expect(await refusal(other)).toMatchObject({ reason: 'badCursor' });
  });

  test('lists are narrowed by a text and by conditions on the snapshot', async () => {
    const data = await make();
    const [first = '', second = ''] = await withTasks(data, 3);
    await data.client.ask('task.add', { ...data.order, title: 'Something else', priority: 2 });
    const ids = async (input: object) => (await data.client.ask('task.list', input)).items.map(({ id }) => id);
    expect(await ids({ q: 'task 1' })).toEqual([first]);
    expect(await ids({ q: second.toLowerCase() })).toEqual([second]);
    expect(await ids({ q: 'nothing' })).toEqual([]);
    expect(await ids({ where: 'context.priority<=2' })).toHaveLength(1);
    expect(await ids({ where: 'context.priority>2', q: 'task', limit: 2 })).toHaveLength(2);
    expect(await refusal(data.client.ask('task.list', { where: 'priority' }))).toMatchObject({
      reason: 'badInput',
      problems: [{ path: 'where', message: expect.stringContaining('at character 1') }],
    });
  });

  test('what goes on is told briefly, and a lease can be taken back', async () => {
    const data = await make();
    const [first = '', second = ''] = await withTasks(data, 2);
    await data.client.ask('task.cancel', { taskId: first });
    const { activeTasks, total } = await data.client.ask('status', {});
    expect([activeTasks.map(({ id }) => id), total]).toEqual([[second], 1]);
    const { leases } = await data.client.ask('lease.list', {});
    expect(leases).toMatchObject([{ holder: null, token: 0, waiting: [] }]);
    const { resource } = leases[0]!;
    expect(await data.client.ask('lease.release', { resource })).toMatchObject({ resource, holder: null });
    expect(await refusal(data.client.ask('lease.release', { resource: 'x' }))).toMatchObject({ reason: 'noLease' });
  });

  test('a task says what would move it: exactly what it takes', async () => {
    const { client, order } = await make();
    await client.ask('task.add', { ...order, id: 'ET-1' });
    const { task } = await client.ask('task.pause', { taskId: 'ET-1' });
    expect(task.moves).toEqual([
      { event: 'task.resume', fields: [], does: 'goes on where it stopped', isUsual: true },
      { event: 'task.cancel', fields: [], does: 'ends it; the branch stays', isUsual: false },
    ]);
    expect(await client.ask('task.approve', { taskId: 'ET-1' })).toMatchObject({
      outcome: 'ignored',
      reason: expect.stringContaining('nothing waits for task.approve'),
    });
    expect(await client.ask('task.resume', { taskId: 'ET-1' })).toMatchObject({ outcome: 'applied' });
  });

  test('I2: the same order under the same key is carried out once', async () => {
    const { client, order, as } = await make();
    await client.ask('task.add', { ...order, id: 'ET-1' });
    const ordered = async (verb: 'task.pause' | 'task.resume', name: string) =>
      (await as('admin', name)).ask(verb, { taskId: 'ET-1' }, { key: 'k1' });
    const first = await ordered('task.pause', 'ann');
    expect(first.outcome).toBe('applied');
    await client.ask('task.resume', { taskId: 'ET-1' });
    // The answer that was given, not how things stand by now.
    expect(await ordered('task.pause', 'ann')).toEqual(first);
    expect(await refusal(ordered('task.resume', 'ann'))).toMatchObject({ reason: 'keyReused' });
    // Another person may have the same key by chance.
    expect((await ordered('task.pause', 'bob')).outcome).toBe('applied');
    const { items } = await client.ask('task.events', { taskId: 'ET-1' });
    expect(items.map(({ type }) => type).filter(type => type.startsWith('task.'))).toEqual([
      'task.pause',
      'task.resume',
      'task.pause',
    ]);
  });

  test('I2: a task that is ordered twice under the same key is made once, and answered twice', async () => {
    const { client, order } = await make();
    const both = await Promise.all([
      client.ask('task.add', order, { key: 'k1' }),
      client.ask('task.add', order, { key: 'k1' }),
    ]);
    expect(both[1]).toEqual(both[0]);
    expect(await client.ask('task.add', order, { key: 'k1' })).toEqual(both[0]);
    const other = client.ask('task.add', { ...order, title: 'Another' }, { key: 'k1' });
    expect(await refusal(other)).toMatchObject({ code: 'invalid', reason: 'keyReused' });
    expect(await tasksIn(client)).toEqual([both[0]!.id]);
  });

  test('an order that was refused can be given again under its key', async () => {
    const { client, order } = await make();
    const made = await client.ask('task.add', { ...order, id: 'ET-1' });
    const again = () => client.ask('task.move', { taskId: made.id, stage: 'nowhere' }, { key: 'k1' });
    expect(await refusal(again())).toMatchObject({ reason: 'noStage' });
    expect(await refusal(again())).toMatchObject({ reason: 'noStage' });
  });

  test('a key is refused where it would not be heeded', async () => {
    const { client, order } = await make();
    const secret = client.ask('token.create', { name: 'ci', role: 'viewer' }, { key: 'k1' });
    expect(await refusal(secret)).toMatchObject({ reason: 'badInput' });
    const { id } = await client.ask('task.add', order, { key: '' });
    const long = client.ask('task.pause', { taskId: id }, { key: 'x'.repeat(201) });
    expect(await refusal(long)).toMatchObject({ reason: 'badInput' });
    // Looking twice is the same anyway.
    expect(await client.ask('task.show', { taskId: id }, { key: 'k1' })).toMatchObject({ id });
  });

  test('what is not there is named with the nearest, and no list was read to find that out', async () => {
    const { client, order } = await make();
    await client.ask('task.add', { ...order, id: 'ET-1' });
    for (const verb of ['task.show', 'task.pause', 'task.cancel', 'task.events', 'task.replay'] as const) {
      const failure = await refusal(client.ask(verb, { taskId: 'ET-2' }));
      expect([failure.code, failure.reason], verb).toEqual(['not_found', 'noTask']);
      expect(failure.message).toContain('did you mean ET-1');
    }
    expect(await refusal(client.ask('agent.show', { agentId: 'x' }))).toMatchObject({ reason: 'noRun' });
    expect(await refusal(client.ask('agent.show', { agentId: 'ET-1' }))).toMatchObject({ reason: 'noRunYet' });
    expect(await refusal(client.ask('breaker.reset', { name: 'x' }))).toMatchObject({ reason: 'noBreaker' });
    expect(await refusal(client.ask('deadLetter.retry', { id: 'event:7' }))).toMatchObject({ reason: 'noDeadLetter' });
    expect(await refusal(client.ask('pipeline.show', { name: 'x' }))).toMatchObject({ reason: 'noPipeline' });
  });

  test('bad input is refused with a problem for each field, and changes nothing', async () => {
    const { client, order } = await make();
    await client.ask('task.add', { ...order, id: 'ET-1' });
    const before = await client.ask('task.events', { taskId: 'ET-1' });
    const bad = { taskId: 'ET-1', reason: '  ', colour: 'red' };
    const failure = await refusal(client.ask('task.reject', bad as never));
    expect(failure).toMatchObject({ code: 'invalid', reason: 'badInput' });
    expect(failure.problems.map(({ path }) => path).sort()).toEqual(['colour', 'reason']);
    expect(failure.message).toMatch(/"colour": there is no such field/);
    const words = async (input: object) => (await refusal(client.ask('task.list', input as never))).message;
    expect(await words({ limit: 0 })).toContain('"limit": write at least 1.');
    expect(await words({ limit: 2_000 })).toContain('"limit": write at most 1000.');
    expect(await refusal(client.ask('task.show', { taskId: '' }))).toMatchObject({ reason: 'badInput' });
    expect(await refusal(client.ask('task.move', { taskId: 'ET-1', stage: 'reveiw' }))).toMatchObject({
      reason: 'noStage',
      message: expect.stringContaining('review'),
    });
    const unknown = await refusal(client.ask('task.send', { taskId: 'ET-1', type: 'task.aprove' }));
    expect(unknown).toMatchObject({ reason: 'unknownEvent', message: expect.stringContaining('task.approve') });
    expect(await client.ask('task.events', { taskId: 'ET-1' })).toEqual(before);
  });

  test('fields that mean nothing to an event are left out and named', async () => {
    const { client, order } = await make();
    await client.ask('task.add', { ...order, id: 'ET-1' });
    const sent = await client.ask('task.send', { taskId: 'ET-1', type: 'task.pause', data: { by: 'root', at: 1 } });
    expect(sent).toMatchObject({ outcome: 'applied', leftOut: ['by', 'at'] });
    const { items } = await client.ask('task.events', { taskId: 'ET-1' });
    expect(items.at(-1)).toMatchObject({ type: 'task.pause', source: 'ann', data: { by: 'ann' } });
  });

  test('a body of ten megabytes is refused at once and clearly', async () => {
    const { client, order } = await make();
    const began = performance.now();
    const failure = await refusal(client.ask('task.add', { ...order, body: 'x'.repeat(10_000_000) }));
    expect(failure).toMatchObject({ reason: 'badInput', problems: [{ path: 'body' }] });
    expect(failure.message.length).toBeLessThan(500);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await refusal(client.ask('task.show', { taskId: 'T-1' }))).toMatchObject({
      reason: expect.stringMatching(/noTask|noData/),
    });
  });

  test('everything that is wrong with an order is found before anything is made', async () => {
    const { client, order } = await make();
    await client.ask('task.add', { ...order, id: 'ET-1' });
    const reasons = [];
    for (const more of [
      { id: 'ET-1' },
      { id: '../x' },
      { title: '' },
      { repository: '/nowhere' },
      { target: 'mian' },
      { agent: 'clod' },
      { pipeline: 'nothing' },
      { pipeline: { name: 'mine', stages: [] } },
      { project: 'shop' },
    ]) {
      reasons.push((await refusal(client.ask('task.add', { ...order, ...more } as never))).reason);
    }
    expect(reasons).toEqual([
      'idTaken',
      'badId',
      'badTitle',
      'badRepository',
      'noBranch',
      'badAgent',
      'noPipeline',
      'badInput',
      'badInput',
    ]);
    expect(await tasksIn(client)).toEqual(['ET-1']);
  });

  test('who may not is refused before anything is read or checked', async () => {
    const data = await make();
    const all = await allOperations();
    for (const role of roles) {
      const client = await data.as(role as Role, 'eve');
      for (const operation of all.filter(({ route }) => route !== null)) {
        // Of an input that makes no sense nobody hears who may not ask.
        const names = [...operation.route!.path.matchAll(/:(\w+)/g)].map(([, name]) => [name!, 'x'] as const);
        const input = { ...Object.fromEntries(names), nonsense: true } as never;
        const asking = isStream(operation)
          ? client.follow(operation.name as never, input).next()
          : client.ask(operation.name as never, input);
        const mayAsk = roles.indexOf(role) >= roles.indexOf(operation.may);
        expect([role, operation.name, (await refusal(asking)).reason]).toEqual([
          role,
          operation.name,
          mayAsk ? 'badInput' : 'notAllowed',
        ]);
      }
    }
  });

  test('commands and paths of the machine are for administrators', async () => {
    const data = await make();
    await data.client.ask('task.add', { ...data.order, id: 'ET-1' });
    const operator = await data.as('operator');
    const may = (input: object) => refusal(operator.ask('task.add', { title: 'x', ...input } as never));
    expect(await may({ project: 'x', agent: 'sh -c id' })).toMatchObject({
      code: 'forbidden',
      remedy: { field: 'agent' },
    });
    expect(await may({ repository: '/etc' })).toMatchObject({
      reason: 'commandNotAllowed',
      remedy: { field: 'project' },
    });
    expect(await may({ project: 'x', pipeline: './evil.ts' })).toMatchObject({ reason: 'commandNotAllowed' });
    const pipeline = {
      name: 'p',
      stages: [{ name: 'w', role: 'w', gates: [{ kind: 'command', name: 'g', run: ['id'] }] }],
    };
    expect(await may({ project: 'x', pipeline })).toMatchObject({ reason: 'commandNotAllowed' });
    expect(await may({ project: 'x', agentEnv: ['TOKEN'] })).toMatchObject({ remedy: { field: 'agentEnv' } });
    expect(await refusal(operator.ask('task.retry', { taskId: 'ET-1', weakerSandbox: true }))).toMatchObject({
      reason: 'notAllowed',
    });
    const viewer = await data.as('viewer');
    expect(await refusal(viewer.ask('pipeline.show', { name: '/etc/passwd' }))).toMatchObject({
      reason: 'commandNotAllowed',
    });
    const spawn = { taskId: 'X', agentType: 'worker' as const, context: { repository: '/etc' } };
    expect(await refusal(operator.ask('agent.spawn', spawn))).toMatchObject({ reason: 'commandNotAllowed' });
  });

  test('a project of the configuration says where the work is, to operators too', async () => {
    const data = await make();
    data.configure();
    const operator = await data.as('operator');
    const made = await operator.ask('task.add', { title: 'Fix it', project: 'shop' });
    expect(made).toMatchObject({ project: 'shop', repository: data.repository });
    const spawn = { taskId: 'X', agentType: 'worker' as const, context: { repository: 'shop' } };
    expect(await operator.ask('agent.spawn', spawn)).toMatchObject({ agentId: 'X-worker' });
    for (const project of ['constructor', '__proto__', 'shpo']) {
      const failure = await refusal(operator.ask('task.add', { title: 'x', project }));
      expect([project, failure.reason]).toEqual([project, 'noProject']);
      expect(failure.message).toContain('shop');
    }
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(await refusal(operator.ask('pipeline.show', { name }))).toMatchObject({ reason: 'noPipeline' });
    }
    const odd = await operator.ask('task.add', { title: 'x', project: 'shop', id: 'constructor' });
    expect(odd.why).not.toContain('paused');
  });

  test('what agents are given as variables is told to nobody, wherever it is kept', async () => {
    const data = await make();
    const home = `\${HOME}`;
    data.configure({ agent: { set: { API: 'literal-secret', LOGIN: `x${home}y-secret`, HOME: home } } });
    const { id: taskId } = await data.client.ask('task.add', { title: 'Fix it', project: 'shop' });
    const viewer = await data.as('viewer');
    const stop = new AbortController();
    const seen: unknown[] = [
      await viewer.ask('task.snapshot', { taskId }),
      await viewer.ask('task.snapshot', { taskId, at: 1 }),
      await viewer.ask('task.replay', { taskId }),
      await viewer.ask('task.whatIf', { taskId, event: 'task.retry' }),
      await viewer.ask('task.events', { taskId }),
      await viewer.ask('agent.list', {}),
      await data.client.ask('config.show', {}),
    ];
    for await (const entry of viewer.follow('events.follow', { after: 0 }, { signal: stop.signal })) {
      seen.push(entry);
      if (entry.actorId === taskId) stop.abort();
    }
    expect(JSON.stringify(seen)).not.toContain('secret');
    expect(JSON.stringify(seen[0])).toContain(`"API":"***","LOGIN":"***","HOME":"${home}"`);
  });

  test('every transition is told once and in order, from any position on', async () => {
    const { client, order } = await make();
    await client.ask('task.add', { ...order, id: 'ET-1' });
    await client.ask('task.pause', { taskId: 'ET-1' });
    const stop = new AbortController();
    const seen = [];
    for await (const entry of client.follow('events.follow', { after: 0, task: 'ET-1' }, { signal: stop.signal })) {
      seen.push(entry);
      if (entry.type === 'task.pause') stop.abort();
    }
    expect(seen[0]).toMatchObject({ actorId: 'ET-1', kind: 'task', type: 'xstate.init', headline: 'analysis begins' });
    expect(seen.at(-1)).toMatchObject({ type: 'task.pause', headline: 'paused', tags: ['paused'] });
    const positions = seen.map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(new Set(positions).size).toBe(positions.length);
  });

  test('a failure of what comes bit by bit is the same failure', async () => {
    const { client, order } = await make();
    await client.ask('task.add', { ...order, id: 'ET-1' });
    expect(await refusal(client.follow('agent.logs', { agentId: 'x' }).next())).toMatchObject({ reason: 'noRun' });
    const nonsense = client.follow('events.follow', { after: -1 }).next();
    expect(await refusal(nonsense)).toMatchObject({ reason: 'badInput' });
  });

  test('ids of any kind reach the other side as they are', async () => {
    const { client, order } = await make();
    await client.ask('task.add', { ...order, id: 'ET-1' });
    for (const taskId of [
      '.',
      '..',
      '../ET-1',
      'a/b',
      'a b',
      '%2e%2e',
      'ü🚂',
      '?x=1',
      '#',
      "'; DROP TABLE actors;--",
      'worker',
    ]) {
      const failure = await refusal(client.ask('task.show', { taskId }));
      expect([taskId, failure.reason]).toEqual([taskId, 'noTask']);
    }
  });
});
