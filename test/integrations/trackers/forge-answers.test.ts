/** What forges answer of their issues and fakes do not: what was moved, hidden, edited, or belongs to nobody any more. */
import { afterEach, describe, expect, test } from 'vitest';
import type { ItemRef, Person, Tracker, TrackerKind } from '../../../src/integrations/tracker.ts';
import { createTracker } from '../../../src/integrations/trackers/index.ts';
import { commentOf } from '../../../src/integrations/trackers/issues/comments.ts';
import { once } from '../../../src/integrations/trackers/issues/once.ts';
import { type Answers, startCanned } from '../forges/canned.ts';
import { all } from './conformance/support.ts';

const ref: ItemRef = { project: 'acme/shop', id: '7' };
const maria: Person = { id: '5', login: 'maria', email: null, isProgram: false };
const at = '2026-01-01T10:00:00Z';

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

async function speak(kind: TrackerKind, answers: Answers) {
  const server = await startCanned(answers);
  close = server.close;
  const options = { name: 'codehost', url: server.url, workspace: '', token: 'hush' };
  return { ...server, tracker: await createTracker(kind, options) };
}

test('takes a comment for edited when its two times are more than a second apart', () => {
  const isEdited = (ms: number) =>
    commentOf({ id: 1, by: maria, createdAt: 10_000, updatedAt: 10_000 + ms, raw: '/approve' }).isEdited;
  expect([0, 1_000, 1_001, 2_000].map(isEdited)).toEqual([false, false, true, true]);
});

test('tells of an entry once, though lists move while they are read', async () => {
  async function* pages() {
    yield [{ id: 3 }, { id: 2 }];
    yield [{ id: 2 }, { id: 1 }];
  }
  expect(await all(once(pages(), ({ id }) => id))).toEqual([{ id: 3 }, { id: 2 }, { id: 1 }]);
});

test('tells how far the clock of the server is ahead', async () => {
  const headers = { date: new Date(Date.now() + 3_600_000).toUTCString() };
  const { tracker } = await speak('gitea', { 'GET /api/v1/version': { headers, body: { version: '1.26.0' } } });
  expect(tracker.skewMs).toBe(0);
  await tracker.version();
  expect(Math.abs(tracker.skewMs - 3_600_000)).toBeLessThan(5_000);
});

describe('Gitea', () => {
  const issue = '/api/v1/repos/acme/shop/issues';
  const user = (id: number, login: string) => ({ id, login, email: `${login}@noreply.localhost` });
  const shape = { number: 7, html_url: 'https://codehost.test/acme/shop/issues/7', title: 'One', state: 'open' };

  test('tells programs from people, and neither from accounts that are gone', async () => {
    const body = { ...shape, user: user(-1, 'Ghost'), assignees: [user(-2, 'gitea-actions'), user(5, 'maria')] };
    const { tracker } = await speak('gitea', { [`GET ${issue}/7`]: { body } });
    const item = await tracker.item(ref);
    expect(item?.author).toBeNull();
    expect(item?.assignees).toEqual([
      { id: '-2', login: 'gitea-actions', email: null, isProgram: true },
      { id: '5', login: 'maria', email: null, isProgram: false },
    ]);
  });

  test('leaves out of a history what it does not tell in full', async () => {
    const entry = { user: user(5, 'maria'), created_at: at, label: null, assignee: null };
    const entries = [null, { ...entry, id: 1, type: 'label', body: '1' }, { ...entry, id: 2, type: 'reopen' }];
    const { tracker } = await speak('gitea', { [`GET ${issue}/7/timeline`]: [{ body: entries }, { body: null }] });
    expect(await tracker.history(ref, null)).toMatchObject([{ id: '2', field: 'state', from: 'closed', to: 'open' }]);
  });

  test('keeps no relations where they are switched off, and leaves out those that are hidden', async () => {
    const off = await speak('gitea', {});
    expect(await off.tracker.relations(ref)).toBeNull();
    await off.close();
    const other = { ...shape, number: 8, repository: { full_name: 'acme/other' } };
    const hidden = { ...shape, number: 0, title: 'HIDDEN', repository: null };
    const { tracker } = await speak('gitea', {
      [`GET ${issue}/7/dependencies`]: [{ body: [other, hidden] }, { body: [] }],
      [`GET ${issue}/7/blocks`]: { body: null },
    });
    expect(await tracker.relations(ref)).toEqual({ blockedBy: [{ project: 'acme/other', id: '8' }], blocks: [] });
  });
});

