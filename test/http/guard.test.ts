/** Who gets in, and from where. */
import { expect, test } from 'vitest';
import { clientOn } from '../../src/client/on-site.ts';
import { networkGuard } from '../../src/http/guard.ts';
import { createTokens } from '../../src/operations/tokens.ts';
import { emptySite, openService } from './place.ts';

const problem = (status: number, reason: string) => ({ status, json: expect.objectContaining({ status, reason }) });

/** A service to which no token was ever given. */
async function unguarded() {
  const site = await emptySite();
  const tokens = createTokens(site.runtime, () => []);
  const guard = networkGuard({ ...tokens, hosts: ['127.0.0.1', 'localhost'], origins: ['https://board.example.org'] });
  const { ask, url } = await openService(site, { guard });
  const bare = (method: string, path: string, headers: Record<string, string | undefined> = {}, body?: string) =>
    ask(method, path, body, { authorization: undefined, ...headers });
  return { site, bare, url };
}

test('without a token programs of this machine get in, and may what an operator may', async () => {
  const { bare } = await unguarded();
  expect(await bare('GET', '/tasks')).toMatchObject({ status: 200 });
  expect(await bare('POST', '/queue/pause')).toMatchObject({ status: 200 });
  expect(await bare('GET', '/tokens')).toMatchObject(problem(403, 'notAllowed'));
});

test('what a proxy hands on comes from anywhere, and does not get in without a token', async () => {
  const { bare } = await unguarded();
  for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']) {
    expect(await bare('GET', '/tasks', { [name]: '127.0.0.1' })).toMatchObject(problem(401, 'unauthenticated'));
  }
});

test('a page of another site cannot order anything, however it names us', async () => {
  const { bare, url } = await unguarded();
  const host = new URL(url).host;
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `http://${host}.evil.example` },
    { 'sec-fetch-site': 'cross-site' },
    { host: 'evil.example', origin: 'http://evil.example' },
  ]) {
    expect(await bare('POST', '/agents/kill-all', headers)).toMatchObject(problem(403, 'foreignOrigin'));
  }
  expect(await bare('GET', '/tasks', { host: 'evil.example:8500' })).toMatchObject(problem(403, 'foreignOrigin'));
  const socket = { upgrade: 'websocket', connection: 'upgrade', origin: 'https://evil.example' };
  expect(await bare('GET', '/tasks', socket)).toMatchObject(problem(403, 'foreignOrigin'));
  for (const from of ['cross-site', 'same-site']) {
    // An image of such a page is asked for like anything else, and would be worked for.
    const image = { 'sec-fetch-site': from, 'sec-fetch-mode': 'no-cors' };
    expect(await bare('GET', '/data/verify', image)).toMatchObject(problem(403, 'foreignOrigin'));
    expect(await bare('GET', '/tasks', { ...image, 'sec-fetch-mode': 'navigate' })).toMatchObject({ status: 200 });
  }
  for (const headers of [{ origin: url }, { origin: 'https://board.example.org', 'sec-fetch-site': 'cross-site' }]) {
    expect(await bare('POST', '/queue/resume', headers)).toMatchObject({ status: 200 });
  }
});

test('once somebody was given a token, nobody gets in without one, also when it was taken back', async () => {
  const { site, bare } = await unguarded();
  const admin = clientOn(site, { name: 'ann', role: 'admin' });
  const { token } = await admin.ask('token.create', { name: 'ci', role: 'viewer' });
  const ci = { authorization: `Bearer ${token}` };
  expect(await bare('GET', '/tasks')).toMatchObject(problem(401, 'unauthenticated'));
  expect(await bare('GET', '/tasks', ci)).toMatchObject({ status: 200 });
  expect(await bare('POST', '/queue/pause', ci)).toMatchObject(problem(403, 'notAllowed'));
  for (const wrong of [`Bearer ${token}x`, 'Bearer', 'Bearer ', `Token ${token}`, token, 'Basic x']) {
    expect(await bare('GET', '/tasks', { authorization: wrong })).toMatchObject(problem(401, 'unauthenticated'));
  }
  await admin.ask('token.revoke', { name: 'ci' });
  expect(await bare('GET', '/tasks', ci)).toMatchObject(problem(401, 'unauthenticated'));
  expect(await bare('GET', '/tasks')).toMatchObject(problem(401, 'unauthenticated'));
  const again = await admin.ask('token.create', { name: 'ci', role: 'operator' });
  expect(again.token).not.toBe(token);
  expect(await bare('POST', '/queue/pause', { authorization: `bearer ${again.token}` })).toMatchObject({ status: 200 });
});

