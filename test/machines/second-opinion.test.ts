/**
 * A second opinion on every pipeline: random ones are played in random worlds, and what has landed is judged by what the
 * world has seen, without a look at how the machine decides.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Pipeline } from '../../src/machines/pipeline.ts';
import { type Landed, type PureTask, playTask, type World } from '../support/pure-task.ts';
import { pipelines } from '../support/random-pipelines.ts';

/** Numbers by which a world goes; when they are used up all is well and nobody sends anything. */
const chance = fc.array(fc.nat(999), { minLength: 20, maxLength: 120 });

function worldOf(pipeline: Pipeline, numbers: readonly number[]): World {
  const rest = numbers.values();
  const next = () => rest.next().value as number | undefined;
  const stages = pipeline.stages.map(({ name }) => name);
  return {
    code(stage, visit, tree) {
      const number = next() ?? 1;
      // A tree of before may come back.
      if (number % 5 === 0) return `t${number % 4}`;
      return number % 2 === 0 ? `${stage}${visit}` : tree;
    },
    verdict() {
      const number = next() ?? 9;
      return number % 4 === 0 ? 'fail' : number % 13 === 0 ? 'inconclusive' : 'pass';
    },
    objection: () => ((next() ?? 1) % 8 === 0 ? 'No.' : null),
    person() {
      const number = next();
      if (number === undefined) return undefined;
      const moves = stages.map(stage => ({ type: 'task.move', stage }));
      const usual = ['task.approve', 'task.retry', 'task.reject', 'task.approve'].map(type => ({ type, reason: 'no' }));
      const all = number % 3 === 0 ? [...usual, ...moves] : usual;
      return all[Math.floor(number / 3) % all.length];
    },
  };
}

/** The stages that a task goes through when all is well, told from the pipeline alone. */
function wayOf({ stages }: Pipeline): string[] {
  const way: string[] = [];
  for (let index = 0; index >= 0 && index < stages.length && !way.includes(stages[index]!.name); ) {
    const { name, next } = stages[index]!;
    way.push(name);
    index = next === undefined ? index + 1 : stages.findIndex(stage => stage.name === next);
  }
  return way;
}

/** What is wrong with what has landed; empty when all is well. */
function wrongWith({ pipeline, landed }: PureTask): string[] {
  const way = wayOf(pipeline);
  const there = new Set(['base']);
  return landed.flatMap(one => {
    const isThere = there.has(one.tree) && one.by !== 'done';
    there.add(one.tree);
    // Nothing is merged that the target has already; and where nothing was changed, nothing can be judged.
    return isThere ? [] : wrongIn(pipeline, way, one);
  });
}

function wrongIn({ stages }: Pipeline, way: readonly string[], { by, tree, said }: Landed): string[] {
  const at = way.indexOf(by);
  const owed = stages.filter(({ name }) =>
    at < 0 ? way.includes(name) : way.indexOf(name) >= 0 && way.indexOf(name) < at,
  );
  const inOrder = [...owed].sort((a, b) => way.indexOf(a.name) - way.indexOf(b.name));
  const isCode = (kind: string) => kind === 'verdict' || kind === 'command';
  const first = inOrder.findIndex(({ gates }) => gates.some(({ kind }) => isCode(kind)));
  const lacking = inOrder.flatMap(({ gates }, index) =>
    gates
      .filter(({ kind }) => isCode(kind) || (kind === 'approval' && index >= first))
      .filter(({ name }) => said[name] !== 'pass')
      .map(({ name }) => `${by} takes ${tree}, of which ${name} says ${said[name] ?? 'nothing'}`),
  );
  const refused = Object.entries(said)
    .filter(([, word]) => word === 'fail')
    .map(([gate]) => `${by} takes ${tree}, which ${gate} has refused`);
  return [...new Set([...lacking, ...refused])];
}

test('whatever lands, and whatever is done, was passed by every gate that counts, for exactly that code', () => {
  fc.assert(
    fc.property(pipelines, chance, (pipeline, numbers) => {
      const task = playTask(pipeline, worldOf(pipeline, numbers));
      expect(wrongWith(task)).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
}, 180_000);
