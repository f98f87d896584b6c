/** Every state and every transition of every machine of ours, walked on the real runtime and a real SQLite file. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type AnyStateMachine, setup } from 'xstate';
import { agentRunMachine } from '../../src/machines/agent-run.ts';
import { breakerMachine } from '../../src/machines/breaker.ts';
import { mergeQueueMachine } from '../../src/machines/merge-queue.ts';
import { compileTask } from '../../src/machines/task.ts';
import { workerMachine } from '../../src/machines/worker.ts';
import { openSqliteStore } from '../../src/persistence/sqlite/store.ts';
import { createPlayedJobs } from '../support/jobs.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { agentRunModel, breakerModel, mergeQueueModel, smallPipeline, taskModel, workerModel } from './cases.ts';
import { type ModelOptions, modelOf, play } from './paths.ts';

const machines: Record<string, { machine: AnyStateMachine; model: ModelOptions }> = {
  task: { machine: compileTask(smallPipeline), model: taskModel(compileTask(smallPipeline)) },
  agentRun: { machine: agentRunMachine as never, model: agentRunModel },
  breaker: { machine: breakerMachine as never, model: breakerModel },
  worker: { machine: workerMachine as never, model: workerModel },
  mergeQueue: { machine: mergeQueueMachine as never, model: mergeQueueModel },
};

/** Stands in for a run inside a task: ends when the test says so. */
function playedRun(logic: ReturnType<typeof createPlayedJobs>['logic']): AnyStateMachine {
  return setup({ types: {} as { context: { output: unknown } }, actors: { inner: logic } }).createMachine({
    id: 'agentRun',
    initial: 'working',
    states: {
      working: { invoke: { id: 'inner', src: 'inner', input: {} as never, onDone: 'ended' } },
      ended: { type: 'final', output: ({ event }: { event: unknown }) => (event as { output: unknown }).output },
    },
    output: ({ event }: { event: unknown }) => (event as { output: unknown }).output,
  } as never) as never;
}

for (const [name, { machine, model: options }] of Object.entries(machines)) {
  describe(name, () => {
    const model = modelOf(machine, options);

    test('the generated paths reach every state and take every transition', () => {
      expect([...model.states].filter(state => !model.visited.has(state))).toEqual([]);
      expect([...model.transitions].filter(transition => !model.covered.has(transition))).toEqual([]);
    });

    test(`all ${model.paths.length} paths lead on the real runtime to where they lead in the model`, async () => {
      const store = openSqliteStore({ file: join(temporaryDirectory(), 'model.db') });
      const jobs = createPlayedJobs();
      const actors = Object.fromEntries(Object.keys(machine.implementations.actors).map(actor => [actor, jobs.logic]));
      delete actors.agentRun;
      const kinds = [
        kindOf(machine, { actors, effects: { removeWorktree: () => {} } }),
        ...(name === 'task' ? [kindOf(playedRun(jobs.logic))] : []),
      ];
      const system = await startTestRuntime({ kinds, store });
      for (const [number, path] of model.paths.entries()) {
        const id = `p${number}`;
        await system.runtime.create(machine.id, id, inputFor(options.input) as never);
        await system.settle();
        for (const [step, event] of path.events.entries()) {
          await play(id, event, system, jobs);
          const expected = step === path.events.length - 1 ? path.states.at(-1) : undefined;
          if (expected !== undefined) expect(`${id} ${await system.state(id)}`).toBe(`${id} ${expected}`);
        }
      }
      expect(system.faults).toEqual([]);
      expect((await system.runtime.verify()).differences).toEqual([]);
      await system.runtime.stop({ drainMs: 0 });
      await store.close();
    });
  });
}

const inputFor = (input: unknown) => {
  const { actor: _, ...rest } = input as Record<string, unknown>;
  return rest;
};
