/** One task with its runs. */
import { z } from 'zod';
import { taskId } from './fields.ts';
import { runsOf } from './find.ts';
import { operation } from './operation.ts';
import { taskNow } from './sending.ts';
import { agentView, viewsOfRuns } from './views/agent.ts';
import { taskFields } from './views/task.ts';

export const taskShow = operation({
  name: 'task.show',
  summary: 'one task in full',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({ taskId }),
  output: z.lazy(() => taskFields().extend({ runs: z.array(agentView).describe('oldest first') })),
  args: ['taskId'],
  route: { method: 'GET', path: '/tasks/:taskId', status: 200 },
  fails: ['noTask', 'brokenActor'],
  async run(app, { taskId: id }) {
    const task = await taskNow(app, id);
    const runs = await viewsOfRuns(app, (await runsOf(app.runtime, id)).reverse());
    return { ...task, runs };
  },
});