test('a token is kept nowhere, and listed by its name alone', async () => {
  const { site } = await unguarded();
  const admin = clientOn(site, { name: 'ann', role: 'admin' });
  const { token } = await admin.ask('token.create', { name: 'ci', role: 'viewer' });
  const kept = JSON.stringify([
    await admin.ask('token.list', {}),
    await site.runtime.logAfter(0, 1_000),
    await site.runtime.actors({ kind: 'token', limit: 10 }),
  ]);
  expect(kept).toContain('"ci"');
  expect(kept).not.toContain(token);
  expect(kept).not.toContain(token.slice(4, 20));
  await expect(admin.ask('token.create', { name: 'ci', role: 'admin' })).rejects.toMatchObject({
    reason: 'tokenTaken',
  });
});

test('a browser is asked for the token as it can give one', async () => {
  const { ask, admin } = await openService();
  const page = await ask('GET', '/tasks', undefined, { authorization: undefined, accept: 'text/html,*/*' });
  expect([page.status, page.headers['www-authenticate']]).toEqual([401, 'Basic realm="signalbox"']);
  const program = await ask('GET', '/tasks', undefined, { authorization: undefined });
  expect(program.headers['www-authenticate']).toBe('Bearer realm="signalbox"');
  const given = `Basic ${Buffer.from(`anybody:${admin}`).toString('base64')}`;
  expect((await ask('GET', '/tasks', undefined, { authorization: given })).status).toBe(200);
});

test('a token in an address is refused, whatever else is right', async () => {
  const { ask, admin } = await openService();
  for (const path of [`/tasks?token=${admin}`, '/health?x=1&access_token=y', '/events?api_key=z']) {
    expect(await ask('GET', path)).toMatchObject(problem(401, 'unauthenticated'));
  }
});

test('one sender from one address may ask so often, and is told when again', async () => {
  const network = { requestsPerMinute: 3, trustProxy: 1, origins: [] };
  const { ask } = await openService(undefined, { network });
  const from = (address: string) => ask('GET', '/queue', undefined, { 'x-forwarded-for': address });
  for (let count = 0; count < 3; count++) expect((await from('192.0.2.1')).status).toBe(200);
  const refused = await from('192.0.2.1');
  expect(refused).toMatchObject(problem(429, 'tooOften'));
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await from('192.0.2.2')).status).toBe(200);
  // Who says behind a proxy that he is this machine is believed by nobody; who is, without one, has no limit.
  for (let count = 0; count < 3; count++) expect((await from('127.0.0.1')).status).toBe(200);
  expect((await from('127.0.0.1')).status).toBe(429);
  const direct = await openService(undefined, { network: { ...network, trustProxy: null } });
  for (let count = 0; count < 5; count++) expect((await direct.ask('GET', '/queue')).status).toBe(200);
});

test('where there is nothing, nobody is told whether his token is one', async () => {
  const { ask, admin } = await openService();
  for (const authorization of [undefined, 'Bearer guessed', `Bearer ${admin}`]) {
    expect((await ask('GET', '/nothing', undefined, { authorization })).status).toBe(404);
    expect((await ask('PUT', '/tasks', undefined, { authorization })).status).toBe(405);
  }
});

test('where an agent is kept apart by a sandbox, whoever shows no token only looks: the agent would approve its own work', async () => {
  const site = await emptySite();
  const tokens = createTokens(site.runtime, () => []);
  const guard = networkGuard({ ...tokens, hosts: ['127.0.0.1'], origins: [], roleWithout: () => 'viewer' });
  const { ask } = await openService(site, { guard });
  const bare = { authorization: undefined };
  expect((await ask('GET', '/tasks', undefined, bare)).status).toBe(200);
  expect(await ask('POST', '/agents/kill-all', '{}', bare)).toMatchObject(problem(403, 'notAllowed'));
});

test('the feed says nothing of tokens to those who only look', async () => {
  const site = await emptySite();
  await clientOn(site, { name: 'ann', role: 'admin' }).ask('token.create', { name: 'ci', role: 'viewer' });
  const stop = new AbortController();
  const viewer = clientOn(site, { name: 'eve', role: 'viewer' });
  const seen = [];
  for await (const entry of viewer.follow('events.follow', { after: 0 }, { signal: stop.signal })) {
    seen.push(entry);
    if (entry.kind === 'token') stop.abort();
  }
  expect(seen.at(-1)).toMatchObject({ actorId: 'token:ci', data: {} });
  expect(JSON.stringify(seen)).not.toContain('sha256');
});
