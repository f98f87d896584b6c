/** A fork at a forge: a branch and a pull request of its own, and what the forge says of the one is no news to the other. */
import { expect, test, vi } from 'vitest';
import { contextOf } from '../../src/app/context.ts';
import type { TaskContext } from '../../src/machines/task/context.ts';
import type { TaskView } from '../../src/operations/views/task.ts';
import { untilTask } from '../support/until-task.ts';
import { giteaServers, openForgePlace, workAt } from './place.ts';

const patienceMs = 45_000;
vi.setConfig({ testTimeout: 90_000 });

/** A task at the fake forge, which waits for its builds. */
async function story() {
  const place = await openForgePlace(giteaServers[0]!);
  const { gitea, remote } = place;
  const { working, ask, url } = await workAt(place);
  await place.client.ask('forge.connect', { name: 'home', publicUrl: url });
  const { runtime } = working.site;
  const show = (id: string) => working.ask('task.show', { taskId: id });
  const context = async (id: string) => contextOf<TaskContext>((await runtime.actor(id))!);

  const until = untilTask({ runtime, show, patienceMs });
  const waitsFor = (id: string, why: RegExp) => until(id, task => why.test(task.why));
  return {
    ...{ gitea, remote, runtime, show, context, until, waitsFor },
    add: () => ask<TaskView>('POST', '/tasks', { project: 'shop', title: 'Totals are wrong' }),
    fork: (id: string, input: object = {}) => ask<TaskView>('POST', `/tasks/${id}/fork`, input),
    async build(id: string) {
      const { head } = await context(id);
      await gitea.people.setStatus(remote, head, { context: 'build / test', state: 'success' });
    },
    async approve(id: string) {
      const { head, forge } = await context(id);
      const { number } = forge!.pullRequest!;
      const review = { event: 'APPROVED', body: 'Good.', commit_id: head };
      await gitea.ask(gitea.tokens.reviewer, 'POST', `/repos/${remote}/pulls/${number}/reviews`, review);
      return number;
    },
    done: (id: string) => until(id, ({ standing }) => standing === 'done'),
    pull: (number: number) => gitea.forge.pullRequest(remote, number),
  };
}

test('is reviewed and merged by a pull request of its own; that of the other task stays open, and its question too', async () => {
  const { add, fork, build, approve, waitsFor, done, show, context, pull, runtime } = await story();
  const { id } = await add();
  await waitsFor(id, /no check has reported/);
  await build(id);
  await waitsFor(id, /0 of 1 approvals/);
  const before = (await runtime.actor(id))!;

  const made = await fork(id);
  expect(made).toMatchObject({ stage: 'review', source: null, forge: { pullRequest: null, commentId: null } });
  await waitsFor(made.id, /0 of 1 approvals/);
  const number = await approve(made.id);
  await done(made.id);
  const theirs = (await context(id)).forge!.pullRequest!.number;
  expect(number).not.toBe(theirs);
  expect(await pull(number)).toMatchObject({ state: 'merged', title: `${made.id}: Totals are wrong` });
  expect(await pull(theirs)).toMatchObject({ state: 'open' });

  // Nothing that was said of the fork has reached it.
  expect((await runtime.actor(id))!.version).toBe(before.version);
  expect(await show(id)).toMatchObject({ stage: 'review', forks: [made.id] });
  await approve(id);
  await done(id);
  expect((await runtime.verify()).differences).toEqual([]);
});

test('one that begins with the merge brings its branch to the forge first', async () => {
  const { add, fork, build, approve, waitsFor, done, context, pull, runtime } = await story();
  const { id } = await add();
  await waitsFor(id, /no check has reported/);
  await build(id);
  await waitsFor(id, /0 of 1 approvals/);
  await approve(id);
  await done(id);
  const log = await runtime.log(id, { after: 0, limit: 500 });
  const at = log.find(({ to }) => to === 'deploy.preparing')!.seq;
  const made = await fork(id, { at });
  await done(made.id);
  const { merged, forge } = await context(made.id);
  expect(merged).not.toBeNull();
  expect(await pull(forge!.pullRequest!.number)).toMatchObject({
    state: 'merged',
    title: expect.stringContaining(made.id),
  });
});
