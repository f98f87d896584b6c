/** Whoever works on the data for long. */
import { writeFileSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { dataPaths } from '../../src/app/data-directory.ts';
import { openApp } from '../../src/app/open.ts';
import { openLocal } from '../../src/client/local.ts';
import { openWorking } from '../../src/service/working.ts';
import { waysOfAsking } from '../client/data.ts';

type Here = ReturnType<typeof openLocal>['here'];

async function work(looked = (here: Here, _dataDir: string) => here) {
  const { configure, ...data } = await waysOfAsking[0]!.make();
  configure();
  const notes: string[] = [];
  const place = { cwd: data.directory, env: { PATH: process.env.PATH }, data: data.dataDir, warn: () => {} };
  const identity = { name: 'ann', role: 'admin' } as const;
  const news = {
    note: (text: string) => notes.push(text),
    warn: (text: string) => notes.push(text),
    onTakenOver: () => {},
    onEntry: () => {},
  };
  const local = openLocal(place, identity);
  const working = await openWorking({ ...local, here: looked(local.here, data.dataDir) }, identity, news);
  onTestFinished(() => working.close());
  return { ...data, configure, notes, working };
}

test('a configuration that changes is the one by which everything is answered from then on', async () => {
  const { working, configure, notes } = await work();
  configure({ agent: { program: ['false'] } });
  await vi.waitUntil(() => notes.some(note => note.includes('is in force')), { timeout: 10_000 });
  expect(await working.ask('config.show', {})).toMatchObject({ config: { agents: { bot: { program: ['false'] } } } });
});

test('a file that cannot come into force is told, with what is wrong, beside what stays in force', async () => {
  const { working, configure, notes } = await work();
  configure({ agent: { program: [] } });
  await vi.waitUntil(() => notes.some(note => note.includes('stays in force')), { timeout: 10_000 });
  const { problem, config } = await working.ask('config.show', {});
  expect(problem).toMatch(/agents\.bot\.program/);
  expect(config).toMatchObject({ agents: { bot: { program: expect.arrayContaining([expect.any(String)]) } } });
  configure({ agent: { program: ['false'] } });
  await vi.waitUntil(() => notes.some(note => note.includes('is in force')), { timeout: 10_000 });
  expect(await working.ask('config.show', {})).toMatchObject({ problem: null });
});

test('whoever was killed is not believed to be at work', async () => {
  const { client, dataDir } = await work();
  expect(await client.ask('queue.show', {})).toMatchObject({ isAttended: true });
  // The process that the lock names is gone, and had no time to say that it stops.
  writeFileSync(dataPaths(dataDir).lock, JSON.stringify({ pid: 4_194_304, startTime: 1, bootId: 'x' }));
  expect(await client.ask('queue.show', {})).toMatchObject({ isAttended: false });
});

test('whoever owns the data for the moment of a command is waited for', async () => {
  let owner: Promise<{ close(): Promise<void> }> | undefined;
  let looks = 0;
  const { working } = await work((here, dataDir) => {
    owner = openApp({ dataDir, mode: 'commit' });
    const dataDirAfter = async () => {
      looks += 1;
      // Asked for again by who has been refused once.
      if (looks === 1) await owner;
      if (looks === 2) await owner!.then(app => app.close());
      return dataDir;
    };
    return { ...here, dataDir: dataDirAfter };
  });
  expect(looks).toBeGreaterThan(1);
  expect(await working.ask('queue.show', {})).toMatchObject({ isAttended: true });
});
