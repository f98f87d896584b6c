/** Pipelines by the hashes of their definitions. There are few, and they never change: each is read once for a runtime. */
import { onceFor } from '../domain/once-for.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import type { Runtime } from '../runtime/index.ts';

/** Answers the pipeline behind a definition; undefined where it is not stored any more. */
export type Pipelines = (hash: string) => Promise<Pipeline | undefined>;

/** Those of a runtime; the same for all who ask. */
export const pipelinesOf = onceFor(createPipelines);

function createPipelines(runtime: Runtime): Pipelines {
  const read = new Map<string, Pipeline>();
  return async hash => {
    const pipeline = read.get(hash) ?? ((await runtime.definition(hash)) as unknown as Pipeline | undefined);
    if (pipeline !== undefined) read.set(hash, pipeline);
    return pipeline;
  };
}
