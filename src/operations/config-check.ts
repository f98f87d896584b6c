/** Says everything that is wrong with a configuration file. */
import { z } from 'zod';
import { furtherLook } from '../app/config-further.ts';
import { loadConfig } from '../config/load.ts';
import { localOperation } from './operation.ts';

export const configCheck = localOperation({
  name: 'config.check',
  summary: 'say everything that is wrong with a configuration',
  may: 'admin',
  changes: false,
  input: z.strictObject({
    file: z
      .string()
      .max(4_000)
      .optional()
      .describe('configuration file; without it the one in force, or in the working directory'),
  }),
  output: z.object({
    ok: z.boolean(),
    file: z.string().nullable(),
    problems: z
      .array(z.string())
      .describe('what is valid and cannot be meant: a role that no stage has, a word for a shell'),
    warnings: z.array(z.string()).describe('what may be missing on this machine alone, or surprise'),
    projects: z.array(z.string()),
    agent: z.string().describe('who plays every role that is not given away'),
  }),
  args: ['file'],
  // It is about a file of the machine on which it is asked.
  route: null,
  async run(here, { file }) {
    const { cwd, env } = here;
    const meant = file ?? (await here.configurationFile().catch(() => undefined));
    const { config, file: found, warnings, named } = await loadConfig({ file: meant, cwd, env });
    const further = await furtherLook(config, { named, cwd, searchPath: env.PATH ?? '' });
    return {
      ok: further.problems.length === 0,
      file: found,
      problems: further.problems,
      warnings: [...warnings, ...further.warnings],
      projects: Object.keys(config.projects),
      agent: config.agent,
    };
  },
});
