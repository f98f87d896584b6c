/** `data.prune` on real tasks: what goes, what is never touched, and what a crash leaves. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { gitIn } from '../../src/actors/git.ts';
import { contextOf } from '../../src/app/context.ts';
import { openApp } from '../../src/app/open.ts';
import { defaultSettings } from '../../src/app/settings.ts';
import { openLocal } from '../../src/client/local.ts';
import { janitorId } from '../../src/machines/addresses.ts';
import type { JanitorContext } from '../../src/machines/janitor.ts';
import { emptyCommit } from '../../src/persistence/store.ts';
import { openWorking } from '../../src/service/working.ts';
import { oneStage } from '../cli/place.ts';
import { inboxRow } from '../persistence/rows.ts';
import { waysOfAsking } from './data.ts';

const poll = { timeout: 30_000, interval: 50 };

/** Somebody works on the data, and tasks of one stage are made for them. */
async function work() {
  const data = await waysOfAsking[0]!.make();
  const place = { cwd: data.directory, env: { PATH: process.env.PATH ?? '' }, data: data.dataDir, warn: () => {} };
  const identity = { name: 'ann', role: 'admin' } as const;
  const news = { note: () => {}, warn: () => {}, onTakenOver: () => {}, onEntry: () => {} };
  const working = await openWorking(openLocal(place, identity), identity, news);
  let isOpen = true;
  const close = async () => {
    if (isOpen) await working.close();
    isOpen = false;
  };
  onTestFinished(close);
  const runsDir = join(data.dataDir, 'runs');
  const add = async (id: string, twist = '') => {
    const agent = `${data.order.agent} ${twist}`;
    await working.ask('task.add', { ...data.order, id, agent, pipeline: oneStage() } as never);
  };
  const untilDone = (id: string) =>
    vi.waitUntil(async () => (await working.ask('task.show', { taskId: id })).standing === 'done', poll);
  return {
    ...data,
    working,
    close,
    runsDir,
    add,
    /** Until nothing of it is under way any more, so that it may go. */
    async untilOver(...ids: string[]) {
      for (const id of ids) await untilDone(id);
      const would = async () => (await working.ask('data.prune', { olderThan: '0s', dryRun: true })).tasks;
      await vi.waitUntil(async () => (await would()) === ids.length, poll);
    },
    untilDone,
    untilAtWork: (id: string) =>
      vi.waitUntil(() => existsSync(join(data.directory, 'journal', 'calls')) && runsOf(runsDir, id).length > 0, poll),
    refs: () => gitIn(data.repository)(['for-each-ref']),
  };
}

const runsOf = (runsDir: string, id: string) => readdirSync(runsDir).filter(name => name.startsWith(`${id}.`));

test('I12: what ended goes with its files; what works, branches and saved work are not touched', async () => {
  const { working, add, untilOver, untilDone, untilAtWork, runsDir, directory, refs, order } = await work();
  await add('ET-1');
  await untilOver('ET-1');
  await add('ET-2', 'development=waits');
  await untilAtWork('ET-2');
  const [git, kept, gone] = [await refs(), runsOf(runsDir, 'ET-2'), runsOf(runsDir, 'ET-1')];
  const dry = await working.ask('data.prune', { olderThan: '0s', dryRun: true });
  expect(dry).toMatchObject({ tasks: 1, actors: 3, directories: gone.length, kept: [] });
  expect(runsOf(runsDir, 'ET-1')).toEqual(gone);
  const told: unknown[] = [];
  const pruned = await working.ask('data.prune', { olderThan: '0s' }, { onProgress: count => told.push(count) });
  expect(pruned).toEqual({ ...dry, dryRun: false });
  expect(pruned.bytes).toBeGreaterThan(0);
  expect(told).toEqual([1]);
  expect([await refs(), runsOf(runsDir, 'ET-2'), runsOf(runsDir, 'ET-1')]).toEqual([git, kept, []]);
  expect(await working.ask('task.list', {})).toMatchObject({ total: 1, items: [{ id: 'ET-2' }] });
  expect((await working.ask('agent.list', {})).total).toBe(1);
  writeFileSync(join(directory, 'journal', 'go'), '');
  await untilDone('ET-2');
  expect(await working.ask('data.verify', {})).toMatchObject({ ok: true });
  // I13: branches and saved work speak of the one that had the id.
  await expect(working.ask('task.add', { ...order, id: 'ET-1', title: 'Another' })).rejects.toMatchObject({
    reason: 'idTaken',
  });
  expect((await working.ask('task.add', { ...order, title: 'Another' })).id).toMatch(/-3$/);
});

