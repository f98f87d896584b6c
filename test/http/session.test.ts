/** A browser that is signed in, and what nobody can make it do. */
import { expect, test } from 'vitest';
import { addSession } from '../../src/http/session.ts';
import { emptySite, openService } from './place.ts';

const problem = (status: number, reason: string) => ({ status, json: expect.objectContaining({ status, reason }) });

async function guarded() {
  const service = await openService(await emptySite(), { more: (server, guard) => addSession(server, guard) });
  const bare = (method: string, path: string, headers: Record<string, string | undefined> = {}, body?: string) =>
    service.ask(method, path, body, { authorization: undefined, ...headers });
  const signIn = async (token: string) => {
    const answer = await bare('POST', '/session', {}, JSON.stringify({ token }));
    return { ...answer, cookie: String(answer.headers['set-cookie']).split(';')[0]! };
  };
  return { ...service, bare, signIn, origin: service.url };
}

test('a token that is accepted is kept in a cookie that no script reads and no other site sends', async () => {
  const { signIn, bare, admin, port } = await guarded();
  const answer = await signIn(admin);
  expect(answer).toMatchObject({ status: 200, json: { name: 'ann', role: 'admin', isSignedIn: true } });
  const [cookie = '', ...attributes] = String(answer.headers['set-cookie']).split('; ');
  expect(cookie).toBe(`signalbox-${port}=${admin}`);
  expect(attributes.sort()).toEqual(['HttpOnly', 'Max-Age=2592000', 'Path=/', 'SameSite=Strict']);
  expect(await bare('GET', '/session', { cookie })).toMatchObject({ json: { name: 'ann', isSignedIn: true } });
  expect(await bare('GET', '/tasks', { cookie })).toMatchObject({ status: 200 });
  expect(await bare('GET', '/tasks')).toMatchObject(problem(401, 'unauthenticated'));
});

test('over TLS the cookie is for this host alone, and sent over nothing else', async () => {
  const network = { requestsPerMinute: null, trustProxy: 1, origins: [] };
  const { ask, admin } = await openService(await emptySite(), {
    network,
    more: (server, guard) => addSession(server, guard),
  });
  const headers = { authorization: undefined, 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' };
  const answer = await ask('POST', '/session', JSON.stringify({ token: admin }), headers);
  expect(String(answer.headers['set-cookie'])).toMatch(/^__Host-signalbox-\d+=.*; Secure/);
});

test('a token that is none is refused, and nothing is kept', async () => {
  const { signIn, bare } = await guarded();
  const refused = await signIn('guessed');
  expect(refused).toMatchObject(problem(401, 'unauthenticated'));
  expect(refused.headers['set-cookie']).toBeUndefined();
  for (const body of ['{}', '{"token":""}', '{"token":1}', '{"token":"x","role":"admin"}', '[]']) {
    expect(await bare('POST', '/session', {}, body)).toMatchObject(problem(400, 'badInput'));
  }
});

test('a cookie alone orders nothing: a browser says which page has it ask, and it is ours', async () => {
  const { signIn, bare, admin, origin } = await guarded();
  const { cookie } = await signIn(admin);
  const order = (headers: Record<string, string>) => bare('POST', '/queue/pause', { cookie, ...headers }, '{}');
  expect(await order({ origin })).toMatchObject({ status: 200 });
  expect(await order({ 'sec-fetch-site': 'same-origin' })).toMatchObject({ status: 200 });
  expect(await order({})).toMatchObject(problem(403, 'foreignOrigin'));
  const foreigners: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    // Another program of this machine is the same site, and not the same origin.
    { origin: 'http://127.0.0.1:1' },
    { origin, 'sec-fetch-site': 'same-site' },
    { origin, 'sec-fetch-site': 'cross-site' },
  ];
  for (const foreign of foreigners) {
    expect(await order(foreign), JSON.stringify(foreign)).toMatchObject(problem(403, 'foreignOrigin'));
  }
});

test('a form of another site signs nobody in under another name', async () => {
  const { bare, admin } = await guarded();
  const body = JSON.stringify({ token: admin });
  expect(await bare('POST', '/session', { 'content-type': 'text/plain' }, body)).toMatchObject(
    problem(415, 'badMediaType'),
  );
  expect(await bare('POST', '/session', { origin: 'https://evil.example' }, body)).toMatchObject(
    problem(403, 'foreignOrigin'),
  );
});

test('signing out takes the cookie away', async () => {
  const { bare, signIn, admin, origin } = await guarded();
  const { cookie } = await signIn(admin);
  const answer = await bare('POST', '/session/end', { cookie, origin }, '{}');
  expect(answer.status).toBe(200);
  expect(String(answer.headers['set-cookie'])).toMatch(/^signalbox-\d+=; Max-Age=0;/);
});

test('what comes with a token of its own needs no cookie and minds none', async () => {
  const { bare, admin } = await guarded();
  const headers = { authorization: `Bearer ${admin}`, cookie: 'signalbox-1=x; other=%E0%A4%A' };
  expect(await bare('POST', '/queue/pause', headers, '{}')).toMatchObject({ status: 200 });
});
