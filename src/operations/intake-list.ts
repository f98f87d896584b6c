/** Who takes up work from trackers: what was made of the last items, and why others were left alone. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { intakeView, readIntakes } from './views/tracker.ts';

export const intakeList = operation({
  name: 'intake.list',
  summary: 'what was taken up from trackers, what was left alone and why',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({}),
  output: z.object({ intakes: z.array(intakeView) }),
  route: { method: 'GET', path: '/intakes', status: 200 },
  run: async ({ here, runtime }) => ({ intakes: await readIntakes(here, runtime) }),
});
