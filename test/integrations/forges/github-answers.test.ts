/** What GitHub answers and others do not: two sources of checks, limits that look like refusals, merges that are refused. */
import { afterEach, expect, test } from 'vitest';
import { apiOf } from '../../../src/integrations/forges/github/api.ts';
import { createForge } from '../../../src/integrations/forges/index.ts';
import type { OutsideError } from '../../../src/integrations/outside.ts';
import { type Answers, type Canned, startCanned } from './canned.ts';

const repo = '/api/v3/repos/acme/shop';
const sha = 'a'.repeat(40);
const other = 'b'.repeat(40);
const merge = { sha, title: 'Merge it', message: 'Why.' };

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

async function speak(answers: Answers, options: { timeoutMs?: number } = {}) {
  const server = await startCanned(answers);
  close = server.close;
  return {
    ...server,
    forge: await createForge('github', { name: 'codehost', url: server.url, token: 'hush', ...options }),
  };
}

const pull = (changes: object = {}) => ({
  number: 7,
  html_url: 'https://codehost.test/acme/shop/pull/7',
  title: 'One',
  body: null,
  state: 'open',
  draft: false,
  user: { id: 1, login: 'bot' },
  merged_at: null,
  merge_commit_sha: 'c'.repeat(40),
  mergeable: true,
  head: { ref: 'task/one', sha, repo: { full_name: 'acme/shop' } },
  base: { ref: 'main' },
  ...changes,
});

const status = (context: string, state: string, updated_at = '2026-01-01T10:00:00Z') => ({
  context,
  state,
  updated_at,
});
const run = (id: number, name: string, conclusion: string | null, started_at = '2026-01-01T10:00:00Z') => ({
  id,
  name,
  status: conclusion ? 'completed' : 'in_progress',
  conclusion,
  started_at,
});

test('finds the API of github.com, of Enterprise, and of a server under test', () => {
  expect(apiOf('https://github.com')).toBe('https://api.github.com');
  expect(apiOf('https://git.acme.test/')).toBe('https://git.acme.test/api/v3');
  expect(apiOf('http://127.0.0.1:4000')).toBe('http://127.0.0.1:4000/api/v3');
});

test('asks both for statuses and for check runs, over all of their pages', async () => {
  const page = (entries: object[], key: string) => (asked: { path: string; headers: object }) => {
    const number = Number(new URL(asked.path, 'http://a.test').searchParams.get('page'));
    const headers: Record<string, string> =
      number < 2 ? { link: '<http://a.test/?page=2>; rel="next"' } : { link: '<http://a.test/?page=1>; rel="first"' };
    return { headers, body: { [key]: [entries[number - 1]] } };
  };
  const { forge } = await speak({
    [`GET ${repo}/commits/${sha}/status`]: page([status('ci/a', 'success'), status('ci/b', 'error')], 'statuses'),
    [`GET ${repo}/commits/${sha}/check-runs`]: page([run(1, 'build', 'neutral'), run(2, 'test', null)], 'check_runs'),
  });
  const { checks } = await forge.checks('acme/shop', sha);
  expect(Object.fromEntries(checks.map(check => [check.name, check.state]))).toEqual({
    'ci/a': 'success',
    'ci/b': 'failure',
    build: 'success',
    test: 'pending',
  });
});

test('takes the newest of each name, whichever source it comes from', async () => {
  const { forge } = await speak({
    [`GET ${repo}/commits/${sha}/status`]: { body: { statuses: [status('test', 'success', '2026-01-01T11:00:00Z')] } },
    [`GET ${repo}/commits/${sha}/check-runs`]: {
      body: {
        check_runs: [
          run(5, 'build', 'failure', '2026-01-01T10:00:00Z'),
          run(6, 'build', 'skipped', '2026-01-01T10:05:00Z'),
          run(4, 'test', 'failure'),
          run(8, 'lint', 'cancelled'),
          run(9, 'deploy', 'a word of tomorrow'),
        ],
      },
    },
  });
  const { checks } = await forge.checks('acme/shop', sha);
  expect(Object.fromEntries(checks.map(check => [check.name, check.state]))).toEqual({
    test: 'success',
    build: 'success',
    lint: 'failure',
    deploy: 'failure',
  });
});

test('never takes half of the checks for all of them', async () => {
  const { forge } = await speak({
    [`GET ${repo}/commits/${sha}/status`]: { body: { statuses: [status('ci/a', 'success')] } },
    [`GET ${repo}/commits/${sha}/check-runs`]: { status: 403, body: { message: 'Resource not accessible by token' } },
  });
  await expect(forge.checks('acme/shop', sha)).rejects.toMatchObject({ failure: 'forbidden', status: 403 });
});

