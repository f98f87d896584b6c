/** Recurring work: when it comes next, and what became of the last. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { routineView, viewOfRoutine } from './views/routine.ts';

export const routineList = operation({
  name: 'routine.list',
  summary: 'recurring work: when it is ordered next, and what became of the last',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({}),
  output: z.object({ routines: z.array(routineView) }),
  route: { method: 'GET', path: '/routines', status: 200 },
  async run({ runtime }) {
    const rows = await runtime.list({ kind: 'routine', limit: 1_000 });
    return { routines: await Promise.all(rows.map(row => viewOfRoutine(runtime, row))) };
  },
});
