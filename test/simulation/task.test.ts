/**
 * A task of the default pipeline under random outcomes of its jobs, random people, random deadlines and restarts at
 * any moment. Whatever comes, the promises of a pipeline hold.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noUsage } from '../../src/domain/usage.ts';
import { defaultPipeline } from '../../src/machines/default-pipeline.ts';
import type { TaskContext } from '../../src/machines/task/context.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { createMemoryDisk } from '../../src/persistence/memory.ts';
import { deadlinesOf, taskModel } from '../model/cases.ts';
import { type ModelEvent, play } from '../model/paths.ts';
import { createFakeClock } from '../support/clock.ts';
import { createPlayedJobs, playedMachine } from '../support/jobs.ts';
import { inertEffects, kindOf, startTestRuntime } from '../support/runtime.ts';

const machine = compileTask(defaultPipeline);
const stages = defaultPipeline.stages;

/** The gate of each stage that is no person's. */
const gateOf: Record<string, string> = Object.fromEntries(
  stages.map(({ name, gates }) => [name, gates.find(({ kind }) => kind !== 'approval')!.name]),
);

/** What may happen next in a state, made from three random numbers; mostly good news, so that tasks get somewhere. */
function happening(state: string, [kind, luck, choice]: [number, number, number]): ModelEvent {
  const [stage = '', step = ''] = state.split('.');
  const isJudged = state.endsWith('judging');
  const gate = isJudged ? 'tests' : gateOf[stage];
  const isLucky = luck < 0.85;
  const person: ModelEvent[] = [
    { type: 'task.approve', by: 'p' },
    { type: 'task.retry', by: 'p' },
    { type: 'task.reject', reason: 'no', by: 'p' },
    { type: 'task.answer', text: 'yes', by: 'p' },
    { type: 'task.pause', by: 'p' },
    { type: 'task.resume', by: 'p' },
    { type: 'task.move', stage: stages[Math.floor(choice * stages.length)]!.name, by: 'p' },
    ...(luck > 0.97 ? [{ type: 'task.cancel', by: 'p' }] : []),
  ];
  const waits = /awaiting|blocked$|unsure$|unpublished$|^paused/.test(state);
  if (waits && kind < 0.6)
    return state.startsWith('paused') ? person[5]! : state.endsWith('awaitingApproval') ? person[0]! : person[1]!;
  if (waits || kind > 0.97) return person[Math.floor(choice * person.length)]!;
  const failed = (child: string) => ({
    type: `xstate.error.actor.${child}`,
    error: { name: 'Error', message: 'broken' },
  });
  const tree = `tree ${luck > 0.97 && stage !== 'analysis' ? choice : stage === 'analysis' || stage === 'architecture' ? 'old' : 'new'}`;
  if (state.endsWith('waiting')) return { type: 'lease.granted', token: 1 };
  if (state.endsWith('writing')) {
    if (luck > 0.95) return failed('merge');
    const output = isLucky ? { result: 'merged', commit: 'm', codeTree: 'merged' } : { result: 'moved' };
    return { type: 'xstate.done.actor.merge', output };
  }
  if (state.endsWith('updating')) {
    if (luck > 0.97) return failed('update');
    const isOnlyDocuments = state.startsWith('landing');
    const moved = {
      result: 'updated',
      head: 'u',
      codeTree: isOnlyDocuments ? 'target' : `updated ${choice}`,
      isOnlyDocuments,
    };
    const output = isLucky ? (choice > 0.6 ? moved : { result: 'current' }) : { result: 'conflict', detail: 'x' };
    return { type: 'xstate.done.actor.update', output };
  }
  switch (isJudged ? 'gating' : step) {
    case 'preparing':
      return luck > 0.95
        ? failed('prepare')
        : { type: 'xstate.done.actor.prepare', output: { base: 'b', head: 'h', codeTree: tree } };
    case 'working': {
      const outcome = isLucky ? 'succeeded' : 'permanent';
      return {
        type: `xstate.done.actor.${stage}`,
        output: { outcome, reason: outcome, attempts: 1 + Math.floor(choice * 3), workedMs: 5, usage: noUsage },
      };
    }
    case 'publishing':
      return {
        type: 'xstate.done.actor.publish',
        output: {
          head: `h ${choice}`,
          codeTree: stage === 'deploy' ? 'merged' : tree,
          questions: luck > 0.95 ? '?' : null,
          objection: luck > 0.97 ? '!' : null,
        },
      };
    case 'gating': {
      const word = isLucky ? 'pass' : choice < 0.7 ? 'fail' : 'inconclusive';
      return { type: `xstate.done.actor.gate-${gate}`, output: { gate, verdict: word, detail: word } };
    }
    default:
      return person[0]!;
  }
}

