/** What GitLab answers and others do not: words instead of statuses, approvals without a commit, two kinds of numbers. */
import { afterEach, expect, test } from 'vitest';
import { createForge } from '../../../src/integrations/forges/index.ts';
import { type Answers, type Canned, startCanned } from './canned.ts';

const project = '/api/v4/projects/acme/shop';
const sha = 'a'.repeat(40);
const other = 'b'.repeat(40);
const merge = { sha, title: 'Merge it', message: 'Why.' };
const bot = { id: 1, username: 'bot' };
const maria = { id: 2, username: 'maria' };

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

async function speak(answers: Answers) {
  const server = await startCanned({ 'GET /api/v4/user': { body: bot }, ...answers });
  close = server.close;
  return { ...server, forge: await createForge('gitlab', { name: 'codehost', url: server.url, token: 'hush' }) };
}

const request = (changes: object = {}) => ({
  iid: 7,
  web_url: 'https://codehost.test/acme/shop/-/merge_requests/7',
  title: 'One',
  description: null,
  state: 'opened',
  draft: false,
  author: bot,
  source_branch: 'task/one',
  target_branch: 'main',
  source_project_id: 5,
  target_project_id: 5,
  sha,
  merge_commit_sha: null,
  detailed_merge_status: 'mergeable',
  ...changes,
});

const status = (id: number, name: string, word: string, more: object = {}) => ({
  id,
  name,
  status: word,
  allow_failure: false,
  pipeline_id: 3,
  ...more,
});

/** Every list has one page. */
const lists: Canned = { headers: { 'x-next-page': '' }, body: [] };

test('reads a project in a group of a group, and refuses what is none', async () => {
  const { forge, asked } = await speak({
    'GET /api/v4/projects/acme/web/shop': {
      body: {
        id: 5,
        path_with_namespace: 'acme/web/shop',
        default_branch: 'main',
        permissions: { group_access: { access_level: 40 } },
      },
    },
  });
  expect(await forge.repository('acme/web/shop')).toEqual({
    name: 'acme/web/shop',
    defaultBranch: 'main',
    mayPush: true,
  });
  expect(asked[0]).toMatchObject({
    path: '/api/v4/projects/acme%2Fweb%2Fshop',
    headers: { authorization: 'Bearer hush' },
  });
  for (const name of ['shop', '../shop', 'acme/..', 'acme//shop', ''])
    await expect(forge.repository(name)).rejects.toMatchObject({ failure: 'invalid' });
});

const words: [string, object][] = [
  ['checking', { result: 'notYet', detail: 'checking' }],
  ['unchecked', { result: 'notYet' }],
  ['preparing', { result: 'notYet' }],
  ['conflict', { result: 'conflict' }],
  ['ci_must_pass', { result: 'refused', detail: 'ci_must_pass' }],
  ['ci_still_running', { result: 'refused' }],
  ['discussions_not_resolved', { result: 'refused' }],
  ['not_approved', { result: 'refused', detail: 'not_approved' }],
  ['a_word_of_tomorrow', { result: 'refused', detail: 'a_word_of_tomorrow' }],
];

test.each(words)('understands that a merge request is %s, and does not try', async (word, expected) => {
  const { forge, asked } = await speak({
    [`GET ${project}/merge_requests/7`]: { body: request({ detailed_merge_status: word }) },
  });
  expect(await forge.merge('acme/shop', 7, merge)).toMatchObject(expected);
  expect(asked.filter(({ method }) => method !== 'GET')).toEqual([]);
});

const refusals: [number, object, object][] = [
  [401, {}, { result: 'refused', detail: expect.stringContaining('401') }],
  [405, { detailed_merge_status: 'ci_must_pass' }, { result: 'refused', detail: 'ci_must_pass' }],
  [406, { detailed_merge_status: 'conflict' }, { result: 'conflict' }],
  [409, { sha: other }, { result: 'headMoved' }],
  [409, {}, { result: 'notYet' }],
  [422, { detailed_merge_status: 'checking' }, { result: 'notYet' }],
  [405, { state: 'merged', merge_commit_sha: other }, { result: 'merged', commit: other }],
  [405, { state: 'closed' }, { result: 'closed' }],
];

test.each(refusals)('understands a merge that is refused with %i', async (code, after, expected) => {
  const { forge } = await speak({
    [`GET ${project}/merge_requests/7`]: [{ body: request() }, { body: request(after) }],
    [`PUT ${project}/merge_requests/7/merge`]: { status: code, body: { message: `${code} Not allowed` } },
  });
  expect(await forge.merge('acme/shop', 7, merge)).toMatchObject(expected);
});