const limits: [string, Canned, number | null][] = [
  ['too many at once', { status: 403, headers: { 'retry-after': '30' }, body: { message: 'Slow down' } }, 30_000],
  [
    'too many, without a header',
    { status: 403, body: { message: 'You have exceeded a secondary rate limit.' } },
    60_000,
  ],
  [
    'the hour used up',
    {
      status: 429,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(Date.now() / 1_000) + 600) },
    },
    600_000,
  ],
  [
    'the hour used up, as a refusal',
    { status: 403, headers: { 'x-ratelimit-remaining': '0' }, body: { message: 'API rate limit exceeded' } },
    null,
  ],
];

test.each(limits)('knows a limit: %s', async (_, answer, wait) => {
  const { forge, asked } = await speak({ 'GET /api/v3/user': answer });
  const before = Date.now();
  const error = (await forge.account().catch((thrown: unknown) => thrown)) as OutsideError;
  expect(error).toMatchObject({ name: 'OutsideError', failure: 'limited' });
  if (wait === null) expect(error.retryAt).toBeNull();
  else expect(Math.abs(error.retryAt! - before - wait)).toBeLessThan(5_000);
  expect(asked).toHaveLength(1);
});

const failures: [string, Canned, string][] = [
  ['a wrong token', { status: 401, body: { message: 'Bad credentials' } }, 'unauthorized'],
  ['a refusal', { status: 403, body: { message: 'Must have admin rights' } }, 'forbidden'],
  ['an error page', { status: 502, body: '<html>Unicorn</html>' }, 'unreachable'],
  ['what is no JSON', { status: 200, body: '<html>Sign in</html>' }, 'invalid'],
  ['what is not as expected', { status: 200, body: { id: 'one' } }, 'invalid'],
  ['no answer in time', { isSilent: true }, 'unreachable'],
];

test.each(failures)('gives a failure for %s, and does not try again', async (_, answer, failure) => {
  const { forge, asked } = await speak({ 'GET /api/v3/user': answer }, { timeoutMs: 300 });
  await expect(forge.account()).rejects.toMatchObject({ name: 'OutsideError', failure });
  expect(asked).toHaveLength(1);
});

test('gives a failure when nobody is there, and no secret in it', async () => {
  const { forge, close: end } = await speak({});
  await end();
  const error = (await forge.account().catch((thrown: unknown) => thrown)) as OutsideError;
  expect(error).toMatchObject({ failure: 'unreachable', status: null });
  expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain('hush');
});

const refusals: [string, { before?: object; answer: Canned; after?: object }, object][] = [
  [
    'a rule',
    { answer: { status: 405, body: { message: 'At least 1 approving review is required' } } },
    { result: 'refused', detail: expect.stringContaining('approving review') },
  ],
  [
    'a base that moved',
    { answer: { status: 405, body: { message: 'Base branch was modified. Review and try the merge again.' } } },
    { result: 'notYet' },
  ],
  [
    'a head that moved',
    {
      answer: { status: 409, body: { message: 'Head branch was modified.' } },
      after: { head: { ref: 'task/one', sha: other } },
    },
    { result: 'headMoved' },
  ],
  [
    'a conflict',
    { answer: { status: 405, body: { message: 'Pull Request is not mergeable' } }, after: { mergeable: false } },
    { result: 'conflict' },
  ],
  ['rights', { answer: { status: 403, body: { message: 'Resource not accessible' } } }, { result: 'refused' }],
  ['a method', { answer: { status: 422, body: { message: 'Merge commits are not allowed' } } }, { result: 'refused' }],
  [
    'somebody who was faster',
    {
      answer: { status: 405, body: { message: 'Pull Request is not mergeable' } },
      after: { state: 'closed', merged_at: '2026-01-01T10:00:00Z', merge_commit_sha: other },
    },
    { result: 'merged', commit: other },
  ],
  ['a draft', { before: { draft: true }, answer: { status: 405 } }, { result: 'refused' }],
  ['GitHub at work', { before: { mergeable: null }, answer: { status: 405 } }, { result: 'notYet' }],
];

test.each(refusals)(
  'understands a merge that is refused: %s',
  async (_, { before = {}, answer, after = {} }, expected) => {
    const { forge } = await speak({
      [`GET ${repo}/pulls/7`]: [{ body: pull(before) }, { body: pull(after) }],
      [`PUT ${repo}/pulls/7/merge`]: answer,
    });
    expect(await forge.merge('acme/shop', 7, merge)).toMatchObject(expected);
  },
);

test('merges this head and no other, with a merge commit', async () => {
  const { forge, asked } = await speak({
    [`GET ${repo}/pulls/7`]: { body: pull() },
    [`PUT ${repo}/pulls/7/merge`]: { body: { sha: other, merged: true } },
  });
  expect(await forge.merge('acme/shop', 7, merge)).toEqual({ result: 'merged', commit: other });
  expect(asked.at(-1)!.body).toEqual({ sha, merge_method: 'merge', commit_title: 'Merge it', commit_message: 'Why.' });
});

test('does not call a limit a refusal of the merge', async () => {
  const { forge } = await speak({
    [`GET ${repo}/pulls/7`]: { body: pull() },
    [`PUT ${repo}/pulls/7/merge`]: { status: 403, headers: { 'retry-after': '9' }, body: { message: 'Slow down' } },
  });
  await expect(forge.merge('acme/shop', 7, merge)).rejects.toMatchObject({ failure: 'limited' });
});

