/** Which pipelines there are, and which of them may be worked by. */
import { loadPipeline } from '../config/pipeline-file.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { own } from '../domain/own.ts';
import { checkPipeline } from '../machines/check.ts';
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

/** Throws `pipelineRefuted` with the first counterexample when a pipeline does not hold. */
export function requireHolding(pipeline: Pipeline): Pipeline {
  const [violation] = checkPipeline(pipeline);
  if (violation === undefined) return pipeline;
  const way = violation.counterexample === '' ? '' : `\n${violation.counterexample}`;
  throw new SignalboxError(
    'invalid',
    'pipelineRefuted',
    `The pipeline ${pipeline.name} does not hold: ${violation.message}.${way}`,
    { remedy: { say: 'look at everything that is wrong with it', operation: 'pipeline.check' } },
  );
}
