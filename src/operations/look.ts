/** What is here, for whoever begins. */
import { z } from 'zod';
import { lookAround } from '../app/look.ts';
import { localOperation } from './operation.ts';

export const look = localOperation({
  name: 'look',
  summary: 'what is here: the repository, agents that are installed, how work would be tested',
  may: 'admin',
  changes: false,
  input: z.strictObject({}),
  output: z.object({
    repository: z
      .object({
        repository: z.string(),
        target: z.string().describe('the branch that work would be merged into'),
        project: z.string().nullable().describe('of the configuration'),
        setUp: z.string().nullable().describe('what a fresh checkout would be given'),
        tests: z.string().nullable().describe('what would judge the work'),
      })
      .nullable(),
    problem: z.string().nullable().describe('why there is no repository to work on'),
    agents: z.array(
      z.object({
        name: z.string(),
        login: z.string().nullable().describe('the file or variable with its login; null where none was found'),
        variable: z.string().nullable().describe('the variable by which it could be logged in'),
      }),
    ),
    configuration: z.string().nullable().describe('the configuration file; null for none'),
  }),
  // It is about the machine on which it is asked.
  route: null,
  async run(here) {
    const { config, file } = await here.configuration();
    return { ...(await lookAround(config, here)), configuration: file };
  },
});
