/** Whoever tells people what happens goes on after a restart where it has left off. */
import { expect, test } from 'vitest';
import { setup } from 'xstate';
import { kindsFor } from '../../src/app/kinds.ts';
import { configureOutside } from '../../src/app/outside/services.ts';
import { defaultSettings, type Settings } from '../../src/app/settings.ts';
import type { Notice } from '../../src/domain/notice.ts';
import { createMemoryDisk } from '../../src/persistence/memory.ts';
import type { Runtime } from '../../src/runtime/index.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

/** A task of which only the end is told. */
const task = setup({}).createMachine({
  id: 'task',
  context: ({ input }) => ({ ...(input as object), asks: null, merged: null, endedBecause: null }),
  initial: 'working',
  states: { working: { on: { finish: 'done' } }, done: { type: 'final' } },
});

const settings: Settings = {
  ...defaultSettings,
  notify: [{ chat: 'ops', events: ['task.done'], severity: 'info', projects: [], cooldownMs: 0 }],
};

async function tellPeople({ disk = createMemoryDisk(), told = [] as Notice[] } = {}) {
  const chat = { send: async (notice: Notice) => void told.push(notice) };
  const runtime: Promise<Runtime> = startTestRuntime({
    disk,
    kinds: [
      ...kindsFor(
        { dataDir: '/', runsDir: '/', checkoutsDir: '/', cacheDir: '/' },
        { settings: () => settings, chats: { get: async () => chat as never }, runtime: () => runtime },
      ).filter(({ name }) => name !== 'task'),
      kindOf(task),
    ],
  }).then(started => started.runtime);
  const working = await runtime;
  await configureOutside(working, settings);
  return {
    told,
    async finish(id: string) {
      await working.create('task', id, { title: 'Fix it', project: 'shop' });
      await working.send(id, { type: 'finish' });
    },
    async restart() {
      await working.stop({ drainMs: 0 });
      return tellPeople({ disk, told });
    },
  };
}

const subjects = (told: readonly Notice[]) => told.map(({ subject }) => subject);

test('what was told before a restart is not told again after it, and what came since is', async () => {
  const before = await tellPeople();
  for (const id of ['ET-1', 'ET-2']) await before.finish(id);
  await expect.poll(() => subjects(before.told)).toEqual(['ET-1', 'ET-2']);

  const after = await before.restart();
  await after.finish('ET-3');
  await expect.poll(() => subjects(after.told)).toContain('ET-3');
  expect(subjects(after.told)).toEqual(['ET-1', 'ET-2', 'ET-3']);

  const again = await after.restart();
  await again.finish('ET-4');
  await expect.poll(() => subjects(again.told)).toContain('ET-4');
  expect(subjects(again.told)).toEqual(['ET-1', 'ET-2', 'ET-3', 'ET-4']);
  expect(new Set(again.told.map(({ id }) => id)).size).toBe(4);
});
