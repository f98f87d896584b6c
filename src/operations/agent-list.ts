/** Agent runs: the living first, the newest first. */
import { z } from 'zod';
import { runStatuses } from '../machines/standing.ts';
import { listOf, page, taskId } from './fields.ts';
import { runsOf, taskRow } from './find.ts';
import { operation } from './operation.ts';
import { agentView, viewsOfRuns } from './views/agent.ts';
import { pageOf } from './views/list.ts';

export const agentList = operation({
  name: 'agent.list',
  summary: 'agent runs, what each does, and what it used',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    status: z.enum(runStatuses).optional().describe('only those that stand so: running, failed …'),
    taskId: taskId.optional().describe('only those of this task; all of them, the newest first'),
    ...page,
  }),
  output: listOf(agentView),
  route: { method: 'GET', path: '/agents', status: 200 },
  fails: ['badCursor', 'noTask'],
  async run(app, { status, taskId: id, limit, cursor }) {
    if (id !== undefined) {
      await taskRow(app.runtime, id);
      // A task has as many as its budgets allow.
      const rows = (await runsOf(app.runtime, id)).filter(({ tags }) => status === undefined || tags.includes(status));
      return { items: await viewsOfRuns(app, rows), nextCursor: null, total: rows.length, left: 0 };
    }
    const tags = status === undefined ? [] : [status];
    const { rows, ...rest } = await pageOf(app.runtime, { kind: 'agentRun', tags, limit, cursor });
    return { items: await viewsOfRuns(app, rows), ...rest };
  },
});