test('hears each person once, and no review that was dismissed or is of older code', async () => {
  const review = (id: number, login: string, state: string, commit_id = sha) => ({
    id,
    user: { id, login },
    body: '',
    state,
    commit_id,
  });
  const { forge, asked } = await speak({
    [`GET ${repo}/pulls/7`]: { body: pull() },
    [`GET ${repo}/pulls/7/reviews`]: {
      body: [
        review(1, 'maria', 'APPROVED', other),
        review(2, 'jonas', 'APPROVED'),
        review(3, 'jonas', 'COMMENTED'),
        review(4, 'ines', 'APPROVED'),
        review(5, 'ines', 'DISMISSED'),
        review(6, 'olaf', 'PENDING'),
        { ...review(7, '', 'CHANGES_REQUESTED'), user: null },
      ],
    },
    'POST /api/graphql': {
      body: {
        data: {
          repository: {
            pullRequest: {
              reviewThreads: {
                nodes: [{ isResolved: true }, { isResolved: false }],
                pageInfo: { hasNextPage: false, endCursor: null },
              },
            },
          },
        },
      },
    },
  });
  const { reviews, unresolved } = await forge.reviews('acme/shop', 7);
  expect(reviews.map(({ by, verdict, isStale }) => [by, verdict, isStale])).toEqual([
    ['maria', 'approved', true],
    ['jonas', 'approved', false],
    ['ines', 'commented', true],
    ['ghost', 'changesRequested', false],
  ]);
  expect(unresolved).toBe(1);
  expect(asked.at(-1)!.body).toMatchObject({ variables: { owner: 'acme', repo: 'shop', number: 7 } });
});

test('does not know about threads where GraphQL is closed', async () => {
  const { forge } = await speak({
    [`GET ${repo}/pulls/7`]: { body: pull() },
    [`GET ${repo}/pulls/7/reviews`]: { body: [] },
    'POST /api/graphql': { body: { data: null, errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible' }] } },
  });
  expect(await forge.reviews('acme/shop', 7)).toEqual({ reviews: [], unresolved: null });
});

test('reads a file above a megabyte from its blob, and nothing from a submodule', async () => {
  const { forge } = await speak({
    [`GET ${repo}/contents/docs/big.md`]: { body: { type: 'file', encoding: 'none', content: '', sha: other } },
    [`GET ${repo}/git/blobs/${other}`]: {
      body: { encoding: 'base64', content: Buffer.from('Grüße').toString('base64') },
    },
    [`GET ${repo}/contents/lib`]: { body: { type: 'submodule', sha: other } },
  });
  expect(await forge.file('acme/shop', 'docs/big.md', 'main')).toBe('Grüße');
  expect(await forge.file('acme/shop', 'lib', 'main')).toBeUndefined();
  await expect(forge.file('acme/shop', '../../user', 'main')).rejects.toMatchObject({ failure: 'invalid' });
});

test('does not take a renamed branch for the one that was asked for', async () => {
  const { forge } = await speak({
    [`GET ${repo}/branches/master`]: { status: 301, headers: { location: `${repo}/branches/main` } },
    [`GET ${repo}/branches/main`]: { body: { name: 'main', commit: { sha } } },
  });
  expect(await forge.branch('acme/shop', 'master')).toBeUndefined();
  expect(await forge.branch('acme/shop', 'main')).toEqual({ name: 'main', sha });
});

test('takes neither its token nor the secret of a hook to another server', async () => {
  const elsewhere = await startCanned({});
  const away: Canned = { status: 307, headers: { location: `${elsewhere.url}${repo}/hooks` } };
  const { forge } = await speak({ [`GET ${repo}/hooks`]: { body: [] }, [`POST ${repo}/hooks`]: away });
  const wanted = { url: 'https://signalbox.test/hook', secret: 'a secret' };
  await expect(forge.keepHook('acme/shop', wanted)).rejects.toMatchObject({ failure: 'invalid', status: 307 });
  expect(elsewhere.asked).toEqual([]);
  await elsewhere.close();
});

test('writes to a repository under its new name', async () => {
  const { forge, asked } = await speak({
    [`POST ${repo}/hooks/3/pings`]: { status: 307, headers: { location: '/api/v3/repositories/9/hooks/3/pings' } },
    'POST /api/v3/repositories/9/hooks/3/pings': { status: 204 },
  });
  expect(await forge.testHook('acme/shop', 3)).toBe(true);
  expect(asked.map(({ method }) => method)).toEqual(['POST', 'POST']);
});

test('reads no more than it must', async () => {
  const { forge } = await speak({ 'GET /api/v3/user': { body: { id: 1, login: 'x'.repeat(33 * 1024 * 1024) } } });
  await expect(forge.account()).rejects.toMatchObject({ failure: 'invalid' });
});
