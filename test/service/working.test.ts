/** Whoever works on the data for long. */
import { writeFileSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { dataPaths } from '../../src/app/data-directory.ts';
import { openLocal } from '../../src/client/local.ts';
import { openWorking } from '../../src/service/working.ts';
import { waysOfAsking } from '../client/data.ts';

async function work() {
  const { configure, ...data } = await waysOfAsking[0]!.make();
  configure();
  const notes: string[] = [];
  const place = { cwd: data.directory, env: { PATH: process.env.PATH }, data: data.dataDir, warn: () => {} };
  const identity = { name: 'ann', role: 'admin' } as const;
  const working = await openWorking(openLocal(place, identity), identity, {
    note: text => notes.push(text),
    warn: text => notes.push(text),
    onTakenOver: () => {},
    onEntry: () => {},
  });
  onTestFinished(() => working.close());
  return { ...data, configure, notes, working };
}

test('a configuration that changes is the one by which everything is answered from then on', async () => {
  const { working, configure, notes } = await work();
  configure({ agent: { program: ['false'] } });
  await vi.waitUntil(() => notes.some(note => note.includes('is in force')), { timeout: 10_000 });
  expect(await working.ask('config.show', {})).toMatchObject({ config: { agents: { bot: { program: ['false'] } } } });
});

test('whoever was killed is not believed to be at work', async () => {
  const { client, dataDir } = await work();
  expect(await client.ask('queue.show', {})).toMatchObject({ isAttended: true });
  // The process that the lock names is gone, and had no time to say that it stops.
  writeFileSync(dataPaths(dataDir).lock, JSON.stringify({ pid: 4_194_304, startTime: 1, bootId: 'x' }));
  expect(await client.ask('queue.show', {})).toMatchObject({ isAttended: false });
});
