/** What is told of a task from its log alone is what its machine remembers, whatever way it went. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { defaultPipeline } from '../../src/machines/default-pipeline.ts';
import type { Pipeline } from '../../src/machines/pipeline.ts';
import { type Commits, commitsAfter, noCommits } from '../../src/machines/task/commits.ts';
import { type Course, createCourse, type TurnCause } from '../../src/machines/task/course.ts';
import { type Phase, phases, whereaboutsIn } from '../../src/machines/task/phases.ts';
import { compileTask } from '../../src/machines/task/task.ts';
import { sayingsAt } from '../../src/machines/words.ts';
import {
  baselineModel,
  everyVerdict,
  forgePipeline,
  forgeTaskModel,
  mergingModel,
  publishingModel,
  smallPipeline,
  taskModel,
} from '../model/cases.ts';
import type { ModelOptions } from '../model/paths.ts';
import { createWalks, type Steps, steps, type Walked } from './walks.ts';

const small = { plan: 'documents', build: 'tests', ship: 'shipped' };
const atForge = { build: 'ci people', ship: 'shipped' };

const pipelines: { name: string; pipeline: Pipeline; models(machine: AnyStateMachine): ModelOptions[] }[] = [
  {
    name: 'with everything that a stage can have',
    pipeline: smallPipeline,
    models: machine => [taskModel(machine), mergingModel(machine, small), publishingModel(machine, small)],
  },
  {
    name: 'that is judged before any work',
    pipeline: smallPipeline,
    models: machine => [baselineModel(machine, 'plan', ['plan', 'build', 'ship'])],
  },
  {
    name: 'at a forge',
    pipeline: forgePipeline,
    models: machine => [
      { ...everyVerdict(machine), input: forgeTaskModel(machine, atForge).input },
      ...[forgeTaskModel(machine, atForge), mergingModel(machine, atForge), publishingModel(machine, atForge)],
    ],
  },
];

const follow = (stages: readonly string[], log: readonly Walked[]): Course => {
  const told = createCourse(stages);
  for (const entry of log) told.follow(entry);
  return told.course();
};

/** The budgets that an event has counted one more of. */
const countedBy = ({ before, after }: Walked) =>
  Object.entries(after.rework).flatMap(([budget, count]) => (count > (before.rework[budget] ?? 0) ? [budget] : []));

/** What the machine calls a turn for which it keeps a budget. */
function causeOf(budget: string, stages: readonly string[]): TurnCause | undefined {
  if (stages.includes(budget)) return 'gate';
  if (budget.endsWith('.objection')) return 'objection';
  if (budget.endsWith('.unpublished')) return 'unpublished';
  if (budget.endsWith('.lapsed')) return 'lapsed';
  // Broken together counts under the same budget.
  return budget.endsWith('.conflict') ? 'conflict' : undefined;
}

