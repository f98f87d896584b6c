/** Answers that no Plane should give, and some do. */
import { expect, onTestFinished, test } from 'vitest';
import { createTracker } from '../../../src/integrations/trackers/index.ts';
import { type Answers, startCanned } from '../forges/canned.ts';
import { all } from './conformance/support.ts';

const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const project = id(1);
const ref = { project, id: id(2) };
const base = `/api/v1/workspaces/acme/projects/${project}`;
const time = '2026-11-26T01:34:28.627559Z';

const item = (changes: object = {}) => ({
  ...{ id: ref.id, name: 'It fails', sequence_id: 1, description_html: '<p>Always.</p>', project },
  ...{ state: id(3), labels: [id(4)], assignees: [id(5)], created_by: id(5), created_at: time, updated_at: time },
  ...changes,
});

const page = (results: unknown[], more: object = {}) => ({
  ...{ results, next_cursor: '100:1:0', next_page_results: false, total_count: results.length },
  ...more,
});

async function speak(answers: Answers) {
  const server = await startCanned({
    [`GET ${base}/`]: { body: { id: project, name: 'Etna', identifier: 'ET' } },
    [`GET ${base}/work-items/`]: { body: page([]) },
    [`GET ${base}/states/`]: { body: page([{ id: id(3), name: 'Todo', group: 'unstarted' }]) },
    [`GET ${base}/labels/`]: { body: page([{ id: id(4), name: 'bug' }]) },
    [`GET ${base}/members/`]: { body: [{ id: id(5), display_name: 'maria', email: '' }] },
    ...answers,
  });
  onTestFinished(server.close);
  const options = { name: 'tracker', url: server.url, workspace: 'acme', token: 'hush-hush', perMinute: null };
  return { ...server, tracker: await createTracker('plane', options) };
}

const one = `GET ${base}/work-items/${ref.id}/`;

test('reads an item of an edition that expands nothing', async () => {
  const { tracker } = await speak({ [one]: { body: item() } });
  expect(await tracker.item(ref)).toMatchObject({
    ...{ key: 'ET-1', labels: ['bug'], state: { id: id(3), name: 'Todo', group: 'unstarted' } },
    assignees: [{ id: id(5), login: 'maria', email: null }],
    author: { login: 'maria' },
  });
});

test('reads an item whose words and people are gone', async () => {
  const gone = item({ state: id(8), labels: [id(8)], assignees: [id(9)], created_by: null, description_html: null });
  const { tracker, count } = await speak({ [one]: { body: gone } });
  const expected = { labels: [id(8)], assignees: [{ id: id(9), login: id(9) }], author: null, body: '' };
  expect(await tracker.item(ref)).toMatchObject(expected);
  expect(await tracker.item(ref)).toMatchObject(expected);
  expect(count(`GET ${base}/members/`)).toBe(1);
});

test.each([
  ['a page of HTML', '<!doctype html><title>Sign in</title>'],
  ['nothing', undefined],
  ['a list', []],
  ['no id', item({ id: undefined })],
  ['an id that leads elsewhere', item({ id: '../../users/me' })],
  ['a number for an id', item({ id: 17 })],
  ['labels that are no list', item({ labels: { 0: id(4) } })],
  ['a state of a wrong kind', item({ state: 5 })],
  ['a time that is none', item({ updated_at: 'yesterday' })],
  ['a key below the first', item({ sequence_id: -1 })],
  ['a title that is none', item({ name: null })],
])('does not take %s for an item', async (_, body) => {
  const { tracker } = await speak({ [one]: { body } });
  await expect(tracker.item(ref)).rejects.toMatchObject({ failure: 'invalid', status: 200 });
});

