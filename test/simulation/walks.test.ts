/**
 * Tasks, runs, gates, the worker, the breaker, the preflight and the merge queue together, in worlds in which much goes wrong:
 * agents fail, hang and run into limits, people are late and repeat themselves, a forge loses and doubles deliveries, and the
 * orchestrator is killed at some of its writes. Whatever comes, the promises are kept.
 *
 *   SIGNALBOX_SEED=42   the same walks as another time
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkPipeline } from '../../src/machines/check.ts';
import { defaultPipeline } from '../../src/machines/default-pipeline.ts';
import { type Pipeline, pipelineSchema } from '../../src/machines/pipeline.ts';
import { usualWorld, type WorldSettings, worldSchema } from '../../src/simulation/settings.ts';
import { essenceOf, type Walked, walk } from '../../src/simulation/walk.ts';
import { smallPipeline } from '../model/cases.ts';
import { atForge } from '../support/forge-tasks.ts';
import { pipelines } from '../support/random-pipelines.ts';

const seed = Number(process.env.SIGNALBOX_SEED ?? Math.floor(Math.random() * 1e9));

const hard = worldSchema.parse({
  crashes: 3,
  agents: {
    ends: {
      ...{ succeeded: 60, permanent: 6, refused: 3, transient: 8, quota: 4, authentication: 2, contextExhausted: 5 },
      ...{ lost: 5, stalled: 4, timedOut: 3 },
    },
    ...{ asks: 30, objects: 20 },
  },
  people: { meddles: 50, repeats: 30, rejects: 20 },
  forge: { lost: 30, doubled: 30, late: 40, away: 10 },
  ...{ others: 12, conflicts: 20 },
});

/** What was broken, with the seed that shows it again. */
const brokenIn = ({ seed: own, broken }: Walked) => broken.map(text => `seed ${own}: ${text}`);

async function walks(pipeline: Pipeline, world: WorldSettings, count: number): Promise<Walked[]> {
  const { runs: mostRuns } = checkPipeline(pipeline, 2_000);
  const all: Walked[] = [];
  for (let index = 0; index < count; index++) all.push(await walk(pipeline, world, seed + index, { mostRuns }));
  expect(all.flatMap(brokenIn)).toEqual([]);
  return all;
}

const ended = (all: readonly Walked[], end: string) =>
  all.flatMap(({ tasks }) => tasks).filter(task => task.end === end);

test(`the default pipeline keeps its promises (seed ${seed})`, async () => {
  const all = await walks(defaultPipeline, hard, 15);
  // The walks are worth something only if they get to the ends, and much happens to them.
  expect(ended(all, 'done').length).toBeGreaterThan(15);
  expect(ended(all, 'unfinished')).toEqual([]);
  expect(all.reduce((sum, { crashes }) => sum + crashes, 0)).toBeGreaterThan(100);
}, 120_000);

test(`so does one with budgets, objections and cheaper models (seed ${seed})`, async () => {
  const [plan, build, ship] = smallPipeline.stages;
  const pipeline = pipelineSchema.parse({
    ...smallPipeline,
    ...{ budget: { sessions: 15, atLimit: 'park' }, velocity: { sessions: 8 } },
    stages: [plan, { ...build, budget: { money: 2, atLimit: { model: 'cheap' } } }, ship],
  });
  const all = await walks(pipeline, hard, 15);
  expect(ended(all, 'done').length).toBeGreaterThan(0);
}, 120_000);

test(`so does one whose gates are decided at a forge that loses and doubles what it says (seed ${seed})`, async () => {
  const pipeline = pipelineSchema.parse({ ...atForge, forgeTries: 5 });
  const all = await walks(pipeline, hard, 4);
  expect(ended(all, 'done').length).toBeGreaterThan(0);
  const deliveries = all.map(walked => walked.deliveries);
  expect(deliveries.every(({ lost, doubled, late }) => lost > 0 && doubled > 0 && late > 0)).toBe(true);
}, 180_000);

test(`so does one with several builds and reviews at a forge (seed ${seed})`, async () => {
  const pipeline = pipelineSchema.parse({
    name: 'several',
    stages: [
      {
        ...{ name: 'build', role: 'builder', rework: { limit: 3 } },
        gates: [
          { kind: 'ci', name: 'unit', checks: ['unit', 'lint'] },
          { kind: 'ci', name: 'all' },
        ],
      },
      {
        ...{ name: 'review', role: 'reviewer', rework: { to: 'build', limit: 3 } },
        gates: [
          { kind: 'pullRequestReview', name: 'anybody', approvals: 2 },
          { kind: 'pullRequestReview', name: 'maria', people: ['maria'] },
        ],
      },
      {
        name: 'ship',
        role: 'shipper',
        merge: { onConflict: 'build' },
        gates: [{ kind: 'artifacts', name: 'log', files: ['a.md'] }],
      },
    ],
  });
  const all = await walks(pipeline, usualWorld, 2);
  expect(ended(all, 'done').length).toBeGreaterThan(0);
}, 120_000);

test(`so does whatever the checker accepts (seed ${seed})`, async () => {
  const accepted = fc
    .sample(pipelines, { seed, numRuns: 40 })
    .filter(pipeline => checkPipeline(pipeline, 2_000).violations.length === 0);
  const broken: string[] = [];
  for (const [index, pipeline] of accepted.entries()) {
    const walked = await walk(pipeline, { ...hard, tasks: 2 }, seed + index);
    broken.push(...brokenIn(walked).map(text => `${text} in ${JSON.stringify(pipeline)}`));
  }
  expect(broken).toEqual([]);
}, 120_000);

test('the same seed goes the same way, and another one another', async () => {
  const [once, again, other] = await Promise.all([7, 7, 8].map(own => walk(defaultPipeline, hard, own)));
  expect(again).toEqual(once);
  expect(other).not.toEqual(once);
}, 30_000);

test('killed before or after any of its writes, a task comes to the same: nothing is lost, nothing is done twice', async () => {
  const ends = { succeeded: 80, permanent: 5, transient: 8, quota: 2, authentication: 2, contextExhausted: 5, lost: 3 };
  const world = worldSchema.parse({
    // Short enough that no limit is near, and none runs into one: the time in which nobody watched is nobody's fault.
    ...{ tasks: 1, others: 0, agents: { works: '5m', ends }, people: { meddles: 0, repeats: 0 } },
  });
  const calm = await walk(defaultPipeline, world, seed, { crashes: () => null });
  const differing: string[] = [];
  for (let write = 1 + (seed % 3); write <= calm.writes; write += 3) {
    for (const when of ['before', 'after'] as const) {
      const killed = await walk(defaultPipeline, world, seed, { crashes: now => (now === write ? when : null) });
      expect(killed.crashes).toBe(1);
      if (JSON.stringify(essenceOf(killed)) !== JSON.stringify(essenceOf(calm)))
        differing.push(`killed ${when} write ${write} of seed ${seed}: ${JSON.stringify(essenceOf(killed))}`);
    }
  }
  expect(differing).toEqual([]);
}, 180_000);

test('in the usual world nearly every task of the default pipeline is done', async () => {
  const all = await walks(defaultPipeline, usualWorld, 10);
  expect(ended(all, 'done').length).toBeGreaterThan(20);
}, 60_000);
