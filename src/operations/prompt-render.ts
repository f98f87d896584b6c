/** A prompt as an agent of a stage would get it, to be read before anybody pays for an agent. */
import { z } from 'zod';
import { promptOfStage } from '../app/stage-prompt.ts';
import { localOperation } from './operation.ts';

export const promptRender = localOperation({
  name: 'prompt.render',
  summary: 'the prompt of a stage as an agent would get it, with made-up values where nothing is given',
  may: 'admin',
  changes: false,
  input: z.strictObject({
    stage: z.string().min(1).max(100).describe('the stage, such as review'),
    repository: z.string().max(4_000).optional().describe('the path of a git repository, whose own templates count'),
    project: z.string().max(200).optional().describe('a project of the configuration, instead of a repository'),
    pipeline: z.string().max(4_000).optional().describe('a pipeline by its name or its file'),
    title: z.string().max(1_000).optional().describe('the title of the work item'),
    body: z.string().max(1_000_000).optional().describe('the work item in full'),
    feedback: z.string().max(20_000).optional().describe('what came back from the last round'),
  }),
  output: z.object({
    stage: z.string(),
    role: z.string(),
    template: z.string().describe('the file that it was made of'),
    text: z.string().describe('the prompt as Markdown'),
  }),
  args: ['stage'],
  // It is about files of the machine on which it is asked.
  route: null,
  async run(here, order) {
    return promptOfStage((await here.configuration()).config, here.cwd, order);
  },
});
