/** Who may ask what: each role at each route is let in, or is refused with the reason and has changed nothing. */
import { expect, test } from 'vitest';
import { roles } from '../../src/operations/operation.ts';
import { openNetwork } from '../client/data.ts';
import { bodyOf, pathOf, waysToAsk } from './asked.ts';
import { type Route, readDescription } from './described.ts';
import { emptySite } from './place.ts';
import { makeWorld, type World } from './world.ts';

/** Somebody at the door: what he shows, and as whom he is taken; null for nobody. */
interface Visitor {
  name: string;
  authorization: string | undefined;
  role: string | null;
}

async function visitorsOf({ ask }: World): Promise<Visitor[]> {
  const issue = async (name: string, role: string) => {
    const { json } = await ask('POST', '/tokens', JSON.stringify({ name, role }));
    return `Bearer ${json.token}`;
  };
  const holding = await Promise.all(
    roles.map(async role => ({ name: role, role, authorization: await issue(`a-${role}`, role) })),
  );
  const revoked = await issue('revoked', 'admin');
  await ask('POST', '/tokens/revoked/revoke', '{}');
  return [
    { name: 'nobody', role: null, authorization: undefined },
    { name: 'a stranger', role: null, authorization: 'Bearer sbx_0123456789012345678901234567890123456789012' },
    { name: 'no token', role: null, authorization: 'Bearer ' },
    { name: 'another scheme', role: null, authorization: 'Basic YWRtaW46YWRtaW4=' },
    { name: 'revoked', role: null, authorization: revoked },
    ...holding,
  ];
}

/** What is to be answered: null where he is let in. */
function refusalFor({ role }: Route, visitor: Visitor): [number, string] | null {
  if (role === null) return null;
  if (visitor.role === null) return [401, 'unauthenticated'];
  return roles.indexOf(visitor.role as never) < roles.indexOf(role as never) ? [403, 'notAllowed'] : null;
}

test('each role is let in by each route or refused with the reason, and who is refused has changed nothing', async () => {
  const world = await makeWorld();
  const { routes } = await readDescription(world);
  const visitors = await visitorsOf(world);
  const position = await world.site.runtime.lastPosition();
  const counts = new Map<string, number>();
  for (const route of routes) {
    for (const visitor of visitors) {
      const { authorization } = visitor;
      const [way] = waysToAsk(route, world);
      const refused = refusalFor(route, visitor);
      const about = `${visitor.name} at ${route.operationId}`;
      // Who is refused has ordered well; who is let in orders what makes no sense, so that nothing comes of it either.
      const asked = refused === null && route.isOperation ? { ...way!, query: '', body: { nonsense: true } } : way!;
      const query = refused === null && route.isOperation && route.method === 'GET' ? '?nonsense=1' : asked.query;
      const path = pathOf(route, { ...asked, query });
      const answer = await world.ask(route.method, path, bodyOf(route, asked), { authorization });
      if (refused !== null) expect([about, answer.status, answer.json.reason]).toEqual([about, ...refused]);
      else if (route.isOperation) expect([about, answer.json.reason]).toEqual([about, 'badInput']);
      else expect([about, answer.status]).toEqual([about, way!.status]);
      if (refused?.[0] === 401) expect(answer.headers['www-authenticate'], about).toContain('Bearer');
      counts.set(visitor.name, (counts.get(visitor.name) ?? 0) + (refused === null ? 1 : 0));
    }
  }
  expect(await world.site.runtime.lastPosition()).toBe(position);
  // Each may what those before may, and more.
  const [viewer = 0, operator = 0, admin = 0] = roles.map(role => counts.get(role));
  expect(counts.get('nobody')).toBe(routes.filter(({ role }) => role === null).length);
  expect([viewer < operator, operator < admin, admin]).toEqual([true, true, routes.length]);
});

test('while there is no token, programs of this machine are operators, and pages of another site are nobody', async () => {
  const world = await makeWorld();
  const { routes } = await readDescription(world);
  const site = await emptySite();
  const { url } = await openNetwork(site);
  const position = await site.runtime.lastPosition();
  for (const route of routes.filter(({ isOperation }) => isOperation)) {
    const [way] = waysToAsk(route, world);
    const ask = (headers: Record<string, string>) =>
      fetch(`${url}${pathOf(route, { ...way!, query: route.method === 'GET' ? '?nonsense=1' : '' })}`, {
        method: route.method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(route.method === 'POST' && { body: '{"nonsense":1}' }),
      }).then(async answer => [route.operationId, ((await answer.json()) as { reason: string }).reason]);
    expect(await ask({})).toEqual([route.operationId, route.role === 'admin' ? 'notAllowed' : 'badInput']);
    if (route.method === 'POST') {
      expect(await ask({ origin: 'https://elsewhere.example' })).toEqual([route.operationId, 'foreignOrigin']);
    }
  }
  expect(await site.runtime.lastPosition()).toBe(position);
});
