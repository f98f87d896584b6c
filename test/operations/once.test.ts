/** Orders under a key, when the process ends in the middle: what was begun is found again. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openApp } from '../../src/app/open.ts';
import { locate } from '../../src/app/place.ts';
import { clientOn } from '../../src/client/on-site.ts';
import { makeDemoRepository } from '../../src/demo/repository.ts';
import type { Site } from '../../src/operations/operation.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A process that loses its life with the `nth` commit that it makes: that one is stored, and nobody is told. */
async function processOn(directory: string, dyingAfter = Number.POSITIVE_INFINITY) {
  const here = { cwd: directory, env: { PATH: process.env.PATH ?? '' }, data: join(directory, 'data') };
  const app = await openApp({ dataDir: here.data, mode: 'commit' });
  const site: Site = Object.assign(app, { here: { ...here, ...locate({ ...here, warn: () => {} }) } });
  let left = dyingAfter;
  const dead = new Promise<never>(() => {});
  const runtime = {
    ...app.runtime,
    create: (...given: Parameters<typeof app.runtime.create>) => last(app.runtime.create(...given)),
    send: (...given: Parameters<typeof app.runtime.send>) => last(app.runtime.send(...given)),
  };
  async function last<T>(work: Promise<T>): Promise<T> {
    if (left <= 0) return dead;
    left -= 1;
    const done = await work;
    return left === 0 ? dead : done;
  }
  const client = clientOn({ ...site, runtime }, { name: 'ann', role: 'admin' });
  return { client, died: () => left === 0, close: () => app.close({ drainMs: 0 }) };
}

async function place() {
  const directory = temporaryDirectory();
  const repository = join(directory, 'shop');
  mkdirSync(repository);
  await makeDemoRepository(repository);
  const agent = `sh ${new URL('../fixtures/agent-all-roles.sh', import.meta.url).pathname} ${directory}`;
  return { directory, order: { repository, title: 'Fix it', agent } };
}

test('I2: a task is made once, wherever the process ends that makes it', async () => {
  for (let commits = 1; ; commits++) {
    const { directory, order } = await place();
    const doomed = await processOn(directory, commits);
    const asked = doomed.client.ask('task.add', order, { key: 'k1' }).then(() => 'answered');
    const ended = await Promise.race([asked, settled(doomed.died)]);
    await doomed.close();
    const heir = await processOn(directory);
    const made = await heir.client.ask('task.add', order, { key: 'k1' });
    const { items } = await heir.client.ask('task.list', {});
    expect([commits, items.map(({ id }) => id)]).toEqual([commits, [made.id]]);
    await heir.close();
    if (ended === 'answered') {
      // The order, its subject, the queue, the breaker, the preflight, the task and the answer.
      expect(commits).toBeGreaterThan(5);
      return;
    }
  }
});

test('I2: a fork is made once, wherever the process ends that makes it', async () => {
  for (let commits = 1; ; commits++) {
    const { directory, order } = await place();
    const first = await processOn(directory);
    await first.client.ask('task.add', { ...order, id: 'ET-1' });
    await first.close();
    const doomed = await processOn(directory, commits);
    const asked = doomed.client.ask('task.fork', { taskId: 'ET-1' }, { key: 'k1' }).then(() => 'answered');
    const ended = await Promise.race([asked, settled(doomed.died)]);
    await doomed.close();
    const heir = await processOn(directory);
    const made = await heir.client.ask('task.fork', { taskId: 'ET-1' }, { key: 'k1' });
    expect([commits, made]).toMatchObject([commits, { id: 'ET-1-fork', forkedFrom: { taskId: 'ET-1', seq: 1 } }]);
    await heir.client.ask('task.pause', { taskId: 'ET-1' });
    expect(await heir.client.ask('task.fork', { taskId: 'ET-1' }, { key: 'k1' })).toEqual(made);
    const other = heir.client.ask('task.fork', { taskId: 'ET-1', id: 'ET-2' }, { key: 'k1' });
    await expect(other).rejects.toMatchObject({ reason: 'keyReused' });
    const { items } = await heir.client.ask('task.list', {});
    expect([commits, items.map(({ id }) => id).sort()]).toEqual([commits, ['ET-1', 'ET-1-fork']]);
    expect((await heir.client.ask('data.verify', {})).differences).toEqual([]);
    await heir.close();
    if (ended === 'answered') {
      // The order, its subject, the queue, the breaker, the preflight, the fork and the answer.
      expect(commits).toBeGreaterThan(5);
      return;
    }
  }
});

test('I2: an event is taken once, wherever the process ends that sends it, and its answer is the one of then', async () => {
  for (const commits of [1, 2, 3]) {
    const { directory, order } = await place();
    const first = await processOn(directory);
    await first.client.ask('task.add', { ...order, id: 'ET-1' });
    await first.close();
    const doomed = await processOn(directory, commits);
    const asked = doomed.client.ask('task.pause', { taskId: 'ET-1' }, { key: 'k1' }).then(() => 'answered');
    await Promise.race([asked, settled(doomed.died)]);
    await doomed.close();
    const heir = await processOn(directory);
    const paused = await heir.client.ask('task.pause', { taskId: 'ET-1' }, { key: 'k1' });
    expect([commits, paused.seq, paused.outcome]).toEqual([commits, 2, 'applied']);
    const { items } = await heir.client.ask('task.events', { taskId: 'ET-1' });
    expect(items.filter(({ outcome }) => outcome === 'applied').map(({ type }) => type)).toEqual([
      'xstate.init',
      'task.pause',
    ]);
    await heir.close();
  }
});

test('orders that arrive at once and name no id are given one each', async () => {
  const { directory, order } = await place();
  const { client, close } = await processOn(directory);
  const spawned = { taskId: 'ET-1', agentType: 'reviewer' as const, context: { repository: order.repository } };
  const { id: forked } = await client.ask('task.add', order);
  const made = await Promise.all([
    forked,
    ...Array.from({ length: 8 }, () => client.ask('task.add', order).then(({ id }) => id)),
    ...Array.from({ length: 8 }, () => client.ask('task.fork', { taskId: forked }).then(({ id }) => id)),
    ...Array.from({ length: 8 }, () => client.ask('agent.spawn', spawned).then(({ agentId }) => agentId)),
  ]);
  expect(new Set(made).size).toBe(25);
  const { items } = await client.ask('task.list', {});
  expect(items.map(({ id }) => id).sort()).toEqual(made.sort());
  await close();
});

/** Resolves when it is so, looked at with every round of the event loop. */
async function settled(isSo: () => boolean): Promise<string> {
  while (!isSo()) await new Promise(resolve => setImmediate(resolve));
  return 'died';
}
