/** What trackers and tasks say differently, and what settles it. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { driftView, readDrift } from './views/tracker.ts';

export const drift = operation({
  name: 'drift',
  summary: 'what trackers and tasks say differently, and the one action that settles each',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({}),
  output: z.object({ items: z.array(driftView) }),
  route: { method: 'GET', path: '/drift', status: 200 },
  run: async ({ here, runtime }) => ({ items: await readDrift(here, runtime) }),
});
