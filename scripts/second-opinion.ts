/**
 * Compares what the checker says of random pipelines with what becomes of them in random worlds, for as long as one likes.
 * Usage: npm run second-opinion -- [--runs 10000] [--seed 1] [--situations 1000]
 * Ends with 1 when they disagree, and says with which seed that is seen again.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { checkPipeline } from '../src/machines/check.ts';
import { pipelines } from '../test/support/random-pipelines.ts';
import { chance, disagreements, opinionOn } from '../test/support/second-opinion.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    situations: { type: 'string', default: '1000' },
  },
});
const [runs, first, most] = [values.runs, values.seed, values.situations].map(Number) as [number, number, number];
const perSeed = 100;
const counts = new Map<string, number>();
const count = (what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1);
const tell = (done: number) =>
  console.log(
    `${done} pipelines: ${[...counts]
      .sort()
      .map(([what, times]) => `${what} ${times}`)
      .join(', ')}`,
  );
const cases = fc.tuple(pipelines, chance, chance);

let done = 0;
let isWrong = false;
for (let seed = first; done < runs; seed += 1) {
  for (const [pipeline, ...worlds] of fc.sample(cases, { seed, numRuns: Math.min(perSeed, runs - done) })) {
    const checked = checkPipeline(pipeline, most);
    count(checked.violations.length === 0 ? 'accepted' : 'refused');
    for (const property of new Set(checked.violations.map(violation => violation.property)))
      count(`refused: ${property}`);
    if (checked.isWhole) count('looked at whole');
    for (const world of worlds) {
      for (const disagreement of disagreements(pipeline, checked, opinionOn(pipeline, world))) {
        count(disagreement.slice(0, disagreement.indexOf(':')));
        console.log(`seed ${seed}: ${disagreement}\n${JSON.stringify(pipeline)}\n${JSON.stringify(world)}`);
        isWrong = true;
      }
    }
    done += 1;
  }
  if (done % 1_000 === 0) tell(done);
}
tell(done);
process.exitCode = isWrong ? 1 : 0;
