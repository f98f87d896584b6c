/** What a task has changed, as whoever asks is told it. */
import { existsSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { git } from '../actors/repository.ts';
import { waysOfAsking } from '../client/data.ts';
import { openService } from '../http/place.ts';
import { startWork } from './at-work.ts';

vi.setConfig({ testTimeout: 120_000 });

test('a task that was merged and whose worktree is gone shows what it has changed, then and now', async () => {
  const { add, untilOver, working, repository } = await startWork();
  await add('ET-1');
  await untilOver('ET-1');
  const { worktree } = (await working.ask('task.snapshot', { taskId: 'ET-1' })).context as { worktree: string };
  await vi.waitUntil(() => !existsSync(worktree), { timeout: 30_000 });

  const now = await working.ask('task.changes', { taskId: 'ET-1' });
  expect(now.files.find(({ path }) => path === 'total.sh')).toMatchObject({ status: 'modified', isBinary: false });
  expect(now.files.map(({ path }) => path)).toContain('docs/work-items/ET-1/14-deploy.md');
  expect(now.patch).toContain('+echo "$(($1 * $2))"');
  expect(now).toMatchObject({ isCut: false, total: now.files.length, head: git(repository, 'rev-parse', 'main') });
  expect(now.additions).toBe(now.files.reduce((sum, { additions }) => sum + additions, 0));

  const { items } = await working.ask('task.events', { taskId: 'ET-1' });
  const developed = items.find(({ type, from }) => type.endsWith('publish') && from.startsWith('development'))!;
  const before = await working.ask('task.changes', { taskId: 'ET-1', at: developed.seq - 1 });
  expect(before.files.map(({ path }) => path)).not.toContain('total.sh');
  expect(before.total).toBeGreaterThan(0);
  const then = await working.ask('task.changes', { taskId: 'ET-1', at: developed.seq });
  expect(then.files.map(({ path }) => path)).toContain('total.sh');
  expect(then.files.map(({ path }) => path)).not.toContain('docs/work-items/ET-1/12-review.md');
  expect(await working.ask('task.changes', { taskId: 'ET-1', at: 1 })).toMatchObject({
    ...{ base: null, head: null, files: [], total: 0, patch: '' },
  });

  const one = await working.ask('task.changes', { taskId: 'ET-1', file: 'total.sh' });
  expect(one.patch).toMatch(/^diff --git a\/total\.sh b\/total\.sh\n/);
  expect(one.patch!.match(/^diff --git/gm)).toHaveLength(1);
  expect(one.files).toEqual(now.files);
  expect(await working.ask('task.changes', { taskId: 'ET-1', stat: true })).toEqual({ ...now, patch: null });

  await expect(working.ask('task.changes', { taskId: 'ET-1', file: 'totals.sh' })).rejects.toMatchObject({
    code: 'not_found',
    reason: 'noChange',
    message: expect.stringContaining('did you mean "total.sh"'),
    remedy: { operation: 'task.changes', input: { taskId: 'ET-1', stat: true } },
  });
  await expect(working.ask('task.changes', { taskId: 'ET-1', at: 9_999 })).rejects.toMatchObject({
    reason: 'beyondLog',
  });
});

test('asked over HTTP, it is one JSON document', async () => {
  const { add, until, working } = await startWork();
  await add('ET-1');
  await until('ET-1', 'person');
  const { ask } = await openService(working.site);
  const { status, headers, json } = await ask('GET', '/tasks/ET-1/changes?stat=1');
  expect(status).toBe(200);
  expect(headers['content-type']).toMatch(/^application\/json/);
  expect(json).toMatchObject({ total: 4, patch: null });
  const file = encodeURIComponent('docs/work-items/ET-1/05-test-plan.md');
  expect((await ask('GET', `/tasks/ET-1/changes?file=${file}`)).json.patch).toContain(
    '+Something about 05-test-plan.md.',
  );
  expect((await ask('GET', '/tasks/ET-1/changes?file=x')).json).toMatchObject({ status: 404, reason: 'noChange' });
});

describe.each(waysOfAsking)('asked $name', ({ make }) => {
  test('a task that nobody has begun has changed nothing, and one that there is not is refused', async () => {
    const { client, order } = await make();
    await client.ask('task.add', { ...order, id: 'ET-1' });
    expect(await client.ask('task.changes', { taskId: 'ET-1' })).toMatchObject({ base: null, files: [], patch: '' });
    await expect(client.ask('task.changes', { taskId: 'ET-1', file: 'x' })).rejects.toMatchObject({
      reason: 'noChange',
      message: expect.stringContaining('it has changed nothing'),
    });
    await expect(client.ask('task.changes', { taskId: 'ET-2' })).rejects.toMatchObject({ reason: 'noTask' });
  });
});
