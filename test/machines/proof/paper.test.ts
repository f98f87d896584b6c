/** A machine on paper does what XState does: the same states and the same memory, on random ways of random pipelines. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AnyMachineSnapshot, initialTransition, transition } from 'xstate';
import { anyInput, innermost } from '../../../src/machines/proof/explore.ts';
import { happenings } from '../../../src/machines/proof/happenings.ts';
import { createPaper, pathOf } from '../../../src/machines/proof/paper.ts';
import type { TaskContext } from '../../../src/machines/task/context.ts';
import { compileTask } from '../../../src/machines/task/task.ts';
import { pipelines } from '../../support/random-pipelines.ts';

test('each step leads where XState leads, with the same context', () => {
  fc.assert(
    fc.property(pipelines, fc.array(fc.nat(99), { minLength: 30, maxLength: 90 }), (pipeline, choices) => {
      const machine = compileTask(pipeline);
      const paper = createPaper(machine);
      let [real] = initialTransition(machine, anyInput as never) as unknown as [AnyMachineSnapshot];
      let drawn = { at: innermost(machine, real.value as never), context: real.context as TaskContext };
      for (const [step, choice] of choices.entries()) {
        const all = happenings(drawn, pipeline);
        if (all.length === 0) break;
        // Mostly well, or few would come far.
        const well = all.filter(({ isWell }) => isWell);
        const pool = choice % 4 > 0 && well.length > 0 ? well : all;
        const event = { ...pool[choice % pool.length]!.event, at: step };
        [real] = transition(machine, real, event as never) as unknown as [AnyMachineSnapshot];
        drawn = paper.step(drawn, event) ?? drawn;
        expect(pathOf(drawn.at)).toBe(pathOf(innermost(machine, real.value as never)));
        expect(drawn.context).toEqual(real.context);
      }
    }),
    { numRuns: 150 },
  );
}, 120_000);
