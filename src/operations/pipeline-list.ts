/** The pipelines that are there without configuring anything. */
import { z } from 'zod';
import { builtInPipelines } from '../app/pipelines.ts';
import { localOperation } from './operation.ts';

export const pipelineList = localOperation({
  name: 'pipeline.list',
  summary: 'the pipelines that are there',
  may: 'viewer',
  changes: false,
  input: z.strictObject({}),
  output: z.object({ items: z.array(z.object({ name: z.string(), stages: z.array(z.string()) })) }),
  route: { method: 'GET', path: '/pipelines', status: 200 },
  async run() {
    const items = Object.values(builtInPipelines).map(({ name, stages }) => ({
      name,
      stages: stages.map(stage => stage.name),
    }));
    return { items };
  },
});
