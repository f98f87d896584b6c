/** One task with its runs. */
import { z } from 'zod';
import { taskId } from './fields.ts';
import { runsOf, taskRow } from './find.ts';
import { operation } from './operation.ts';
import { taskNow } from './sending.ts';
import { agentView, viewsOfRuns } from './views/agent.ts';
import { taskAsOf } from './views/past.ts';
import { taskFields } from './views/task.ts';

export const taskShow = operation({
  name: 'task.show',
  summary: 'one task in full',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    taskId,
    at: z.coerce.number().int().optional().describe('as it was after this entry of its log'),
  }),
  output: z.lazy(() => taskFields().extend({ runs: z.array(agentView).describe('oldest first') })),
  args: ['taskId'],
  route: { method: 'GET', path: '/tasks/:taskId', status: 200 },
  fails: ['noTask', 'brokenActor', 'beyondLog', 'logDiverged', 'definitionMissing'],
  async run(app, { taskId: id, at }) {
    const runs = (await runsOf(app.runtime, id)).reverse();
    if (at === undefined) return { ...(await taskNow(app, id)), runs: await viewsOfRuns(app, runs) };
    return taskAsOf(app.runtime, { task: await taskRow(app.runtime, id), runs, at });
  },
});
