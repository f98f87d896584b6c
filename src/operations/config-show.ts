/** The configuration in force, defaults included. */
import { z } from 'zod';
import { loadConfig } from '../config/load.ts';
import { withoutValues } from '../config/redact.ts';
import { messageOf } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { type Here, localOperation } from './operation.ts';

export const configShow = localOperation({
  name: 'config.show',
  summary: 'the configuration in force, defaults included; never a value of the environment',
  may: 'admin',
  changes: false,
  input: z.strictObject({}),
  output: z.object({
    file: z.string().nullable().describe('null while all defaults hold'),
    problem: z.string().nullable().describe('why the file as it is now cannot come into force; what was before stays'),
    warnings: z.array(z.string()),
    config: z.json(),
  }),
  route: { method: 'GET', path: '/config', status: 200 },
  async run(here) {
    const loaded = await here.configuration();
    return {
      file: loaded.file,
      problem: await problemOf(here, loaded.file),
      warnings: loaded.warnings,
      config: withoutValues(loaded, here.env) as Json,
    };
  },
});

/** What is in force may be older than the file: one that is broken by now is not taken over. */
async function problemOf({ cwd, env, configurationFile }: Here, inForce: string | null): Promise<string | null> {
  const file = inForce ?? (await configurationFile().catch(() => undefined));
  return loadConfig({ file, cwd, env }).then(
    () => null,
    error => messageOf(error),
  );
}
