/** The breakers of the agents' providers. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { breakerView, readBreakers } from './views/queue.ts';

export const breakerList = operation({
  name: 'breaker.list',
  summary: 'all breakers, why one is open and until when',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({}),
  output: z.object({ breakers: z.record(z.string(), breakerView).describe('by the provider') }),
  route: { method: 'GET', path: '/breakers', status: 200 },
  run: async ({ runtime }) => ({ breakers: await readBreakers(runtime) }),
});
