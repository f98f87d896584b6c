/** Every state and every transition of every machine of ours, walked on the real runtime and a real SQLite file. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { agentRunMachine } from '../../src/machines/agent-run.ts';
import { breakerMachine } from '../../src/machines/breaker.ts';
import { candidateMachine } from '../../src/machines/candidate.ts';
import { conversationMachine } from '../../src/machines/conversation.ts';
import { deliveryMachine, deliveryOutcomes } from '../../src/machines/delivery.ts';
import { gateMachine } from '../../src/machines/gate.ts';
import { intakeMachine } from '../../src/machines/intake.ts';
import { janitorMachine } from '../../src/machines/janitor.ts';
import { mergeQueueMachine } from '../../src/machines/merge-queue.ts';
import { notifierMachine } from '../../src/machines/notifier.ts';
import { orderMachine } from '../../src/machines/order.ts';
import { preflightMachine } from '../../src/machines/preflight.ts';
import { reconcilerMachine } from '../../src/machines/reconciler.ts';
import { routineMachine } from '../../src/machines/routine.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { tokenMachine } from '../../src/machines/token.ts';
import { wordMachine } from '../../src/machines/word.ts';
import { workerMachine } from '../../src/machines/worker.ts';
import { openSqliteStore } from '../../src/persistence/sqlite/store.ts';
import { createPlayedJobs, playedMachine } from '../support/jobs.ts';
import { inertEffects, kindOf, startTestRuntime } from '../support/runtime.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import {
  agentRunModel,
  askingModel,
  baselineModel,
  breakerModel,
  commandRunModel,
  deadlinesOf,
  deliveryModel,
  everyVerdict,
  forgePipeline,
  forgeTaskModel,
  forkModel,
  gateModel,
  janitorModel,
  madeThereModel,
  mergeQueueModel,
  mergingModel,
  orderModel,
  plainRunModel,
  preflightModel,
  promptGateModel,
  publishingModel,
  reconcilerModel,
  shortRunModel,
  smallPipeline,
  taskModel,
  tokenModel,
  waitingModel,
  workerModel,
} from './cases.ts';
import { listingOf } from './listing.ts';
import {
  candidateModel,
  conversationModel,
  intakeModel,
  notifierModel,
  routineModel,
  wordModel,
} from './outside-cases.ts';
import { type ModelOptions, type ModelPath, modelOf, play, watchAsked } from './paths.ts';

const smallTask = compileTask(smallPipeline);
const forgeTask = compileTask(forgePipeline);

const madeThere = (machine: AnyStateMachine, gates: string[]) => [
  madeThereModel(machine, { gates, word: 'fail' }),
  madeThereModel(machine, { gates, word: 'fail', refusals: 1 }),
  madeThereModel(machine, { gates, word: 'inconclusive' }),
];

/** A machine may need several inputs before every transition can be taken. */
const machines: Record<string, { machine: AnyStateMachine; models: ModelOptions[] }> = {
  task: {
    machine: smallTask,
    models: [
      taskModel(smallTask),
      forgeTaskModel(smallTask, { plan: 'documents', build: 'tests', ship: 'shipped' }),
      publishingModel(smallTask, { plan: 'documents', build: 'tests', ship: 'shipped' }),
      mergingModel(smallTask, { plan: 'documents', build: 'tests', ship: 'shipped' }),
      waitingModel(smallTask),
      askingModel(smallTask, { plan: 'documents', build: 'tests', ship: 'shipped' }),
      baselineModel(smallTask, 'plan', ['plan', 'build', 'ship']),
      ...['plan', 'build', 'ship'].map(stage => forkModel(smallTask, stage)),
      forkModel(smallTask, 'ship', true),
      ...madeThere(smallTask, ['documents', 'approval', 'tests']),
    ],
  },
  'task at a forge': {
    machine: forgeTask,
    models: [
      forgeTaskModel(forgeTask, { build: 'ci people', ship: 'shipped' }),
      publishingModel(forgeTask, { build: 'ci people', ship: 'shipped' }),
      mergingModel(forgeTask, { build: 'ci people', ship: 'shipped' }),
      everyVerdict(forgeTask),
      waitingModel(forgeTask),
      askingModel(forgeTask, { build: 'ci people', ship: 'shipped' }),
      ...['build', 'ship'].map(stage => forkModel(forgeTask, stage, true)),
      ...madeThere(forgeTask, ['ci', 'people']),
    ],
  },
  agentRun: {
    machine: agentRunMachine as never,
    models: [agentRunModel, plainRunModel, shortRunModel, commandRunModel],
  },
  delivery: { machine: deliveryMachine as never, models: deliveryOutcomes.map(deliveryModel) },
  gate: { machine: gateMachine as never, models: [gateModel, promptGateModel] },
  breaker: { machine: breakerMachine as never, models: [breakerModel] },
  worker: { machine: workerMachine as never, models: [workerModel] },
  preflight: { machine: preflightMachine as never, models: [preflightModel] },
  reconciler: { machine: reconcilerMachine as never, models: [reconcilerModel] },
  janitor: { machine: janitorMachine as never, models: [janitorModel] },
  token: { machine: tokenMachine as never, models: [tokenModel] },
  order: { machine: orderMachine as never, models: [orderModel] },
  mergeQueue: { machine: mergeQueueMachine as never, models: [mergeQueueModel] },
  conversation: { machine: conversationMachine as never, models: [conversationModel] },
  candidate: { machine: candidateMachine as never, models: [candidateModel(false), candidateModel(true)] },
  intake: { machine: intakeMachine as never, models: [intakeModel] },
  word: {
    machine: wordMachine as never,
    models: [
      wordModel({ at: 'tracker', name: 'plan', ref: { project: 'x', id: 'i' } }),
      wordModel({ at: 'chat', name: 'ops' }),
    ],
  },
  routine: { machine: routineMachine as never, models: [routineModel] },
  notifier: { machine: notifierMachine as never, models: [notifierModel] },
};

