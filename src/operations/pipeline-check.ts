/** Proves that a pipeline holds, or shows how it can be broken. */
import { z } from 'zod';
import { checkPipeline } from '../machines/check.ts';
import { defaultPipeline } from '../machines/default-pipeline.ts';
import { graphOf } from '../machines/graph.ts';
import { compileTask } from '../machines/task/task.ts';
import { localOperation } from './operation.ts';
import { pipelineNamed, unreadablePipeline } from './pipelines.ts';

export const pipelineCheck = localOperation({
  name: 'pipeline.check',
  summary: 'prove that every task ends, every loop is bounded and no gate can be passed by',
  may: 'viewer',
  changes: false,
  input: z.strictObject({
    file: z.string().max(4_000).optional().describe('a .yaml, .json or .ts file; without it the default pipeline'),
  }),
  output: z.object({
    pipeline: z.string(),
    states: z.int(),
    transitions: z.int(),
    violations: z.array(z.object({ property: z.string(), message: z.string(), counterexample: z.string() })),
  }),
  args: ['file'],
  route: { method: 'GET', path: '/pipelines/check', status: 200 },
  fails: unreadablePipeline,
  async run(here, { file }, who) {
    const pipeline = file === undefined ? defaultPipeline : await pipelineNamed(file, here, who);
    const { places, edges } = graphOf(compileTask(pipeline));
    const violations = checkPipeline(pipeline);
    return { pipeline: pipeline.name, states: places.size, transitions: edges.length, violations };
  },
});
