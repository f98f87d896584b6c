/** Removing what ended long ago from a runtime that is at work. */
import { expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import type { PruneQuery } from '../../src/persistence/store.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

const counter = setup({
  types: {} as { context: { count: number }; events: { type: 'count' } | { type: 'end' } },
  actions: { add: assign({ count: ({ context }) => context.count + 1 }) },
}).createMachine({
  id: 'counter',
  context: { count: 0 },
  initial: 'on',
  states: { on: { on: { count: { actions: 'add' }, end: 'over' } }, over: { type: 'final' } },
});

const all: PruneQuery = { kind: 'counter', endedBefore: Number.MAX_SAFE_INTEGER, limit: 100, entries: 1_000 };

async function startCounters(ids: readonly string[]) {
  const system = await startTestRuntime({ kinds: [kindOf(counter)] });
  for (const id of ids) await system.runtime.create('counter', id, {});
  return system;
}

test('what was removed is not in memory either, and its id is never given again', async () => {
  const { runtime } = await startCounters(['a', 'b']);
  await runtime.send('a', { type: 'end' });
  expect(runtime.load.cached).toBe(2);
  expect(await runtime.prune(all)).toMatchObject({ roots: ['a'], next: null });
  expect(runtime.load.cached).toBe(1);
  await expect(runtime.send('a', { type: 'count' })).rejects.toMatchObject({ reason: 'noActor' });
  expect(await runtime.create('counter', 'a', {})).toMatchObject({ outcome: 'duplicate', seq: 0 });
  expect(await runtime.actor('a')).toBeUndefined();
  expect(await runtime.verify()).toEqual({ checked: 1, differences: [] });
});

test('a dry run leaves everything, also in memory', async () => {
  const { runtime } = await startCounters(['a']);
  await runtime.send('a', { type: 'end' });
  expect(await runtime.prune({ ...all, isDryRun: true })).toMatchObject({ roots: ['a'] });
  expect(runtime.load.cached).toBe(1);
  expect(await runtime.send('a', { type: 'count' })).toMatchObject({ outcome: 'ignored' });
});

test('events that were sent before a bite are taken before it, and none is lost among those sent meanwhile', async () => {
  const ids = ['a', 'b', 'c'];
  const { runtime, context, faults } = await startCounters(['lives', ...ids]);
  const sent = ids.map(id => runtime.send(id, { type: 'end' }));
  const bites = [runtime.prune({ ...all, limit: 2 }), runtime.prune(all)];
  const counted = Array.from({ length: 600 }, () => runtime.send('lives', { type: 'count' }));
  expect((await Promise.all(sent)).map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied']);
  expect((await Promise.all(bites)).map(({ roots }) => roots)).toEqual([['a', 'b'], ['c']]);
  for (const { outcome } of await Promise.all(counted)) expect(outcome).toBe('applied');
  expect(await context('lives')).toEqual({ count: 600 });
  expect(await runtime.verify()).toEqual({ checked: 1, differences: [] });
  expect(faults).toEqual([]);
});

test('a reader that follows the log goes on behind what was removed', async () => {
  const { runtime } = await startCounters(['a', 'lives']);
  await runtime.send('a', { type: 'end' });
  const stop = new AbortController();
  const pages = runtime.logSince(1, stop.signal);
  await runtime.prune(all);
  await runtime.send('lives', { type: 'count' });
  const seen = [];
  for await (const page of pages) {
    seen.push(...page.map(({ actorId, type }) => `${actorId} ${type}`));
    if (seen.at(-1) === 'lives count') stop.abort();
  }
  expect(seen).toEqual(['lives xstate.init', 'lives count']);
});

test('a runtime that stops refuses, and answers whoever still waits', async () => {
  const { runtime } = await startCounters(['a']);
  const stopping = runtime.stop({ drainMs: 0 });
  await expect(runtime.prune(all)).rejects.toMatchObject({ reason: 'stopped' });
  await stopping;
});
