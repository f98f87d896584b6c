/** The forges of the configuration, and whether they answer. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { forgeView, readForges } from './views/forge.ts';

export const forgeList = operation({
  name: 'forge.list',
  summary: 'the forges that are configured, whether they answer, what lies there and what waits for them',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({}),
  output: z.object({ forges: z.array(forgeView) }),
  route: { method: 'GET', path: '/forges', status: 200 },
  withoutData: async here => ({ forges: await readForges(here, undefined) }),
  run: async ({ here, runtime }) => ({ forges: await readForges(here, runtime) }),
});
