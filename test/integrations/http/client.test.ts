/** The HTTP of our own clients, against a server that answers as each test wants. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createHttp, type HttpOptions } from '../../../src/integrations/http/client.ts';
import { at, whole } from '../../../src/integrations/http/path.ts';
import { isPassing } from '../../../src/integrations/outside.ts';

const token = 'f00dfeed'.repeat(5);
const thing = z.object({ id: z.number() });

/** What every client has. */
const bare: Omit<HttpOptions, 'base'> = {
  ...{ name: 'codehost', headers: { authorization: `token ${token}` }, secrets: [token] },
  paging: { parameter: 'limit', size: 2 },
};

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(handler: Handler, options: Partial<HttpOptions> = {}) {
  const requests: { method: string; url: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, authorization: headers.authorization });
    handler(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(stop);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = createHttp({ ...bare, base: `${origin}/api`, ...options });
  return { http, origin, requests, stop };
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

test('signs in and reads by a schema', async () => {
  const { http, requests } = await serve((_, response) => json(response, 200, { id: 1, more: 'unknown' }));
  expect(await http.get('/things/1', thing, { ref: 'a b', none: undefined })).toEqual({ id: 1 });
  expect(requests).toEqual([{ method: 'GET', url: '/api/things/1?ref=a+b', authorization: `token ${token}` }]);
});

test.each([
  [400, 'invalid'],
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'notFound'],
  [409, 'conflict'],
  [410, 'notFound'],
  [412, 'conflict'],
  [422, 'invalid'],
  [423, 'forbidden'],
  [429, 'limited'],
  [500, 'unreachable'],
  [502, 'unreachable'],
  [503, 'unreachable'],
] as const)('takes %i for %s', async (status, failure) => {
  const { http } = await serve((_, response) => json(response, status, { message: 'the words' }));
  await expect(http.get('/things/1', thing)).rejects.toMatchObject({
    failure,
    status,
    retryAt: null,
    message: `codehost answered ${status} to GET /things/1: the words`,
  });
});

test('waits as long as Retry-After says, in seconds', async () => {
  const { http } = await serve((_, response) => json(response, 429, {}, { 'retry-after': '30' }));
  const error = await http.get('/things', thing).catch(error => error);
  expect(isPassing(error)).toBe(true);
  expect(Math.abs(error.retryAt - Date.now() - 30_000)).toBeLessThan(5_000);
});

test('waits as long as Retry-After says, as a date', async () => {
  const date = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 90_000);
  const { http } = await serve((_, response) => json(response, 503, {}, { 'retry-after': date.toUTCString() }));
  await expect(http.get('/things', thing)).rejects.toMatchObject({ failure: 'unreachable', retryAt: date.getTime() });
});

test('waits until the limit is reset', async () => {
  const reset = Math.floor(Date.now() / 1_000) + 120;
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) };
  const { http } = await serve((_, response) => json(response, 403, { message: 'slow down' }, headers));
  await expect(http.get('/things', thing)).rejects.toMatchObject({ failure: 'limited', retryAt: reset * 1_000 });
});

test('believes no wait beyond a day', async () => {
  const { http } = await serve((_, response) => json(response, 429, {}, { 'retry-after': '99999999' }));
  const error = await http.get('/things', thing).catch(error => error);
  expect(error.retryAt).toBeLessThanOrEqual(Date.now() + 24 * 60 * 60_000);
});

test('gives up when no answer comes in time', async () => {
  const { http } = await serve(() => {}, { timeoutMs: 100 });
  await expect(http.get('/things', thing)).rejects.toMatchObject({ failure: 'unreachable', status: null });
});

test('gives up when an answer begins and does not end', async () => {
  const { http } = await serve((_, response) => response.writeHead(200).write('{"id":'), { timeoutMs: 100 });
  await expect(http.get('/things', thing)).rejects.toMatchObject({ failure: 'unreachable' });
});

