/** Many walks of one pipeline, under one seed after another, and what they come to together. */
import { type Spread, shareOf, spreadOf } from '../domain/statistics.ts';
import { checkPipeline } from '../machines/check.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import type { TaskEnd } from './course.ts';
import type { Word } from './owed.ts';
import type { WorldSettings } from './settings.ts';
import { type Walked, type WalkedTask, walk } from './walk.ts';

/** How values lie, with the largest. */
export interface Values extends Spread {
  most: number | null;
}

export interface Simulated {
  pipeline: string;
  runs: number;
  seed: number;
  tasks: number;
  ends: Record<TaskEnd, number>;
  /** Of tasks that are done: from order to end, and of that agents at work, people waited for, and the rest. Milliseconds. */
  took: Values;
  worked: Values;
  people: Values;
  rest: Values;
  /** Of all tasks: US dollars, processes, decisions of people. */
  cost: Values;
  processes: Values;
  decisions: Values;
  /** The most agent runs without a person in between, as seen, and as the checker promises; null where it promises none. */
  mostRuns: number;
  promisedRuns: number | null;
  /** What the checker says against the pipeline first; null where it says nothing. */
  refuted: string | null;
  /** What a task has of each stage on the average, and what each gate has said, as shares. */
  stages: { stage: string; processes: number; workedMs: number; costUsd: number }[];
  gates: { gate: string; judged: number; refused: number | null; unsure: number | null }[];
  /** What was survived. */
  writes: number;
  crashes: number;
  deliveries: Walked['deliveries'];
  /** The dearest task and the one that took longest, with the seed of its walk; null where there is none. */
  dearest: Worst | null;
  longest: Worst | null;
  /** Promises that were broken, with the seed of the walk. */
  broken: { seed: number; text: string }[];
}

export type Worst = WalkedTask & { seed: number };

export interface SimulateOptions {
  runs: number;
  /** Of the first walk; those after it have the numbers that follow. */
  seed: number;
  /** Called after each walk. */
  onWalk?(walked: Walked, count: number): void;
  /** Ends it; the walk that is under way is given up. */
  signal?: AbortSignal;
}

/** Goes so many walks, fewer when it is told to end. */
export async function simulate(
  pipeline: Pipeline,
  settings: WorldSettings,
  { runs, seed, onWalk, signal }: SimulateOptions,
): Promise<Simulated> {
  const { runs: promisedRuns, violations } = checkPipeline(pipeline);
  const walks: Walked[] = [];
  const isOver = () => signal?.aborted === true;
  for (let index = 0; index < runs && !isOver(); index++) {
    const walked = await walk(pipeline, settings, seed + index, { mostRuns: promisedRuns, signal });
    // One that was given up tells nothing.
    if (isOver()) break;
    onWalk?.(walked, index + 1);
    // The story of each may be told by whoever hears of it; of a thousand nobody needs them all.
    walks.push({ ...walked, story: [] });
  }
  return summaryOf(pipeline, walks, { seed, promisedRuns, refuted: violations[0]?.message ?? null });
}

function summaryOf(
  pipeline: Pipeline,
  walks: readonly Walked[],
  { seed, promisedRuns, refuted }: Pick<Simulated, 'seed' | 'promisedRuns' | 'refuted'>,
): Simulated {
  const tasks: Worst[] = walks.flatMap(one => one.tasks.map(task => ({ ...task, seed: one.seed })));
  const done = tasks.filter(({ end }) => end === 'done');
  const count = (end: TaskEnd) => tasks.filter(task => task.end === end).length;
  const sum = (of: (walked: Walked) => number) => walks.reduce((total, walked) => total + of(walked), 0);
  const worst = (of: (task: Worst) => number) =>
    tasks.reduce<Worst | null>((most, task) => (most === null || of(task) > of(most) ? task : most), null);
  return {
    ...{ pipeline: pipeline.name, runs: walks.length, seed, tasks: tasks.length },
    ends: {
      ...{ done: done.length, cancelled: count('cancelled'), failed: count('failed'), unfinished: count('unfinished') },
    },
    took: valuesOf(done.map(({ tookMs }) => tookMs)),
    worked: valuesOf(done.map(({ workedMs }) => workedMs)),
    people: valuesOf(done.map(({ peopleMs }) => peopleMs)),
    rest: valuesOf(done.map(({ tookMs, workedMs, peopleMs }) => Math.max(0, tookMs - workedMs - peopleMs))),
    cost: valuesOf(tasks.map(({ costUsd }) => costUsd)),
    processes: valuesOf(tasks.map(({ processes }) => processes)),
    decisions: valuesOf(tasks.map(({ decisions }) => decisions)),
    mostRuns: tasks.reduce((most, { mostRuns }) => Math.max(most, mostRuns), 0),
    ...{ promisedRuns, refuted },
    stages: pipeline.stages.map(({ name: stage }) => {
      const each = (of: (one: Walked['stages'][string]) => number) =>
        tasks.length === 0 ? 0 : sum(({ stages }) => of(stages[stage]!)) / tasks.length;
      return {
        stage,
        ...{ processes: each(one => one.processes), workedMs: each(one => one.workedMs) },
        costUsd: each(one => one.costUsd),
      };
    }),
    gates: pipeline.stages.flatMap(stage =>
      stage.gates
        .filter(({ kind }) => kind !== 'approval')
        .map(({ name: gate }) => {
          const said = (word: Word) => sum(({ gates }) => gates[gate]?.[word] ?? 0);
          const judged = said('pass') + said('fail') + said('inconclusive');
          return {
            gate,
            judged,
            refused: shareOf(said('fail'), judged),
            unsure: shareOf(said('inconclusive'), judged),
          };
        }),
    ),
    ...{ writes: sum(({ writes }) => writes), crashes: sum(({ crashes }) => crashes) },
    deliveries: {
      sent: sum(({ deliveries }) => deliveries.sent),
      lost: sum(({ deliveries }) => deliveries.lost),
      doubled: sum(({ deliveries }) => deliveries.doubled),
      late: sum(({ deliveries }) => deliveries.late),
    },
    dearest: worst(({ costUsd }) => costUsd),
    longest: worst(({ tookMs }) => tookMs),
    broken: walks.flatMap(one => one.broken.map(text => ({ seed: one.seed, text }))),
  };
}

const valuesOf = (values: readonly number[]): Values => ({
  ...spreadOf(values),
  most: values.length === 0 ? null : values.reduce((most, value) => Math.max(most, value)),
});
