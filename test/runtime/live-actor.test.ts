/**
 * The durable actor against the live one: the same machine, the same events, the same clock. Restarts, evictions and a
 * commit for every event may change nothing that can be seen.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AnyStateMachine, createActor, SimulatedClock } from 'xstate';
import { createMemoryDisk } from '../../src/persistence/memory.ts';
import { createFakeClock } from '../support/clock.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';
import { child, family, nested, parallel, timed } from './machines.ts';

type Step = { type: 'send'; event: string } | { type: 'advance'; ms: number } | { type: 'restart' };

const machines: { machine: AnyStateMachine; events: string[]; sequences: number }[] = [
  { machine: nested, events: ['next', 'back', 'out', 'deep', 'again', 'jump', 'reset'], sequences: 900 },
  { machine: parallel, events: ['left', 'right', 'both', 'restart', 'finish', 'open'], sequences: 900 },
  { machine: timed, events: ['start', 'stop', 'poke', 'later', 'never'], sequences: 700 },
  { machine: family, events: ['invite', 'add', 'ask', 'leave', 'dismiss', 'ring'], sequences: 700 },
];

for (const { machine, events, sequences } of machines) {
  test(`${machine.id}: ${sequences} random sequences give the state and context of a live actor`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            { weight: 8, arbitrary: fc.constantFrom(...events).map((event): Step => ({ type: 'send', event })) },
            { weight: 2, arbitrary: fc.integer({ min: 1, max: 60 }).map((ms): Step => ({ type: 'advance', ms })) },
            // A live callback starts from nothing after a restart, so only machines without one are restarted mid-way.
            { weight: machine === family ? 0 : 1, arbitrary: fc.constant<Step>({ type: 'restart' }) },
          ),
          { minLength: 1, maxLength: 25 },
        ),
        fc.constantFrom(0, 1, 1_000),
        async (steps, cacheSize) => {
          const disk = createMemoryDisk();
          const clock = createFakeClock(0);
          const kinds = [kindOf(machine), ...(machine === family ? [kindOf(child)] : [])];
          let durable = await startTestRuntime({ kinds, disk, clock, cacheSize });
          await durable.runtime.create(machine.id, 'a', {});
          const simulated = new SimulatedClock();
          const live = createActor(machine, { clock: simulated, input: {} }).start();

          for (const step of steps) {
            if (step.type === 'send') {
              live.send({ type: step.event });
              await durable.runtime.send('a', { type: step.event });
              await durable.settle();
            } else if (step.type === 'advance') {
              // In single steps: one jump of the simulated clock fires only the first timer of a chain.
              for (let ms = 0; ms < step.ms; ms++) simulated.increment(1);
              await durable.advance(step.ms);
            } else {
              await durable.runtime.stop({ drainMs: 0 });
              durable = await startTestRuntime({ kinds, disk, clock, cacheSize });
            }
            const { value, context } = live.getSnapshot();
            const stored = JSON.parse((await durable.runtime.actor('a'))!.snapshot);
            expect({ value: stored.value, context: stored.context }).toEqual({ value, context });
          }
          expect(durable.faults).toEqual([]);
          expect(await durable.runtime.verify()).toMatchObject({ differences: [] });
          await durable.runtime.stop({ drainMs: 0 });
        },
      ),
      { numRuns: sequences },
    );
  });
}
