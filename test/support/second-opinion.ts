/**
 * A second opinion on a pipeline: it is played in a random world, and what has landed is judged by what the world has seen,
 * without a look at how the machine decides.
 */
import fc from 'fast-check';
import type { Pipeline } from '../../src/machines/pipeline.ts';
import { wayOf, wrongIn } from '../../src/simulation/owed.ts';
import { type PureTask, playTask, type World } from './pure-task.ts';

/** Numbers by which a world goes; when they are used up all is well and nobody sends anything. */
export const chance = fc.array(fc.nat(999), { minLength: 20, maxLength: 120 });

export interface Opinion {
  task: PureTask;
  /** What has landed, or was done, and ought not to have. */
  wrong: string[];
  /** The most agents that were called with no person in between. */
  runs: number;
  /** Stages to which it came without a person who moved, sent back or tried again. */
  reached: ReadonlySet<string>;
}

export function opinionOn(pipeline: Pipeline, numbers: readonly number[]): Opinion {
  let runs = 0;
  let since = 0;
  let isLed = false;
  const reached = new Set<string>();
  const { code, ...world } = worldOf(pipeline, numbers);
  const task = playTask(pipeline, {
    ...world,
    code(stage, visit, tree) {
      since += 1;
      runs = Math.max(runs, since);
      if (!isLed) reached.add(stage);
      return code(stage, visit, tree);
    },
    person(here) {
      const event = world.person(here);
      if (event !== undefined) since = 0;
      // A mere approval leads nowhere that the pipeline does not.
      if (event !== undefined && event.type !== 'task.approve') isLed = true;
      return event;
    },
  });
  return { task, wrong: wrongWith(task), runs, reached };
}

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
    moves: () => (next() ?? 1) % 3 === 0,
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

/** When every gate passes, every agent succeeds and everybody approves; code is written before the first merge. */
export function atBest(pipeline: Pipeline): PureTask {
  const way = wayOf(pipeline);
  const merging = new Set(pipeline.stages.filter(({ merge }) => merge !== undefined).map(({ name }) => name));
  const first = way.findIndex(stage => merging.has(stage));
  return playTask(pipeline, {
    code: (stage, visit, tree) =>
      visit === 1 && (first < 0 || way.indexOf(stage) < first) ? `${tree}+${stage}` : tree,
    verdict: () => 'pass',
    person: ({ context }) => (context.asks?.kind === 'approval' ? { type: 'task.approve' } : undefined),
  });
}

/** What is wrong with what has landed; empty when all is well. */
function wrongWith({ pipeline, landed }: PureTask): string[] {
  const there = new Set(['base']);
  return landed.flatMap(one => {
    const isThere = there.has(one.tree) && one.by !== 'done';
    there.add(one.tree);
    // Nothing is merged that the target has already; and where nothing was changed, nothing can be judged.
    return isThere ? [] : wrongIn(pipeline, one);
  });
}

/** What the checker and the world disagree about; empty when they agree. */
export function disagreements(
  pipeline: Pipeline,
  { violations, runs }: { violations: readonly { property: string; message: string }[]; runs: number | null },
  opinion: Opinion,
): string[] {
  const found = opinion.wrong.map(wrong => `accepted and broken: ${wrong}`);
  if (runs !== null && opinion.runs > runs)
    found.push(`accepted and broken: ${opinion.runs} runs without a person, where ${runs} are the most`);
  const best = atBest(pipeline);
  const isGood = best.state === 'done' && wayOf(pipeline).every(stage => best.runs.includes(stage));
  const saysBest = violations.some(({ message }) => message.startsWith('though every gate passes'));
  if (violations.length === 0 && !isGood) found.push(`accepted and broken: at best it is ${best.state}`);
  if (saysBest && isGood) found.push('refused and whole: at best it is done');
  for (const { message } of violations) {
    const [, stage] = /^(\w+) is never reached unless/.exec(message) ?? [];
    if (stage !== undefined && opinion.reached.has(stage)) found.push(`refused and whole: ${stage} is reached`);
  }
  return found;
}
