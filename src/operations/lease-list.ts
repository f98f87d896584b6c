/** Who may merge into which branch now, and who waits for it. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { leaseView, readLeases } from './views/queue.ts';

export const leaseList = operation({
  name: 'lease.list',
  summary: 'merge leases: who holds one, since when, and who waits for it',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({}),
  output: z.object({ leases: z.array(leaseView) }),
  route: { method: 'GET', path: '/leases', status: 200 },
  run: async ({ runtime }) => ({ leases: await readLeases(runtime) }),
});
