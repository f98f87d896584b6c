/** Looks at everything that a run will need before one is started. */
import { z } from 'zod';
import { examine } from '../app/doctor.ts';
import { localOperation } from './operation.ts';

const check = z.object({
  name: z.string().describe('what was looked at: git, agent opus, project shop'),
  status: z.enum(['ok', 'info', 'warning', 'error']),
  detail: z.string(),
  remedy: z.string().optional().describe('what to do, where something is wrong'),
  field: z.string().optional().describe('what to give otherwise, where that is the remedy'),
});
export type Check = z.output<typeof check>;

export const doctor = localOperation({
  name: 'doctor',
  summary: 'check the machine, the configuration, agents and projects, and say how to fix what is wrong',
  may: 'admin',
  changes: false,
  input: z.strictObject({
    configFile: z.string().max(4_000).optional().describe('instead of the one in force, or in the working directory'),
    dataDir: z.string().max(4_000).optional().describe('instead of what the configuration says'),
  }),
  output: z.object({ checks: z.array(check) }),
  // It is about the machine on which it is asked: its programs, its files, its environment.
  route: null,
  async run(here, { configFile, dataDir }, { tell }) {
    const { cwd, env } = here;
    const file = configFile ?? (await here.configurationFile().catch(() => undefined));
    return { checks: await examine({ configFile: file, dataDir, cwd, env, onCheck: found => tell({ ...found }) }) };
  },
});
