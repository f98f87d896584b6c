/** Whoever works on the data for long. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { openLocal } from '../../src/client/local.ts';
import { openWorking } from '../../src/client/work.ts';
import { waysOfAsking } from './data.ts';

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
