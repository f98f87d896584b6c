/** Looks for a way to break a pipeline, and says what holds. */
import { z } from 'zod';
import { checkPipeline, properties, type Step, textOf } from '../machines/check.ts';
import { defaultPipeline } from '../machines/default-pipeline.ts';
import { graphOf } from '../machines/graph.ts';
import { compileTask } from '../machines/task/task.ts';
import { localOperation } from './operation.ts';
import { pipelineNamed, unreadablePipeline } from './pipelines.ts';

const step = z.object({
  says: z.string().describe('what happens'),
  sends: z
    .record(z.string(), z.json())
    .nullable()
    .describe('the event that a person sends, with its fields; null for what comes by itself'),
  to: z.string().describe('the state that it leads to'),
});

export const pipelineCheck = localOperation({
  name: 'pipeline.check',
  summary: 'look for a way past a gate, a loop without bound, a task that cannot end; the shortest way to it is shown',
  may: 'viewer',
  changes: false,
  input: z.strictObject({
    file: z.string().max(4_000).optional().describe('a .yaml, .json or .ts file; without it the default pipeline'),
  }),
  output: z.object({
    pipeline: z.string(),
    states: z.int(),
    transitions: z.int(),
    situations: z.int().describe('that were looked at'),
    isWhole: z.boolean().describe('whether those are all that a task can come into'),
    runs: z
      .int()
      .nullable()
      .describe('agents that are called without a person in between, at the most; null for no bound'),
    notes: z.array(z.string()).describe('what holds and may surprise'),
    waits: z
      .array(
        z.object({
          owner: z.string().describe('for whom'),
          until: z.string().nullable().describe('when it is over at the latest; null where only its owner ends it'),
          at: z.array(z.string()).describe('the states in which a task waits for it'),
        }),
      )
      .describe('for whom a task waits, wherever it rests'),
    violations: z.array(
      z.object({
        property: z.enum(properties),
        message: z.string(),
        way: z
          .array(step)
          .describe('the shortest way to it, gone by the machine itself; empty where there is none to show'),
        counterexample: z.string().describe('the same as text'),
      }),
    ),
  }),
  args: ['file'],
  route: { method: 'GET', path: '/pipelines/check', status: 200 },
  fails: unreadablePipeline,
  async run(here, { file }, who) {
    const pipeline = file === undefined ? defaultPipeline : await pipelineNamed(file, here, who);
    const { places, edges } = graphOf(compileTask(pipeline));
    const { violations, ...found } = checkPipeline(pipeline);
    return {
      ...{ pipeline: pipeline.name, states: places.size, transitions: edges.length, ...found },
      violations: violations.map(violation => ({
        ...violation,
        way: violation.way as (Step & { sends: Record<string, string> | null })[],
        counterexample: textOf(violation.way),
      })),
    };
  },
});