describe.each(pipelines)('a task $name', ({ pipeline, models }) => {
  const stages = pipeline.stages.map(({ name }) => name);
  const walks = createWalks(pipeline, models(compileTask(pipeline)));
  const all = walks.all();
  const check = (property: (log: Walked[], course: Course) => void) => {
    for (const log of all) property(log, follow(stages, log));
    fc.assert(
      fc.property(steps, (way: Steps) => {
        const log = walks.random(way);
        property(log, follow(stages, log));
      }),
      { numRuns: 200 },
    );
  };

  test('is somewhere at every instant of its life, and nowhere else', () => {
    check((log, { spans, end, last }) => {
      const latest = Math.max(...log.map(({ at }) => at));
      expect(last).toBe(latest);
      const ms = spans.reduce((sum, { from, to }) => sum + ((to ?? latest) - from), 0);
      expect(ms).toBe(latest - log[0]!.at);
      for (const [index, { from, to }] of spans.entries()) {
        if (index > 0) expect(from).toBe(spans[index - 1]!.to);
        expect(to === null).toBe(end === null && index === spans.length - 1);
      }
    });
  });

  test('stands at the commits that it remembers', () => {
    check(log => {
      let commits: Commits = noCommits;
      for (const entry of log) {
        commits = commitsAfter(commits, entry);
        expect([entry.type, commits.base, commits.head]).toEqual([entry.type, entry.after.base, entry.after.head]);
        expect(commits.landed === null).toBe(entry.after.merged === null);
      }
    });
  });

  test('was judged as often as gates have answered, each time on the code that it had', () => {
    check((log, { judged }) => {
      const answered = log.filter(({ type }) => type.startsWith('xstate.done.actor.gate-'));
      expect(judged.length).toBe(answered.length);
      for (const [index, { after }] of answered.entries()) {
        const { gate, verdict, codeTree } = judged[index]!;
        // It is forgotten where the next round begins in the same step.
        const kept = after.verdicts[gate];
        if (kept !== undefined) expect([kept.verdict, kept.codeTree]).toEqual([verdict, codeTree]);
      }
    });
  });

  test('was sent back whenever its machine has counted that, and for that cause', () => {
    check((log, { turns }) => {
      const counted = log.flatMap(entry =>
        countedBy(entry).flatMap(budget => {
          const cause = causeOf(budget, stages);
          // Its agent has to wait for a budget first; what sends it back is that it is granted.
          if (cause === 'unpublished' && !/working|preparing/.test(entry.to)) return [];
          const isBroken = cause === 'conflict' && entry.type.includes('gate-');
          return cause === undefined ? [] : [isBroken ? 'gate' : cause];
        }),
      );
      const ofPeople = new Set<TurnCause>(['person', 'question', 'budget']);
      // A person may have verdicts judged again that have lapsed, which no budget was left for.
      expect(turns.map(({ cause }) => cause).filter(cause => !ofPeople.has(cause))).toEqual(counted);
    });
  });

  test('was sent back by people to stages alone that had begun', () => {
    check((log, { turns }) => {
      for (const { at, cause, to } of turns.filter(({ cause }) => cause === 'person' || cause === 'budget')) {
        const begun = log.filter(entry => entry.at <= at && entry.from.startsWith(`${to}.working`));
        expect([cause, begun.length > 0]).toEqual([cause, true]);
      }
    });
  });
});

/** Every state in which a task can stand. */
function statesOf(machine: AnyStateMachine): string[] {
  type Node = { key: string; type: string; path: string[]; states: Record<string, Node> };
  const below = (node: Node): string[] => {
    const children = Object.values(node.states).filter(({ type }) => type !== 'history');
    return children.length === 0 ? [node.path.join('.')] : children.flatMap(below);
  };
  return below(machine.root as never);
}

test('every state of a task belongs to a stage and to a phase, which agrees with what its tags say', () => {
  const expected: Record<string, Phase> = { lease: 'lease', forge: 'forge', paused: 'paused', blocked: 'person' };
  const seen = new Set<Phase>();
  for (const pipeline of [smallPipeline, forgePipeline, defaultPipeline]) {
    const machine = compileTask(pipeline);
    const stages = ['waiting', 'landing', ...pipeline.stages.map(({ name }) => name)];
    for (const state of statesOf(machine)) {
      const { tags } = sayingsAt(machine, state);
      const place = whereaboutsIn(state);
      if (tags.some(tag => ['done', 'failed', 'cancelled'].includes(tag))) {
        expect([state, place]).toEqual([state, undefined]);
        continue;
      }
      expect([state, stages.includes(place!.stage)]).toEqual([state, true]);
      seen.add(place!.phase);
      const tag = ['person', 'blocked', 'paused', 'lease', 'forge'].find(one => tags.includes(one));
      const wanted = tag === undefined ? undefined : (expected[tag] ?? 'person');
      if (wanted !== undefined) expect([state, place!.phase]).toEqual([state, wanted]);
      else expect([state, ['person', 'paused', 'lease', 'forge'].includes(place!.phase)]).toEqual([state, false]);
    }
  }
  // What an agent does with its time is told by its run.
  expect(phases.filter(phase => !seen.has(phase))).toEqual(['place', 'backoff']);
});