test('says that nobody answers', async () => {
  const { http, stop } = await serve(() => {});
  await stop();
  const error = await http.get('/things', thing).catch(error => error);
  expect(error).toMatchObject({
    failure: 'unreachable',
    status: null,
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('says that a connection was cut', async () => {
  const { http } = await serve((request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{');
    request.socket.destroy();
  });
  await expect(http.get('/things', thing)).rejects.toMatchObject({ failure: 'unreachable' });
});

test('takes a page for people for no answer', async () => {
  const { http } = await serve((_, response) =>
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Sign in</html>'),
  );
  await expect(http.get('/things', thing)).rejects.toMatchObject({
    failure: 'invalid',
    status: 200,
    message: 'codehost answered GET /things with what cannot be read: it is text/html, not JSON.',
  });
});

test('names the field that is not as expected', async () => {
  const { http } = await serve((_, response) => json(response, 200, { id: 'one' }));
  await expect(http.get('/things', thing)).rejects.toMatchObject({
    failure: 'invalid',
    message: expect.stringContaining('id is not as expected'),
  });
});

test('reads no more than it may', async () => {
  const { http } = await serve(
    (_, response) => {
      const more = () => {
        while (response.write('x'.repeat(65_536)));
      };
      response.writeHead(200).on('drain', more);
      more();
    },
    { maxBytes: 1_000_000 },
  );
  await expect(http.get('/things', thing)).rejects.toMatchObject({
    failure: 'invalid',
    message: expect.stringContaining('more than 1000000 bytes'),
  });
});

test('follows to another address of the same server', async () => {
  const { http } = await serve((request, response) =>
    request.url === '/api/old'
      ? response.writeHead(301, { location: '/api/new' }).end()
      : json(response, 200, { id: 2 }),
  );
  expect(await http.get('/old', thing)).toEqual({ id: 2 });
});

test('never takes its token to another server', async () => {
  const other = await serve((_, response) => json(response, 200, { id: 3 }));
  const { http } = await serve((_, response) => response.writeHead(302, { location: `${other.origin}/api` }).end());
  await expect(http.get('/things', thing)).rejects.toMatchObject({
    failure: 'invalid',
    message: expect.stringContaining(other.origin),
  });
  expect(other.requests).toEqual([]);
});

test('repeats no write at another address, unless the forge says that it may', async () => {
  const status = { value: 301 };
  const { http, requests } = await serve((request, response) =>
    request.url === '/api/old'
      ? response.writeHead(status.value, { location: '/api/new' }).end()
      : json(response, 201, { id: 4 }),
  );
  await expect(http.write('POST', '/old', {}, thing)).rejects.toMatchObject({ failure: 'invalid' });
  status.value = 307;
  expect(await http.write('POST', '/old', {}, thing)).toEqual({ id: 4 });
  expect(requests.map(request => `${request.method} ${request.url}`)).toEqual([
    'POST /api/old',
    'POST /api/old',
    'POST /api/new',
  ]);
});

test('follows nowhere when it may not', async () => {
  const elsewhere = { location: '/api/new' };
  const { http, requests } = await serve((_, response) => response.writeHead(307, elsewhere).end(), {
    maxRedirects: 0,
  });
  await expect(http.get('/old', thing)).rejects.toMatchObject({ failure: 'invalid', status: 307 });
  expect(requests).toHaveLength(1);
});

test('says nothing of where the API begins, which may be a secret', async () => {
  const other = 'https://elsewhere.example/';
  const { http, origin } = await serve((_, response) => response.writeHead(302, { location: other }).end());
  const moved = createHttp({ ...bare, base: `${origin}/services/s3cret` });
  const failed = await Promise.all([moved, http].map(it => it.get('', thing).catch(error => error.message)));
  expect(failed[0]).toBe('codehost sends GET to https://elsewhere.example: check its address.');
  expect(failed.join()).not.toMatch(/s3cret|\/api/);
});

test('takes an answer for what the server means by it', async () => {
  const { http } = await serve((_, response) => json(response, 400, { description: `no ${token} there` }), {
    meaning: ({ json }) => ({
      failure: 'limited',
      words: (json as { description: string }).description,
      advice: 'Ask for another.',
      retryAfterMs: 1_500,
    }),
  });
  const error = await http.get('/things', thing).catch(error => error);
  expect(error).toMatchObject({
    failure: 'limited',
    message: 'codehost answered 400 to GET /things: no *** there. Ask for another.',
  });
  expect(Math.abs(error.retryAt - Date.now() - 1_500)).toBeLessThan(1_000);
});

test('takes an answer for what it says where the server means nothing else', async () => {
  const { http } = await serve((_, response) => json(response, 403, { message: 'no' }), { meaning: () => ({}) });
  const message = 'codehost answered 403 to GET /things: no';
  await expect(http.get('/things', thing)).rejects.toMatchObject({ failure: 'forbidden', message });
});

test('waits for one question longer than for others, and no longer than anybody wants to know', async () => {
  const { http } = await serve((_, response) => setTimeout(() => json(response, 200, {}), 200), { timeoutMs: 50 });
  expect((await http.ask('GET', '/news', { timeoutMs: 20_000 })).status).toBe(200);
  const asking = { timeoutMs: 20_000, signal: AbortSignal.timeout(10) };
  await expect(http.ask('GET', '/news', asking)).rejects.toMatchObject({ failure: 'unreachable' });
});

test('follows no circle', async () => {
  const { http } = await serve((_, response) => response.writeHead(302, { location: '/api/things' }).end());
  await expect(http.get('/things', thing)).rejects.toMatchObject({ failure: 'invalid' });
});

test('says nothing of the token, and no more than a few words of an answer', async () => {
  const { http } = await serve((_, response) =>
    json(response, 422, { message: `bad ${token} ${'x'.repeat(1_000)}`, secret: 'hidden' }),
  );
  const error = await http.get('/things', thing).catch(error => error);
  expect(error.message).not.toContain(token);
  expect(error.message).not.toContain('hidden');
  expect(error.message.length).toBeLessThan(300);
});

test('knows nothing where there is nothing', async () => {
  const { http } = await serve((_, response) => json(response, 404, { message: 'not found' }));
  expect(await http.find('/things/1', thing)).toBeUndefined();
});

const pages = (total: number, headers: (page: number) => Record<string, string>): Handler => {
  const all = Array.from({ length: total }, (_, id) => ({ id }));
  return (request, response) => {
    const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('page'));
    json(response, 200, all.slice((page - 1) * 2, page * 2), headers(page));
  };
};

test.each([
  ['a count', () => ({ 'x-total-count': '5' }), 3],
  ['links', (page: number) => ({ link: page < 3 ? '<x>; rel="next"' : '<x>; rel="first"' }), 3],
  ['the next page', (page: number) => ({ 'x-next-page': page < 3 ? String(page + 1) : '' }), 3],
  ['nothing', () => ({}), 4],
] as const)('reads all pages where %s tells of them', async (_, headers, asked) => {
  const { http, requests } = await serve(pages(5, headers as (page: number) => Record<string, string>));
  expect(await http.list('/things', thing)).toHaveLength(5);
  expect(requests).toHaveLength(asked);
});

test('reads no more pages than it needs', async () => {
  const { http, requests } = await serve(pages(50, () => ({ 'x-total-count': '50' })));
  await http.list('/things', thing, { enough: seen => seen.some(({ id }) => id === 3) });
  expect(requests).toHaveLength(2);
});

test('takes half a list for no list', async () => {
  const { http } = await serve(
    pages(50, () => ({ 'x-total-count': '50' })),
    { maxPages: 3 },
  );
  await expect(http.list('/things', thing)).rejects.toMatchObject({ failure: 'invalid' });
});

test('takes null for a list without entries', async () => {
  const { http } = await serve((_, response) => json(response, 200, null));
  expect(await http.list('/things', thing)).toEqual([]);
});

test('encodes what stands in a path, and goes nowhere else', () => {
  expect(at`/repos/${'a b'}/branches/${'task/one#2?x'}`).toBe('/repos/a%20b/branches/task/one%232%3Fx');
  expect(at`/projects/${whole('group/sub/name')}/x`).toBe('/projects/group%2Fsub%2Fname/x');
  for (const part of ['..', 'a/../b', '.', '', '/', 'a//b']) expect(() => at`/repos/${part}`).toThrow(/path/);
});

test('waits for its turn before every request, and asks again where it asked too often', async () => {
  const turns: string[] = [];
  const heard: number[] = [];
  const pace = {
    turn: async (urgency: string) => void turns.push(urgency),
    heed: ({ status }: { status: number }) => void heard.push(status),
  };
  const answers = [429, 200, 429, 429, 429];
  const { http } = await serve((_, response) => json(response, answers.shift() ?? 200, { id: 1 }), { pace });
  expect((await http.ask('GET', '/things', { urgency: 'sweep' })).status).toBe(200);
  await expect(http.write('POST', '/things', {}, thing)).rejects.toMatchObject({ failure: 'limited' });
  expect(turns).toEqual(['sweep', 'sweep', 'work', 'work', 'work']);
  expect(heard).toEqual([429, 200, 429, 429, 429]);
});

test('lets a client say what a status means, and hears of every answer', async () => {
  const dates: (string | null)[] = [];
  const { http } = await serve((_, response) => json(response, 403, { detail: 'Given token is not valid' }), {
    meaning: ({ status, words }) => (status === 403 && /token/.test(words) ? { failure: 'unauthorized' } : {}),
    onAnswer: headers => void dates.push(headers.get('date')),
  });
  await expect(http.get('/things/1', thing)).rejects.toMatchObject({
    failure: 'unauthorized',
    message: 'codehost answered 403 to GET /things/1: Given token is not valid',
  });
  expect(dates).toEqual([expect.stringMatching(/GMT$/)]);
});
