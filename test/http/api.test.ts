/** The API is what its document says: each route is asked for each of its answers, the good ones and the bad ones. */
import { execFileSync } from 'node:child_process';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { type Reason, reasons } from '../../src/domain/reasons.ts';
import { places } from '../../src/http/page/places.ts';
import { roles } from '../../src/operations/operation.ts';
import { bodyOf, pathOf, waysToAsk } from './asked.ts';
import { type Described, type Route, readDescription } from './described.ts';
import type { Answer } from './place.ts';
import { makeWorld, type World } from './world.ts';

async function start() {
  const world = await makeWorld();
  return { world, ...(await readDescription(world)) };
}

/** Which statuses each operation was seen to answer. */
const seen = new Map<string, Set<number>>();

function see({ check }: Pick<Described, 'check'>, route: Route, answer: Answer): Answer {
  check(route, answer);
  seen.set(route.operationId, (seen.get(route.operationId) ?? new Set()).add(answer.status));
  return answer;
}

const isLook = ({ method, isStream, isOperation }: Route) => method === 'GET' && !isStream && isOperation;
const isOrder = ({ method }: Route) => method === 'POST';
const isKeyed = ({ parameters }: Route) => parameters.some(({ name }) => name === 'idempotency-key');

/** Asks well, but for what is said otherwise. */
function askAlmost(
  world: World,
  route: Route,
  {
    more = {},
    ids,
    headers = {},
    body,
  }: { more?: object; ids?: string; headers?: Record<string, string | undefined>; body?: string } = {},
): Promise<Answer> {
  const [usual] = waysToAsk(route, world);
  const named = ids === undefined ? usual!.ids : Object.fromEntries(Object.keys(usual!.ids).map(name => [name, ids]));
  const isGet = route.method === 'GET';
  const query = isGet && Object.keys(more).length > 0 ? `?${new URLSearchParams(more as never)}` : usual!.query;
  const written = isGet ? undefined : (body ?? JSON.stringify({ ...usual!.body, ...more }));
  return world.ask(route.method, pathOf(route, { ids: named, query }), written, { ...usual!.headers, ...headers });
}

test('the document is valid, and every part of it says what it is', async () => {
  const { document, all } = await start();
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document) as never)).toMatchObject({ valid: true });
  expect(validator.version).toBe('3.1');
  expect(document.tags.filter(({ description }) => !description)).toEqual([]);
  const ids = all.map(({ operationId }) => operationId);
  expect(ids).toEqual([...new Set(ids)]);
  for (const { operationId, summary, parameters } of all) {
    expect(summary, operationId).toMatch(/^\S.{4,}[^.]$/);
    for (const { name, description } of parameters) expect(description, `${operationId}.${name}`).toBeTruthy();
  }
  const named = all.flatMap(({ responses }) => Object.values(responses).flatMap(it => it['x-reasons'] ?? []));
  expect(named.filter(reason => !Object.hasOwn(reasons, reason))).toEqual([]);
  const refs = JSON.stringify(document).match(/(?<="\$ref":")[^"]*/g) ?? [];
  const here = (ref: string) => {
    const [root, part, sort = '', name = ''] = ref.split('/');
    return root === '#' && part === 'components' && document.components[sort]?.[name] !== undefined;
  };
  expect(refs.filter(ref => !here(ref))).toEqual([]);
});

