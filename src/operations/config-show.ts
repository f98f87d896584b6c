/** The configuration in force, defaults included. */
import { z } from 'zod';
import { withoutValues } from '../config/redact.ts';
import type { Json } from '../domain/json.ts';
import { localOperation } from './operation.ts';

export const configShow = localOperation({
  name: 'config.show',
  summary: 'the configuration in force, defaults included; never a value of the environment',
  may: 'admin',
  changes: false,
  input: z.strictObject({}),
  output: z.object({
    file: z.string().nullable().describe('null while all defaults hold'),
    warnings: z.array(z.string()),
    config: z.json(),
  }),
  route: { method: 'GET', path: '/config', status: 200 },
  async run(here) {
    const loaded = await here.configuration();
    return { file: loaded.file, warnings: loaded.warnings, config: withoutValues(loaded, here.env) as Json };
  },
});