for (const [name, { machine, models }] of Object.entries(machines)) {
  describe(name, () => {
    const explored = models.map(options => ({ options, model: modelOf(machine, options) }));
    const paths = explored.flatMap(({ options, model }) => model.paths.map(path => ({ path, options })));
    const isSeen = (seen: 'visited' | 'covered', what: string) => explored.some(({ model }) => model[seen].has(what));
    const { states, transitions } = explored[0]!.model;

    test('the generated paths reach every state and take every transition', () => {
      expect([...states].filter(state => !isSeen('visited', state))).toEqual([]);
      expect([...transitions].filter(transition => !isSeen('covered', transition))).toEqual([]);
    });

    test('is what its list says', async () => {
      await expect(listingOf(machine)).toMatchFileSnapshot(`transitions/${name.replaceAll(' ', '-')}.txt`);
    });

    // Where several deadlines run, the first of them comes first, and the model does not know which that is.
    const deadlines = deadlinesOf(machine).length;
    const hasRivals = ({ events }: ModelPath) =>
      deadlines > 1 && events.some(({ type }) => type.startsWith('xstate.after.'));

    // A task has hundreds of paths; each is committed step by step.
    const patience = { timeout: 180_000 };
    test(`all ${paths.length} paths lead on the real runtime to where they lead in the model`, patience, async () => {
      const store = openSqliteStore({ file: join(temporaryDirectory(), 'model.db') });
      const jobs = createPlayedJobs();
      const actors = Object.fromEntries(Object.keys(machine.implementations.actors).map(actor => [actor, jobs.logic]));
      const below = { task: ['agentRun', 'gate'], intake: ['candidate'] }[machine.id] ?? [];
      for (const child of below) delete actors[child];
      const kinds = [
        kindOf(machine, { actors, effects: inertEffects }),
        ...below.map(child => kindOf(playedMachine(child, jobs.logic))),
      ];
      // Paths end where jobs are still open.
      const system = await startTestRuntime({ kinds, store, jobConcurrency: 10_000 });
      for (const [number, { path, options }] of paths.entries()) {
        const id = `path${number}x`;
        await system.runtime.create(machine.id, id, inputFor(options.input) as never);
        await system.settle();
        for (const [step, event] of path.events.entries()) {
          const isLast = step === path.events.length - 1;
          const asked = isLast && !hasRivals(path) ? await watchAsked(id, system) : undefined;
          await play(id, event, system, jobs);
          // It asks for what it asks for in the model, and for nothing else.
          if (asked !== undefined)
            expect([id, event.type, await asked()]).toEqual([id, event.type, path.asks.filter(isOfOutside)]);
          const expected = isLast ? path.states.at(-1) : undefined;
          if (expected !== undefined) expect(`${id} ${await system.state(id)}`).toBe(`${id} ${expected}`);
        }
        // It remembers there what it does in the model, as far as guards ask.
        const state = (await system.state(id)) ?? '';
        if (path.remembers !== undefined && !hasRivals(path))
          expect([id, options.project(await system.context(id), state)]).toEqual([id, path.remembers]);
      }
      expect(system.faults).toEqual([]);
      expect((await system.runtime.verify()).differences).toEqual([]);
      await system.runtime.stop({ drainMs: 0 });
      await store.close();
    });
  });
}

/** An actor that is made is no effect; that it is made is looked at in `test/runtime/making.test.ts`. */
const isOfOutside = (asked: string) => !asked.startsWith('effect openConversation ');

const inputFor = (input: unknown) => {
  const { actor: _, ...rest } = input as Record<string, unknown>;
  return rest;
};
