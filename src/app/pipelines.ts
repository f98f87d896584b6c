/** Which pipelines there are, and which of them may be worked by. */
import { loadPipeline } from '../config/pipeline-file.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { own } from '../domain/own.ts';
import { checkPipeline, textOf } from '../machines/check.ts';
import { defaultPipeline } from '../machines/default-pipeline.ts';
import type { Pipeline } from '../machines/pipeline.ts';

export const builtInPipelines: Record<string, Pipeline> = { default: defaultPipeline };

/** Whether a file is meant and no name. */
export const meansFile = (nameOrFile: string) => /[./]/.test(nameOrFile);

/** A pipeline by name or from a file, whether it holds or not. Throws `not_found` or `invalid`. */
export async function readPipeline(nameOrFile: string, cwd: string): Promise<Pipeline> {
  const known = own(builtInPipelines, nameOrFile);
  if (known !== undefined) return known;
  if (meansFile(nameOrFile)) return loadPipeline(nameOrFile, cwd);
  const likely = nearest(nameOrFile, Object.keys(builtInPipelines)).join(', ');
  throw new SignalboxError(
    'not_found',
    'noPipeline',
    `There is no pipeline ${quote(nameOrFile)}; there is ${likely}, or give a file.`,
  );
}

/** A pipeline to work by. Throws what `readPipeline` and `requireHolding` throw. */
export async function findPipeline(nameOrFile: string, cwd: string): Promise<Pipeline> {
  return requireHolding(await readPipeline(nameOrFile, cwd));
}

/** Those that were looked at, by what they say. The built-in ones are by the tests. */
const holding = new Set<string>(Object.values(builtInPipelines).map(pipeline => JSON.stringify(pipeline)));
const mostKept = 100;

/** Enough to find what is near, in a moment in which nothing else goes on; `pipeline.check` looks further. */
const mostAtOnce = 2_000;

/** Throws `pipelineRefuted` with the first counterexample when a pipeline does not hold. */
export function requireHolding(pipeline: Pipeline): Pipeline {
  const key = JSON.stringify(pipeline);
  if (holding.has(key)) return pipeline;
  const [violation] = checkPipeline(pipeline, mostAtOnce).violations;
  if (violation === undefined) {
    if (holding.size >= mostKept) holding.clear();
    holding.add(key);
    return pipeline;
  }
  const way = violation.way.length === 0 ? '' : `\n${textOf(violation.way)}`.replaceAll('\n', '\n  ');
  throw new SignalboxError(
    'invalid',
    'pipelineRefuted',
    `The pipeline ${pipeline.name} does not hold: ${violation.message}.${way}`,
    { remedy: { say: 'look at everything that is wrong with it', operation: 'pipeline.check' } },
  );
}
