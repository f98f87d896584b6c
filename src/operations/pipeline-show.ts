/** A pipeline as data and as a drawing. */
import { z } from 'zod';
import type { Json } from '../domain/json.ts';
import { mermaidOf } from '../machines/drawing/mermaid.ts';
import { stagesOf } from '../machines/drawing/stages.ts';
import { compileTask } from '../machines/task/task.ts';
import { localOperation } from './operation.ts';
import { pipelineNamed, unreadablePipeline } from './pipelines.ts';

export const pipelineShow = localOperation({
  name: 'pipeline.show',
  summary: 'a pipeline as a drawing or as data',
  may: 'viewer',
  changes: false,
  input: z.strictObject({ name: z.string().min(1).max(4_000).describe('its name or its file') }),
  output: z.object({
    pipeline: z.json().describe('as data; it can be worked by'),
    mermaid: z.string().describe('its states as a Mermaid drawing'),
    stages: z.string().describe('its stages as a Mermaid drawing'),
  }),
  args: ['name'],
  route: { method: 'GET', path: '/pipelines/:name', status: 200 },
  fails: unreadablePipeline,
  async run(here, { name }, who) {
    const pipeline = await pipelineNamed(name, here, who);
    const drawings = { mermaid: mermaidOf(compileTask(pipeline)), stages: stagesOf(pipeline) };
    return { pipeline: pipeline as unknown as Json, ...drawings };
  },
});
