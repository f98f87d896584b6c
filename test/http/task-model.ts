/** A task of the default pipeline as a model: what happens to it, and what tells its states apart. */
import type { AnyStateMachine } from 'xstate';
import { noUsage } from '../../src/domain/usage.ts';
import { defaultPipeline } from '../../src/machines/default-pipeline.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { failure, judged, published, taskInput } from '../model/cases.ts';
import type { ModelEvent, ModelOptions } from '../model/paths.ts';

export const machine: AnyStateMachine = compileTask(defaultPipeline);
export const stages = defaultPipeline.stages.map(({ name }) => name);

/** The gate that an actor judges, of each stage. */
const gateOf: Record<string, string> = Object.fromEntries(
  defaultPipeline.stages.map(({ name, gates }) => [name, gates.find(({ kind }) => kind !== 'approval')!.name]),
);

/** The stage in which a task is, paused or not. */
const stageOf = (state: string) => state.replace(/^paused\./, '').split('.')[0]!;

const runEnded = (stage: string, outcome: string): ModelEvent => ({
  type: `xstate.done.actor.${stage}`,
  output: { outcome, reason: outcome, attempts: 1, workedMs: 10, usage: noUsage },
});

const ofPeople = (stages: readonly string[]): ModelEvent[] => [
  ...['task.approve', 'task.retry', 'task.pause', 'task.resume', 'task.cancel'].map(type => ({ type, by: 'ann' })),
  { type: 'task.reject', reason: 'no', by: 'ann' },
  { type: 'task.answer', text: 'this', by: 'ann' },
  { type: 'task.fail', reason: 'enough', by: 'ann' },
  ...stages.map(stage => ({ type: 'task.move', stage, by: 'ann' })),
];

/** Everything that people may send, with the fields that it needs. */
export const personEventsOf = ofPeople(stages);

const outcomes: ModelEvent[] = [
  { type: 'xstate.done.actor.prepare', output: { base: 'b', head: 'h', codeTree: 'tree' } },
  failure('prepare'),
  published('tree'),
  published('tree', { questions: 'Which?' }),
  published('tree', { objection: 'No.' }),
  {
    type: 'xstate.done.actor.publish',
    output: { result: 'refused', detail: 'core.4711', isAdrift: false, isForPeople: true },
  },
  failure('publish'),
  ...Object.values(gateOf).flatMap(gate => ['pass', 'fail', 'inconclusive'].map(word => judged(gate, word))),
  ...Object.values(gateOf).map(gate => failure(`gate-${gate}`)),
  ...stages.flatMap(stage => [
    runEnded(stage, 'succeeded'),
    runEnded(stage, 'permanent'),
    runEnded(stage, 'budget'),
    failure(stage),
  ]),
  { type: 'lease.granted', token: 1 },
  { type: 'xstate.done.actor.update', output: { result: 'current' } },
  {
    type: 'xstate.done.actor.update',
    output: { result: 'updated', head: 'u', codeTree: 'merged', isOnlyDocuments: false },
  },
  { type: 'xstate.done.actor.update', output: { result: 'conflict', detail: 'file' } },
  { type: 'xstate.done.actor.merge', output: { result: 'merged', commit: 'c', codeTree: 'tree' } },
  failure('merge'),
];

export const options: ModelOptions = {
  input: { ...taskInput, actor: { id: 'x', parentId: null, at: 0 } },
  events: [...outcomes, ...personEventsOf],
  isPossible(state, event) {
    const stage = stageOf(state);
    // From everywhere to everywhere would be every set of stages that have passed.
    if (event.type === 'task.move' && state !== 'analysis.blocked' && event.stage !== stage) return false;
    const { questions, objection } = (event.output ?? {}) as { questions?: unknown; objection?: unknown };
    return (!questions || stage === 'analysis') && (!objection || stage === 'architecture');
  },
  project(context, state) {
    const { verdicts, rework, questions, objection, merged, codeTree } = context as {
      codeTree: string;
      verdicts: Record<string, { verdict: string; codeTree: string }>;
      rework: Record<string, number>;
      questions: unknown;
      objection: unknown;
      merged: unknown;
    };
    const own = gateOf[stageOf(state)] ?? '';
    return [
      stages.slice(0, stages.indexOf(stageOf(state))).every(stage => verdicts[gateOf[stage]!]?.verdict === 'pass'),
      verdicts[own]?.verdict,
      stageOf(state) === 'deploy' && [verdicts.tests?.verdict, verdicts.tests?.codeTree === codeTree],
      Object.values(rework).some(count => count > 0),
      questions !== null,
      objection !== null,
      merged !== null,
    ];
  },
};
