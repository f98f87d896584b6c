/** A gate looks, and where the answer lies elsewhere it waits for news, but never for ever. */

import { expect, test } from 'vitest';
import { fromPromise } from 'xstate';
import { gateMachine } from '../../src/machines/gate.ts';
import { createMemoryDisk } from '../../src/persistence/memory.ts';
import { createFakeClock } from '../support/clock.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

const gate = { kind: 'command', name: 'ci', timeout: 1 };

/** A gate whose looks are answered from a list; the last answer stays. */
async function startGate(answers: string[], more: object = {}) {
  const clock = createFakeClock();
  const disk = createMemoryDisk();
  let looks = 0;
  const judge = fromPromise(async () => {
    const verdict = answers[Math.min(looks++, answers.length - 1)]!;
    if (verdict === 'broken') throw new Error('no such tool');
    return { gate: 'ci', verdict, detail: `it is ${verdict}` };
  });
  const kinds = [kindOf(gateMachine as never, { actors: { judge } })];
  const start = () => startTestRuntime({ kinds, clock, disk });
  const system = await start();
  const input = { taskId: 'task', gate, deadlineMs: 60_000, lookAgainMs: 10_000, place: {}, ...more };
  await system.runtime.create('gate', 'g', input as never);
  await system.settle();
  return { ...system, start, clock, looks: () => looks, report: async (of = system) => (await of.context('g')).report };
}

test.each(['pass', 'fail', 'inconclusive'])('a look that says %s is its verdict', async verdict => {
  const { state, report } = await startGate([verdict]);
  expect(await state('g')).toBe('judged');
  expect(await report()).toEqual({ gate: 'ci', verdict, detail: `it is ${verdict}` });
});

test('a look that breaks down is inconclusive', async () => {
  const { report } = await startGate(['broken']);
  expect(await report()).toMatchObject({ verdict: 'inconclusive', detail: expect.stringContaining('no such tool') });
});

test('one that may not wait and has no verdict is inconclusive at once', async () => {
  const { state, report } = await startGate(['pending'], { deadlineMs: null });
  expect(await state('g')).toBe('judged');
  expect(await report()).toMatchObject({ verdict: 'inconclusive', detail: 'it is pending' });
});

test('news make it look again, and so does time without news', async () => {
  const { runtime, state, clock, settle, looks } = await startGate(['pending', 'pending', 'pending', 'pass']);
  await runtime.send('g', { type: 'gate.news' });
  await settle();
  expect([await state('g'), looks()]).toEqual(['undecided.waiting', 2]);
  await clock.advance(10_000);
  await settle();
  expect([await state('g'), looks()]).toEqual(['undecided.waiting', 3]);
  await clock.advance(10_000);
  await settle();
  expect([await state('g'), looks()]).toEqual(['judged', 4]);
});

test('I7: waiting ends at its deadline however often it looks and restarts, and is then inconclusive, never a pass', async () => {
  const { runtime, start, clock, settle, report } = await startGate(['pending']);
  await clock.advance(10_000);
  await settle();
  await runtime.stop({ drainMs: 0 });
  const later = await start();
  await later.settle();
  await clock.advance(49_999);
  await later.settle();
  expect(await later.state('g')).toMatch(/^undecided/);
  await clock.advance(1);
  await later.settle();
  expect(await later.state('g')).toBe('expired');
  expect(await report(later)).toMatchObject({
    verdict: 'inconclusive',
    detail: 'waited in vain: it is pending',
  });
});
