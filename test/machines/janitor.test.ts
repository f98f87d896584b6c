/** The janitor: once a day, by an absolute time, and never when everything is to be kept. */
import { expect, test } from 'vitest';
import { kindsFor } from '../../src/app/kinds.ts';
import type { PruneOrder } from '../../src/app/retention.ts';
import { configureServices } from '../../src/app/services.ts';
import { defaultSettings } from '../../src/app/settings.ts';
import { janitorId } from '../../src/machines/addresses.ts';
import { createMemoryDisk } from '../../src/persistence/memory.ts';
import { createFakeClock } from '../support/clock.ts';
import { startTestRuntime } from '../support/runtime.ts';

const hour = 3_600_000;
const day = 24 * hour;
const nothing = {
  orders: 0,
  deliveries: 0,
  words: 0,
  actors: 0,
  actions: 0,
  definitions: 0,
  directories: 0,
  kept: [],
  keptInAll: 0,
};

/** A runtime with the real kinds; what would be removed is played. */
async function startJanitor(disk = createMemoryDisk(), clock = createFakeClock(100 * day)) {
  const asked: number[] = [];
  let isBroken = false;
  const prune = async ({ endedBefore }: PruneOrder) => {
    asked.push(endedBefore);
    if (isBroken) throw new Error('the disk is gone');
    return { ...nothing, tasks: 3, logEntries: 70, bytes: 9_000 };
  };
  const at = (name: string) => `/nowhere/${name}`;
  const paths = { dataDir: '/nowhere', runsDir: at('runs'), checkoutsDir: at('checkouts'), cacheDir: at('cache') };
  const system = await startTestRuntime({ kinds: kindsFor(paths, { prune }), disk, clock });
  return {
    ...system,
    asked,
    break: (broken: boolean) => {
      isBroken = broken;
    },
    async keepFor(endedAfterMs: number | null) {
      await configureServices(system.runtime, { ...defaultSettings, retention: { endedAfterMs } }, null);
      await system.settle();
    },
    restart: async () => {
      await system.runtime.stop({ drainMs: 0 });
      return startJanitor(disk, clock);
    },
  };
}

test('where everything is kept there is no janitor', async () => {
  const { runtime, keepFor, advance, asked } = await startJanitor();
  await keepFor(null);
  await advance(3 * day);
  expect(await runtime.actor(janitorId)).toBeUndefined();
  expect(asked).toEqual([]);
});

test('removes once a day what ended before the time that is configured, and remembers what went', async () => {
  const { keepFor, advance, asked, context } = await startJanitor();
  await keepFor(90 * day);
  await advance(day - 1);
  expect(asked).toEqual([]);
  await advance(1);
  expect(asked).toEqual([11 * day]);
  expect(await context(janitorId)).toEqual({
    endedAfterMs: 90 * day,
    last: { at: 101 * day, tasks: 3, logEntries: 70, bytes: 9_000, kept: 0 },
    problem: null,
  });
  await advance(2 * day);
  expect(asked).toEqual([11 * day, 12 * day, 13 * day]);
});

test('its day ends at the same instant across a restart, and by another duration', async () => {
  const before = await startJanitor();
  await before.keepFor(90 * day);
  await before.advance(20 * hour);
  await before.keepFor(30 * day);
  const { advance, asked } = await before.restart();
  await advance(4 * hour - 1);
  expect(asked).toEqual([]);
  await advance(1);
  expect(asked).toEqual([71 * day]);
});

test('a failure is remembered in words, and it is tried again the next day', async () => {
  const janitor = await startJanitor();
  await janitor.keepFor(90 * day);
  janitor.break(true);
  await janitor.advance(day);
  expect(await janitor.context(janitorId)).toMatchObject({ last: null, problem: 'the disk is gone' });
  janitor.break(false);
  await janitor.advance(day);
  expect(await janitor.context(janitorId)).toMatchObject({ last: { tasks: 3 }, problem: null });
  expect(janitor.asked).toHaveLength(2);
});

test('told to keep everything it rests, until it is told otherwise', async () => {
  const { keepFor, advance, asked, store } = await startJanitor();
  await keepFor(90 * day);
  await keepFor(null);
  expect(await store.nextTimer()).toBeUndefined();
  await advance(5 * day);
  expect(asked).toEqual([]);
  await keepFor(90 * day);
  await advance(day);
  expect(asked).toEqual([16 * day]);
});

test('the same configuration is told once', async () => {
  const { keepFor, runtime } = await startJanitor();
  await keepFor(90 * day);
  await keepFor(90 * day);
  expect(await runtime.actor(janitorId)).toMatchObject({ version: 1 });
});