test('merges this head and no other, and keeps its branch', async () => {
  const { forge, asked } = await speak({
    [`GET ${project}/merge_requests/7`]: { body: request() },
    [`PUT ${project}/merge_requests/7/merge`]: { body: request({ state: 'merged', merge_commit_sha: other }) },
  });
  expect(await forge.merge('acme/shop', 7, merge)).toEqual({ result: 'merged', commit: other });
  expect(asked.at(-1)!.body).toEqual({
    sha,
    merge_commit_message: 'Merge it\n\nWhy.',
    squash: false,
    should_remove_source_branch: false,
  });
});

test('asks for no merge again when it is told to wait', async () => {
  const { forge, count } = await speak({
    [`GET ${project}/merge_requests/7`]: { body: request() },
    [`PUT ${project}/merge_requests/7/merge`]: {
      status: 429,
      headers: { 'retry-after': '20' },
      body: { message: 'Retry later' },
    },
  });
  await expect(forge.merge('acme/shop', 7, merge)).rejects.toMatchObject({ failure: 'limited', status: 429 });
  expect(count(`PUT ${project.replace('acme/', 'acme%2F')}/merge_requests/7/merge`)).toBe(1);
});

test('tells from the time of an approval which commit was approved', async () => {
  const note = (id: number, author: object, body: string, created_at: string, more: object = {}) => ({
    id,
    author,
    body,
    created_at,
    system: false,
    resolvable: false,
    ...more,
  });
  const { forge } = await speak({
    [`GET ${project}/merge_requests/7`]: { body: request() },
    [`GET ${project}/merge_requests/7/approvals`]: {
      body: {
        approved_by: [{ user: maria }, { user: { id: 3, username: 'jonas' }, approved_at: '2026-01-02T11:00:00Z' }],
      },
    },
    [`GET ${project}/merge_requests/7/reviewers`]: {
      body: [
        { user: { id: 4, username: 'ines' }, state: 'requested_changes' },
        { user: { id: 5, username: 'olaf' }, state: 'unreviewed' },
      ],
    },
    [`GET ${project}/merge_requests/7/versions`]: {
      ...lists,
      body: [
        { head_commit_sha: sha, created_at: '2026-01-02T10:00:00Z' },
        { head_commit_sha: other, created_at: '2026-01-01T10:00:00Z' },
      ],
    },
    [`GET ${project}/merge_requests/7/discussions`]: {
      ...lists,
      body: [
        { notes: [note(1, maria, 'approved this merge request', '2026-01-01T12:00:00Z', { system: true })] },
        {
          notes: [
            note(2, bot, 'What about this?', '2026-01-02T12:00:00Z', {
              resolvable: true,
              resolved: false,
              position: { head_sha: sha },
            }),
          ],
        },
        { notes: [note(3, maria, 'And this?', '2026-01-01T11:00:00Z', { resolvable: true, resolved: true })] },
        { notes: [note(4, bot, 'Only talk.', '2026-01-02T13:00:00Z')] },
      ],
    },
  });
  const { reviews, unresolved } = await forge.reviews('acme/shop', 7);
  expect(
    Object.fromEntries(reviews.map(({ by, verdict, sha: seen, isStale }) => [by, [verdict, seen, isStale]])),
  ).toEqual({
    maria: ['approved', other, true],
    jonas: ['approved', sha, false],
    ines: ['changesRequested', null, false],
    bot: ['commented', sha, false],
  });
  expect(unresolved).toBe(1);
});

test('takes the newest of each name, and what may fail for good', async () => {
  const { forge } = await speak({
    [`GET ${project}/repository/commits/${sha}/statuses`]: {
      ...lists,
      body: [
        status(1, 'test', 'failed'),
        status(9, 'test', 'success', { pipeline_id: 4 }),
        status(2, 'lint', 'failed', { allow_failure: true }),
        status(3, 'deploy', 'manual', { allow_failure: true }),
        status(4, 'release', 'manual'),
        status(5, 'build', 'canceled'),
        status(6, 'docs', 'skipped'),
        status(7, 'pack', 'waiting_for_resource'),
      ],
    },
    [`GET ${project}/pipelines`]: { ...lists, body: [{ id: 4, status: 'running', source: 'push' }] },
  });
  const { checks } = await forge.checks('acme/shop', sha);
  expect(Object.fromEntries(checks.map(check => [check.name, check.state]))).toEqual({
    test: 'success',
    lint: 'success',
    deploy: 'success',
    release: 'pending',
    build: 'failure',
    docs: 'success',
    pack: 'pending',
  });
});