describe('GitHub', () => {
  const repo = '/api/v3/repos/acme/shop';
  const shape = (number: number, changes: object = {}) => ({
    ...{
      number,
      html_url: `https://codehost.test/acme/shop/issues/${number}`,
      title: 'One',
      state: 'open',
      labels: [],
    },
    ...{ user: { id: 5, login: 'maria', type: 'User' }, created_at: at, updated_at: at, ...changes },
  });

  test('has nothing to do with an issue that was moved elsewhere', async () => {
    const { tracker, count } = await speak('github', {
      [`GET ${repo}/issues/7`]: { status: 301, headers: { location: '/api/v3/repositories/9/issues/3' } },
      'GET /api/v3/repositories/9/issues/3': { body: shape(3) },
    });
    expect(await tracker.item(ref)).toMatchObject({ ...ref, number: 7, isGone: true });
    await expect(tracker.show(ref, { state: 'closed' })).rejects.toMatchObject({ failure: 'notFound' });
    expect(count(`PATCH ${repo}/issues/7`)).toBe(0);
  });

  test('asks for a page when it is read, and tells of no pull requests', async () => {
    const { tracker, url, asked } = await speak('github', {
      [`GET ${repo}/issues`]: ({ path }) => {
        const page = Number(new URL(path, 'http://x').searchParams.get('page'));
        const link = `<${url}${repo}/issues?page=${page + 1}>; rel="next"`;
        return { headers: { link }, body: [shape(page * 2, { pull_request: {} }), shape(page * 2 + 1)] };
      },
    });
    const numbers = [];
    for await (const item of tracker.changed(ref.project, Date.parse(at))) {
      numbers.push(item.number);
      if (numbers.length === 2) break;
    }
    expect(numbers).toEqual([3, 5]);
    expect(asked.map(({ path }) => path)).toEqual(
      [1, 2].map(
        page =>
          `${repo}/issues?state=all&since=2026-01-01T10%3A00%3A00Z&sort=updated&direction=desc&per_page=100&page=${page}`,
      ),
    );
  });

  test.each([
    [{ permission: 'write', user: { id: 5, login: 'maria' } }, true],
    [{ permission: 'read', user: { id: 5, login: 'maria' } }, false],
    // Somebody else goes by the name now.
    [{ permission: 'admin', user: { id: 6, login: 'maria' } }, false],
    [{ permission: 'admin', user: null }, false],
  ])('lets %j write: %s', async (body, may) => {
    const { tracker } = await speak('github', { [`GET ${repo}/collaborators/maria/permission`]: { body } });
    expect(await tracker.mayWrite(ref.project, maria)).toBe(may);
  });

  test('says that it must not ask who may write', async () => {
    const status = { status: 403, body: { message: 'Must have push access to view collaborator permission.' } };
    const { tracker } = await speak('github', { [`GET ${repo}/collaborators/maria/permission`]: status });
    await expect(tracker.mayWrite(ref.project, maria)).rejects.toMatchObject({ failure: 'forbidden' });
  });

  test('keeps no relations on a server that has none', async () => {
    const { tracker } = await speak('github', {});
    expect(await tracker.relations(ref)).toBeNull();
  });
});

describe('GitLab', () => {
  const project = '/api/v4/projects/acme/shop';
  const user = { id: 5, username: 'maria' };
  const tracked = async (answers: Answers): Promise<Tracker> => (await speak('gitlab', answers)).tracker;

  test('has nothing to do with an issue that goes on elsewhere', async () => {
    const body = { iid: 7, web_url: 'https://codehost.test/7', title: 'One', state: 'closed', moved_to_id: 9 };
    const tracker = await tracked({ [`GET ${project}/issues/7`]: { body } });
    expect(await tracker.item(ref)).toMatchObject({ isGone: true, state: { name: 'closed' } });
  });

  test.each([
    [{ id: 5, access_level: 30, state: 'active' }, true],
    [{ id: 5, access_level: 20, state: 'active' }, false],
    [{ id: 5, access_level: 40, state: 'blocked' }, false],
  ])('lets %j write: %s', async (body, may) => {
    const tracker = await tracked({ [`GET ${project}/members/all/5`]: { body } });
    expect(await tracker.mayWrite(ref.project, maria)).toBe(may);
  });

  test('takes emoji of every colour for what they say', async () => {
    const names = ['thumbsup_tone3', 'thumbsdown', 'tada', 'eyes'];
    const body = names.map((name, id) => ({ id, name, user, created_at: at }));
    const headers = { 'x-next-page': '' };
    const tracker = await tracked({ [`GET ${project}/issues/7/notes/1/award_emoji`]: { body, headers } });
    const verbs = (await tracker.reactions(ref, '1'))?.map(({ verb }) => verb);
    expect(verbs).toEqual(['approve', 'reject', 'approve']);
  });

  test('reads no more comments than it must, and none that the server wrote', async () => {
    const note = (id: number, updated_at: string, changes: object = {}) => ({
      ...{ id, body: `Note ${id}`, author: user, system: false, created_at: at, updated_at, ...changes },
    });
    const page = [note(3, '2026-01-03T10:00:00Z'), note(2, '2026-01-02T10:00:00Z', { system: true }), note(1, at)];
    const { tracker, count } = await speak('gitlab', {
      [`GET ${project}/issues/7/notes`]: { body: page, headers: { 'x-next-page': '2' } },
    });
    const said = await tracker.comments(ref, Date.parse('2026-01-02T00:00:00Z'));
    expect(said).toMatchObject([{ id: '3', isEdited: true }]);
    expect(count('GET /api/v4/projects/acme%2Fshop/issues/7/notes')).toBe(1);
  });
});