// As much is played as on an idle machine in twenty seconds; a busy one takes longer.
test('I4, I13: nothing is merged around a gate, budgets hold, ends are final, and restarts change nothing', {
  timeout: 180_000,
}, async () => {
  const endings = new Map<string, number>();
  // Without fast-check's bias to the edges: these are chances.
  const probability = fc.noBias(fc.integer({ min: 0, max: 9_999 }).map(number => number / 10_000));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(probability, probability, probability, fc.integer({ min: 0, max: 9 })), {
        minLength: 60,
        maxLength: 160,
      }),
      async steps => {
        const disk = createMemoryDisk();
        const clock = createFakeClock();
        const begin = async () => {
          const jobs = createPlayedJobs();
          const actors = Object.fromEntries(
            Object.keys(machine.implementations.actors).map(name => [name, jobs.logic]),
          );
          // Machines below the task end as they are told to.
          const below = ['agentRun', 'gate'].map(id => kindOf(playedMachine(id, jobs.logic)));
          for (const { name } of below) delete actors[name];
          const kinds = [kindOf(machine, { actors, effects: inertEffects }), ...below];
          const system = await startTestRuntime({ kinds, disk, clock });
          await system.settle();
          return { system, jobs };
        };
        let { system, jobs } = await begin();
        const { actor: _, ...input } = taskModel(machine).input as Record<string, unknown>;
        await system.runtime.create('task', 't', input as never);
        await system.settle();
        for (const [kind, luck, choice, restart] of steps) {
          if (restart === 0) {
            const before = await system.runtime.actor('t');
            await system.runtime.stop({ drainMs: 0 });
            ({ system, jobs } = await begin());
            expect(await system.runtime.actor('t')).toEqual(before);
          }
          const row = (await system.runtime.actor('t'))!;
          const before = JSON.parse(row.snapshot).context as TaskContext;
          if (row.status !== 'active') {
            expect(await system.runtime.send('t', { type: 'task.retry', by: 'p' })).toMatchObject({
              outcome: 'ignored',
            });
            break;
          }
          const event = happening(row.state, [kind, luck, choice]);
          await play('t', event, system, jobs);
          const after = JSON.parse((await system.runtime.actor('t'))!.snapshot).context as TaskContext;
          if (before.merged === null && after.merged !== null) {
            for (const stage of stages.slice(0, -1)) {
              for (const gate of stage.gates) expect(before.verdicts[gate.name]).toMatchObject({ verdict: 'pass' });
            }
            for (const gate of ['tests', 'review', 'testReport']) {
              expect(before.verdicts[gate]!.codeTree).toBe(before.codeTree);
            }
          }
          for (const [budget, count] of Object.entries(after.rework))
            expect(`${budget} ${count <= (budget.endsWith('.moved') ? 5 : 3)}`).toBe(`${budget} true`);
        }
        const end = (await system.runtime.actor('t'))!;
        const key = end.status === 'active' ? 'active' : end.state;
        endings.set(key, (endings.get(key) ?? 0) + 1);
        expect(system.faults).toEqual([]);
        expect((await system.runtime.verify()).differences).toEqual([]);
        await system.runtime.stop({ drainMs: 0 });
      },
    ),
    { numRuns: 250 },
  );
  // The walk is worth something only if it gets to the ends.
  expect(endings.get('done') ?? 0).toBeGreaterThan(10);
});

test('nothing of a task waits for a time but the next try at a forge that is away, and a look at what blocks it', () => {
  const others = deadlinesOf(machine).filter(({ type }) => !/^xstate\.after\.(?:nextTry|600000)\./.test(type));
  expect(others).toEqual([]);
});