test('does not call a commit good whose newest pipeline has no jobs yet', async () => {
  const { forge } = await speak({
    [`GET ${project}/repository/commits/${sha}/statuses`]: { ...lists, body: [status(1, 'test', 'success')] },
    [`GET ${project}/pipelines`]: {
      ...lists,
      body: [
        { id: 4, status: 'created', source: 'merge_request_event' },
        { id: 3, status: 'success', source: 'push' },
      ],
    },
  });
  const { checks } = await forge.checks('acme/shop', sha);
  expect(checks.map(({ name, state }) => [name, state])).toEqual([
    ['test', 'success'],
    ['pipeline (merge_request_event)', 'pending'],
  ]);
});

test('shows new words of a status that is pending still, as far as GitLab lets it', async () => {
  const statuses = `GET ${project}/repository/commits/${sha}/statuses`;
  const wanted = { context: 'signalbox/tests', state: 'pending', description: 'Half of it' } as const;
  const first = await speak({
    [statuses]: { ...lists, body: [status(1, 'signalbox/tests', 'pending', { description: 'Begun' })] },
    [`POST ${project}/statuses/${sha}`]: { status: 201, body: {} },
  });
  await first.forge.setStatus('acme/shop', sha, wanted);
  expect(first.asked.at(-1)!.body).toMatchObject({ state: 'running', description: 'Half of it' });
  await first.close();
  const second = await speak({
    [statuses]: { ...lists, body: [status(1, 'signalbox/tests', 'running', { description: 'Begun' })] },
    [`POST ${project}/statuses/${sha}`]: {
      status: 400,
      body: { message: 'Cannot transition status via :enqueue from :running' },
    },
  });
  await second.forge.setStatus('acme/shop', sha, wanted);
  await expect(second.forge.setStatus('acme/shop', sha, { ...wanted, state: 'failure' })).rejects.toMatchObject({
    failure: 'invalid',
  });
});

test('speaks under our own merge request, and under an issue of the same number otherwise', async () => {
  const issue = {
    iid: 7,
    web_url: 'https://codehost.test/acme/shop/-/issues/7',
    title: 'Seven',
    description: null,
    state: 'opened',
    labels: [],
    author: maria,
  };
  const written = (asked: { body: unknown }): Canned => ({
    status: 201,
    body: { id: 11, author: bot, ...(asked.body as object) },
  });
  for (const [author, place] of [
    [bot, 'merge_requests'],
    [maria, 'issues'],
  ] as const) {
    const { forge, close: end } = await speak({
      [`GET ${project}/merge_requests/7`]: { body: request({ author }) },
      [`GET ${project}/issues/7`]: { body: issue },
      [`GET ${project}/merge_requests/7/notes`]: lists,
      [`GET ${project}/issues/7/notes`]: lists,
      [`POST ${project}/${place}/7/notes`]: written,
    });
    const kept = await forge.keepComment('acme/shop', 7, { marker: '<!-- one -->', body: 'Working.' });
    expect(kept).toEqual({
      id: 11,
      url: `https://codehost.test/acme/shop/-/${place}/7#note_11`,
      body: 'Working.\n\n<!-- one -->',
    });
    await end();
  }
});

test('opens no merge request that has nothing in it', async () => {
  const { forge, asked } = await speak({
    [`GET ${project}/merge_requests`]: lists,
    [`GET ${project}/repository/compare`]: { body: { commits: [] } },
  });
  const wanted = { head: 'task/one', base: 'main', title: 'One', body: '' };
  await expect(forge.openPullRequest('acme/shop', wanted)).rejects.toMatchObject({ failure: 'conflict' });
  expect(asked.filter(({ method }) => method === 'POST')).toEqual([]);
});

test('never takes a merge request from a fork for ours', async () => {
  const { forge } = await speak({
    [`GET ${project}/merge_requests`]: { ...lists, body: [request({ iid: 8, source_project_id: 6 }), request()] },
    [`GET ${project}/merge_requests/8`]: { body: request({ iid: 8, source_project_id: 6 }) },
    'GET /api/v4/projects/6': { body: { id: 6, path_with_namespace: 'maria/shop' } },
  });
  expect(await forge.findPullRequest('acme/shop', { head: 'task/one', base: 'main' })).toMatchObject({ number: 7 });
  expect(await forge.pullRequest('acme/shop', 8)).toMatchObject({ head: { repository: 'maria/shop' } });
});

test.each([
  [201, true],
  [422, false],
  [404, false],
])('says whether a hook could be tested: %i', async (code, expected) => {
  const { forge } = await speak({
    [`POST ${project}/hooks/3/test/push_events`]: { status: code, body: { message: 'word' } },
    [`GET ${project}/hooks/3`]: { body: { id: 3, url: 'https://a.test' } },
  });
  expect(await forge.testHook('acme/shop', 3)).toBe(expected);
  if (code === 404) await expect(forge.testHook('acme/shop', 4)).rejects.toMatchObject({ failure: 'notFound' });
});