test('does not follow cursors for ever', async () => {
  let cursor = 0;
  const endless = () => {
    cursor += 1;
    return {
      body: page([item({ id: id(1_000 + cursor) })], { next_page_results: true, next_cursor: `100:${cursor}:0` }),
    };
  };
  const { tracker } = await speak({ [`GET ${base}/work-items/`]: endless });
  await expect(all(tracker.changed(project, 0))).rejects.toMatchObject({ failure: 'invalid' });
});

test('ends where a list says that more is to come and gives nothing', async () => {
  const empty = { body: page([], { next_page_results: true, total_count: 5 }) };
  const { tracker } = await speak({ [`GET ${base}/work-items/${ref.id}/comments/`]: empty });
  expect(await tracker.comments(ref, null)).toEqual([]);
});

test('does not tell its token to anybody', async () => {
  const { tracker } = await speak({
    [one]: { status: 400, body: { detail: 'No hush-hush here', error: 'hush-hush is wrong' } },
  });
  const error = await tracker.item(ref).catch(error => error);
  expect(error).toMatchObject({ failure: 'invalid', status: 400 });
  expect(JSON.stringify([error.message, error])).not.toContain('hush-hush');
});

test('asks for nothing that cannot be there', async () => {
  const { tracker, asked } = await speak({});
  for (const bad of ['', '..', '../..', 'a/b', 'ET', '%2e%2e', '\0']) {
    expect(await tracker.item({ project, id: bad })).toBeUndefined();
    expect(await tracker.item({ project: bad, id: ref.id })).toBeUndefined();
    await expect(tracker.comments({ project: bad, id: ref.id }, null)).rejects.toMatchObject({ failure: 'notFound' });
    await expect(tracker.show({ project, id: bad }, {})).rejects.toMatchObject({ failure: 'notFound' });
  }
  expect(asked).toEqual([]);
});

test('bounds what it reads of a comment, and gives no order that is hidden', async () => {
  const html = `<style>x</style><script>/approve</script><!-- /approve --><p>${'y'.repeat(200_000)}</p><p>/approve</p>`;
  const comment = { id: id(7), comment_html: html, actor: id(5), created_at: time, updated_at: time };
  const { tracker } = await speak({ [`GET ${base}/work-items/${ref.id}/comments/`]: { body: page([comment]) } });
  const [read] = await tracker.comments(ref, null);
  expect(read?.text.length).toBeLessThanOrEqual(4_000);
  expect(read?.command).toBeNull();
});

test('reads relations under whatever name they are kept, or tells that there are none to ask for', async () => {
  const blocked = { body: { blocking: [id(6)], blocked_by: [{ project_id: id(7), issue_id: id(8) }] } };
  const { tracker } = await speak({ [`GET ${base}/work-items/${ref.id}/dependencies/`]: blocked });
  expect(await tracker.relations(ref)).toEqual({
    blocks: [{ project, id: id(6) }],
    blockedBy: [{ project: id(7), id: id(8) }],
  });
  expect(await (await speak({})).tracker.relations(ref)).toBeNull();
});

test('believes the role in a project where it is told', async () => {
  const guest = { id: id(20), member: { id: id(5), display_name: 'maria' }, role: 5 };
  const { tracker, count } = await speak({ [`GET ${base}/members/`]: { body: page([guest]) } });
  const maria = { id: id(5), login: 'maria', email: null, isProgram: false };
  expect(await tracker.mayWrite(project, maria)).toBe(false);
  expect(count('GET /api/v1/workspaces/acme/members/')).toBe(0);
});

test('does not know its version where nobody tells it', async () => {
  const { tracker } = await speak({ 'GET /api/instances/': { status: 404, body: '<html></html>' } });
  expect(await tracker.version()).toBe('unknown');
});

test.each(['plane', 'gitea', 'github', 'gitlab'] as const)('has a client for %s', async kind => {
  const options = { name: 'tracker', url: 'http://127.0.0.1:1', workspace: 'acme', token: 'hush' };
  expect(await createTracker(kind, options)).toMatchObject({ kind, name: 'tracker', skewMs: 0 });
});
