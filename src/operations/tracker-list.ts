/** The trackers of the configuration, and whether they answer. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { readTrackers, trackerView } from './views/tracker.ts';

export const trackerList = operation({
  name: 'tracker.list',
  summary: 'the trackers that are configured, whether they answer, and which projects take work from there',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({}),
  output: z.object({ trackers: z.array(trackerView) }),
  route: { method: 'GET', path: '/trackers', status: 200 },
  withoutData: async here => ({ trackers: await readTrackers(here, undefined) }),
  run: async ({ here, runtime }) => ({ trackers: await readTrackers(here, runtime) }),
});
