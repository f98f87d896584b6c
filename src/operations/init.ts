/** Writes a configuration for a repository, and the prompts to make one's own. */
import { z } from 'zod';
import { initialize } from '../app/init.ts';
import { localOperation } from './operation.ts';

export const init = localOperation({
  name: 'init',
  summary: 'write a commented configuration and prompt templates for the repository you stand in',
  may: 'admin',
  changes: true,
  input: z.strictObject({ force: z.boolean().default(false).describe('write files anew that exist') }),
  output: z.object({
    directory: z.string().describe('the root of the repository, where the files are'),
    files: z.array(z.string()),
    project: z.string(),
    agents: z.array(z.string()).describe('agent programs on the PATH, the one that plays all roles first'),
  }),
  // It writes into the directory in which it is asked.
  route: null,
  run: ({ cwd, env }, { force }) => initialize({ cwd, searchPath: env.PATH ?? '', force }),
});