test('what a crash left between the commit and the files is found by the next prune, and nothing else', async () => {
  const { add, untilOver, close, runsDir, dataDir, client } = await work();
  await add('ET-1');
  await untilOver('ET-1');
  await close();
  const app = await openApp({ dataDir, mode: 'commit' });
  await app.runtime.prune({ kind: 'task', endedBefore: Date.now(), limit: 10, entries: 1_000 });
  await app.close();
  const left = runsOf(runsDir, 'ET-1');
  expect(left.length).toBeGreaterThan(0);
  const elsewhere = join(dataDir, 'elsewhere');
  for (const directory of [elsewhere, join(runsDir, 'notes'), join(runsDir, 'ET-9.development.2-1')]) {
    mkdirSync(directory);
    writeFileSync(join(directory, 'mine'), 'precious');
  }
  symlinkSync(elsewhere, join(runsDir, 'ET-1.link.1-1'));
  const pruned = await client.ask('data.prune', { olderThan: '90d' });
  expect(pruned).toMatchObject({ tasks: 0, directories: left.length, kept: [] });
  expect(readdirSync(runsDir).sort()).toEqual(['ET-1.link.1-1', 'ET-9.development.2-1', 'notes']);
  expect(readFileSync(join(elsewhere, 'mine'), 'utf8')).toBe('precious');
  expect(await client.ask('data.prune', { olderThan: '90d' })).toMatchObject({ directories: 0, bytes: 0 });
});

test('a directory in which a process lives stays, and it is said', async () => {
  const { add, untilOver, runsDir, dataDir, working } = await work();
  await add('ET-1');
  await untilOver('ET-1');
  const [name = ''] = runsOf(runsDir, 'ET-1');
  const env = { SIGNALBOX_RUN_ID: name, SIGNALBOX_WORKTREE: join(dataDir, 'worktrees', 'shop', 'ET-1') };
  const process = spawn('sleep', ['600'], { env, stdio: 'ignore' });
  onTestFinished(() => void process.kill('SIGKILL'));
  await vi.waitUntil(() => readFileSync(`/proc/${process.pid}/environ`, 'utf8').includes(name), poll);
  const pruned = await working.ask('data.prune', { olderThan: '0s' });
  expect(pruned.kept).toEqual([{ id: name, why: 'a process of it still lives' }]);
  expect(runsOf(runsDir, 'ET-1')).toEqual([name]);
});

test('what did not end, or not long enough ago, or waits for a person stays; a duration is asked for', async () => {
  const { client, order, dataDir } = await waysOfAsking[0]!.make();
  for (const id of ['ET-1', 'ET-2', 'ET-3']) await client.ask('task.add', { ...order, id, title: id });
  for (const taskId of ['ET-2', 'ET-3']) await client.ask('task.cancel', { taskId });
  const app = await openApp({ dataDir, mode: 'commit' });
  await app.store.commit({ ...emptyCommit(0), inbox: [inboxRow({ actorId: 'ET-2', parked: true })] });
  await app.close();
  expect(await client.ask('data.prune', { olderThan: '1h' })).toMatchObject({ tasks: 0, keptInAll: 0 });
  expect(await client.ask('data.prune', { olderThan: '0s' })).toMatchObject({
    tasks: 1,
    kept: [{ id: 'ET-2', why: 'a dead letter of it waits for a person' }],
    keptInAll: 1,
  });
  expect((await client.ask('task.list', {})).items.map(({ id }) => id)).toEqual(['ET-1', 'ET-2']);
  for (const olderThan of ['90', '-1d', 'never', '']) {
    const refused = client.ask('data.prune', { olderThan });
    await expect(refused, olderThan).rejects.toMatchObject({
      reason: 'badInput',
      message: expect.stringContaining('90d'),
    });
  }
  await expect(client.ask('data.prune', {} as never)).rejects.toMatchObject({
    message: expect.stringContaining('90d'),
  });
});

test('whoever works on the data removes by itself what is configured, when the day has passed', async () => {
  const { dataDir, client, order } = await waysOfAsking[0]!.make();
  await client.ask('task.add', { ...order, id: 'ET-1' });
  await client.ask('task.cancel', { taskId: 'ET-1' });
  const settings = { ...defaultSettings, retention: { endedAfterMs: 3_600_000 } };
  const first = await openApp({ dataDir, mode: 'work', settings });
  await first.close();
  const meanwhile = await openApp({ dataDir, mode: 'commit' });
  const [timer] = await meanwhile.store.timers(janitorId);
  await meanwhile.store.commit({ ...emptyCommit(0), timersSet: [{ ...timer!, due: 1 }] });
  await meanwhile.close();
  const app = await openApp({ dataDir, mode: 'work', settings });
  onTestFinished(() => app.close());
  const last = await app.runtime.until(async () => {
    const row = await app.runtime.actor(janitorId);
    return contextOf<JanitorContext>(row!).last ?? undefined;
  });
  expect(last).toMatchObject({ tasks: 0, kept: 0 });
  expect(await app.runtime.actor('ET-1')).toBeDefined();
  expect(await app.runtime.verify()).toMatchObject({ differences: [] });
});