test('whatever the server serves is in the document', async () => {
  const { world, all } = await start();
  const served = (routes: string) =>
    [...routes.matchAll(/^[^/*]*(\/\S*|\*) \(([A-Z, ]+)\)/gm)].map(([, path, methods]) => [path!, methods!] as const);
  const written = all.map(({ method, path }) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`);
  const flat = served(flatten(world.server.printRoutes({ commonPrefix: false })));
  expect(flat.length).toBeGreaterThan(30);
  const missing = flat
    .filter(([path]) => !/^\/(?:docs|assets)\//.test(path) && !isPlace(path))
    .flatMap(([path, methods]) => methods.split(', ').map(method => `${method} ${path}`))
    .filter(route => !route.startsWith('HEAD ') && !written.includes(route));
  expect(missing).toEqual([]);
});

/** A place of the page: what a program gets there is described, where it gets anything. */
const isPlace = (path: string) => (places as readonly string[]).includes(path);

/** The printed tree with each path whole. */
function flatten(tree: string): string {
  const open: string[] = [];
  return tree
    .split('\n')
    .flatMap(line => {
      const found = /^([│ ]*)[├└]── (\S*)(.*)$/.exec(line);
      if (found === null) return [];
      const [, indent = '', piece = '', rest = ''] = found;
      open.length = indent.length / 4;
      open.push(piece);
      return [`${open.join('')}${rest}`];
    })
    .join('\n');
}

test('every route gives each of its good answers to the least role that may ask', async () => {
  const { world, routes, check, checkPiece } = await start();
  for (const route of routes) {
    const types = new Set<string>();
    for (const way of waysToAsk(route, world)) {
      const token = route.role === null ? undefined : world.token(route.role as never, 'least');
      const authorization = token === undefined ? undefined : `Bearer ${token}`;
      const path = pathOf(route, way);
      if (way.type === 'text/event-stream') {
        const heard = await world.hear(path, { ...way.headers, authorization: authorization! });
        expect(heard.pieces.length, route.operationId).toBeGreaterThan(0);
        for (const piece of heard.pieces) checkPiece(route, piece);
        types.add(see({ check }, route, heard).headers['content-type']!.split(';')[0]!);
        continue;
      }
      const answer = await world.ask(route.method, path, bodyOf(route, way), { ...way.headers, authorization });
      const type = answer.headers['content-type']?.split(';')[0];
      expect([route.operationId, answer.status, type, answer.body.slice(0, 300)]).toEqual([
        route.operationId,
        way.status,
        way.type,
        answer.body.slice(0, 300),
      ]);
      see({ check }, route, answer);
      if (answer.status < 400) types.add(type!);
    }
    const good = Object.entries(route.responses).filter(([status]) => status.startsWith('2'));
    const described = good.flatMap(([, { content = {} }]) => Object.keys(content));
    expect([...types].sort(), route.operationId).toEqual([...new Set(described)].sort());
  }
});

test('what was looked at and has not changed is not sent again, and HEAD says the same without it', async () => {
  const { world, routes, check } = await start();
  for (const route of routes.filter(isLook)) {
    const first = await askAlmost(world, route);
    expect(first.headers.etag, route.operationId).toBeTruthy();
    const again = await askAlmost(world, route, { headers: { 'if-none-match': `"x", ${first.headers.etag}` } });
    // Of what tells the time the answer has changed.
    if (route.operationId !== 'queue.show') expect(again.status, route.operationId).toBe(304);
    see({ check }, route, again);
    const path = pathOf(route, waysToAsk(route, world)[0]!);
    const head = await world.ask('HEAD', path);
    expect([route.operationId, head.status, head.body]).toEqual([route.operationId, 200, '']);
  }
});

test('an order is carried out and answered whatever was answered before', async () => {
  const { world, routes, check } = await start();
  for (const route of routes.filter(isOrder)) {
    const refused = await askAlmost(world, route, { more: { nonsense: 1 } });
    const headers = { 'if-none-match': '*' };
    expect((await askAlmost(world, route, { more: { nonsense: 1 }, headers })).body).toBe(refused.body);
    const order = await askAlmost(world, route, { headers });
    expect([route.operationId, order.status < 300, order.headers.etag]).toEqual([route.operationId, true, undefined]);
    see({ check }, route, order);
  }
});

test('what makes no sense is refused with its reason by every route, and changes nothing', async () => {
  const { world, routes, check } = await start();
  const position = await world.site.runtime.lastPosition();
  const refused = async (route: Route, reason: Reason, almost: Parameters<typeof askAlmost>[2]) => {
    const answer = see({ check }, route, await askAlmost(world, route, almost));
    expect([route.operationId, answer.json.reason, answer.body]).toEqual([route.operationId, reason, answer.body]);
  };
  for (const route of routes.filter(({ isOperation }) => isOperation)) {
    await refused(route, 'badInput', { more: { nonsense: '1' } });
    if (!isOrder(route)) continue;
    await refused(route, 'badJson', { body: '{"x":' });
    await refused(route, 'badJson', { body: '[]' });
    await refused(route, 'badMediaType', { headers: { 'content-type': 'text/plain' } });
    await refused(route, 'tooLarge', { headers: { 'content-length': '12000001' } });
    await refused(route, 'foreignOrigin', { headers: { origin: 'https://elsewhere.example' } });
    if (!isKeyed(route) && route.role !== null)
      await refused(route, 'badInput', { headers: { 'idempotency-key': 'k' } });
  }
  expect(await world.site.runtime.lastPosition()).toBe(position);
});

test('an id that there is not is answered with 404 and a reason by every route that takes one', async () => {
  const { world, routes, check } = await start();
  const position = await world.site.runtime.lastPosition();
  for (const route of routes.filter(({ path }) => path.includes('{'))) {
    const answer = see({ check }, route, await askAlmost(world, route, { ids: 'nobody-has-this' }));
    expect([route.operationId, answer.status]).toEqual([route.operationId, 404]);
    const long = see({ check }, route, await askAlmost(world, route, { ids: 'x'.repeat(5_000) }));
    expect([route.operationId, long.status, long.json.reason]).toEqual([route.operationId, 400, 'badRequest']);
  }
  expect(await world.site.runtime.lastPosition()).toBe(position);
});

test('what a field names that there is not is answered with 404', async () => {
  const { world, routes, check } = await start();
  for (const [id, more, reason] of [
    ['task.add', { project: 'nothing' }, 'noProject'],
    ['task.fork', { at: 1_000_000 }, 'beyondLog'],
    ['agent.list', { taskId: 'nothing' }, 'noTask'],
    ['queue.pause', { project: 'nothing' }, 'noProject'],
    ['lease.release', { resource: 'nothing' }, 'noLease'],
    ['events.follow', { after: '1000000' }, 'beyondLog'],
    ['pipeline.check', { file: 'nothing' }, 'noPipeline'],
  ] as const) {
    const route = routes.find(({ operationId }) => operationId === id)!;
    const answer = see({ check }, route, await askAlmost(world, route, { more }));
    expect([id, answer.status, answer.json.reason]).toEqual([id, 404, reason]);
  }
});

test('what stands in the way is a conflict', async () => {
  const { world, routes, check } = await start();
  const route = (id: string) => routes.find(({ operationId }) => operationId === id)!;
  execFileSync('git', ['-C', world.repository, 'branch', 'feature/S-worker-worker-for-s']);
  for (const [id, more, reason] of [
    ['task.add', { id: 'ET-1' }, 'idTaken'],
    ['task.fork', { id: 'ET-1' }, 'idTaken'],
    ['token.create', { name: 'ci' }, 'tokenTaken'],
    ['data.backup', { file: world.site.paths.database }, 'fileExists'],
    ['agent.spawn', {}, 'branchTaken'],
  ] as const) {
    const answer = see({ check }, route(id), await askAlmost(world, route(id), { more }));
    expect([id, answer.status, answer.json.reason]).toEqual([id, 409, reason]);
  }
});

test('an event that no task knows is unprocessable', async () => {
  const { world, routes, check } = await start();
  for (const [id, more] of [
    ['task.send', { type: 'task.aprove' }],
    ['task.whatIf', { event: 'task.aprove' }],
  ] as const) {
    const route = routes.find(({ operationId }) => operationId === id)!;
    const answer = see({ check }, route, await askAlmost(world, route, { more }));
    expect([id, answer.status, answer.json.reason]).toEqual([id, 422, 'unknownEvent']);
  }
});

test('I2: a key under which another order was given is refused by every route that takes keys', async () => {
  const { world, routes, check } = await start();
  const headers = { 'idempotency-key': 'k1' };
  await world.ask('POST', '/queue/pause', '{}', headers);
  const position = await world.site.runtime.lastPosition();
  for (const route of routes.filter(isKeyed)) {
    const more = route.operationId === 'queue.pause' ? { project: 'shop' } : {};
    const answer = see({ check }, route, await askAlmost(world, route, { more, headers }));
    expect([route.operationId, answer.status, answer.json.reason]).toEqual([route.operationId, 422, 'keyReused']);
  }
  expect(await world.site.runtime.lastPosition()).toBe(position);
});

test('a title that is made of a long work item is cut between characters', async () => {
  const { ask } = await makeWorld();
  const context = { repository: 'shop', workItems: [`${'x'.repeat(299)}🚂 and more`] };
  await ask('POST', '/agents/spawn', JSON.stringify({ taskId: 'S', agentType: 'worker', context }));
  expect((await ask('GET', '/tasks/S-worker')).json.title).toBe('x'.repeat(299));
});

test('a method that a path does not take is refused with those that it takes', async () => {
  const { world, routes } = await start();
  const all = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
  const operations = routes.filter(({ isOperation }) => isOperation);
  for (const path of new Set(operations.map(it => it.path))) {
    // `GET /agents/spawn` asks for an agent of that name.
    const some = operations.filter(it => new RegExp(`^${it.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path));
    const methods = some.flatMap(it => (it.method === 'GET' && !it.isStream ? ['GET', 'HEAD'] : [it.method]));
    const taken = [...new Set(methods)];
    for (const method of all.filter(it => !taken.includes(it))) {
      const { status, headers } = await world.ask(method, pathOf({ path }, { ids: {}, query: '' }));
      expect([method, path, status, headers.allow?.split(', ').sort()]).toEqual([method, path, 405, taken.sort()]);
    }
  }
});

test('whoever asks too often is refused on every route until a minute has passed', async () => {
  // So many are needed to make the world and to read the description.
  const requestsPerMinute = 8;
  const world = await makeWorld({ network: { requestsPerMinute, trustProxy: 1, origins: [] } });
  const { routes, check } = await readDescription(world);
  // Many deliveries come from one address, and who sends them is known by their signatures.
  const limited = routes.filter(({ path }) => !path.startsWith('/webhook/'));
  for (const [index, route] of limited.entries()) {
    const headers = { 'x-forwarded-for': `192.0.2.${index}` };
    const asked = () => askAlmost(world, route, { more: { nonsense: 1 }, headers });
    for (let count = 0; count < requestsPerMinute; count++) await asked();
    const answer = await asked();
    see({ check }, route, answer);
    expect([route.operationId, answer.status, answer.json.reason]).toEqual([route.operationId, 429, 'tooOften']);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  }
});

test('while the data cannot be had, whatever needs it says so', async () => {
  const { world, routes, check } = await start();
  await world.site.close();
  for (const route of routes.filter(({ operationId }) => operationId !== 'service.ready')) {
    const answer = see({ check }, route, await askAlmost(world, route));
    const isListed = route.responses['503'] !== undefined;
    expect([route.operationId, answer.status, answer.body]).toEqual([
      route.operationId,
      isListed ? 503 : expect.any(Number),
      answer.body,
    ]);
    expect(answer.status, route.operationId).not.toBe(500);
  }
  const ready = await world.ask('GET', '/health/ready');
  expect([ready.status, ready.json.status]).toEqual([503, 'failed']);
  expect(ready.body).not.toContain(world.site.paths.dataDir);
});

test('whoever does not say who he is, or has not the role, is refused by every route', async () => {
  const { world, routes, check } = await start();
  for (const route of routes.filter(({ role }) => role !== null)) {
    see({ check }, route, await askAlmost(world, route, { headers: { authorization: undefined } }));
    const less = roles[roles.indexOf(route.role as never) - 1];
    if (less === undefined) continue;
    const authorization = `Bearer ${world.token(less, 'less')}`;
    see({ check }, route, await askAlmost(world, route, { headers: { authorization } }));
    expect(seen.get(route.operationId)).toContain(403);
  }
});

test('every answer that the document lists was given in one of these tests, but those that nobody can provoke', async () => {
  const { routes } = await start();
  const rare = (route: Route, status: number): boolean => {
    const why = route.responses[status]?.['x-reasons'] ?? [];
    // A bug; a request that comes in drops; another process that takes the data over; a page of another site that looks.
    if (status === 500 || status === 408) return true;
    if (status === 403) return why.every(reason => reason === 'foreignOrigin' || reason === 'commandNotAllowed');
    return (
      status === 409 &&
      why.every(reason => ['takenOver', 'versionConflict', 'logDiverged', 'weakerSandbox'].includes(reason))
    );
  };
  const unseen = routes
    .filter(({ isOperation }) => isOperation)
    .flatMap(route =>
      Object.keys(route.responses)
        .map(Number)
        .filter(status => !seen.get(route.operationId)?.has(status) && !rare(route, status))
        .map(status => `${route.operationId} ${status}`),
    );
  expect(unseen).toEqual([]);
});
