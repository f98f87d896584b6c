/** Agent runs: the living first, the newest first. */
import { z } from 'zod';
import { runStatuses } from '../machines/standing.ts';
import { listOf, page } from './fields.ts';
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
    ...page,
  }),
  output: listOf(agentView),
  route: { method: 'GET', path: '/agents', status: 200 },
  fails: ['badCursor'],
  async run(app, { status, limit, cursor }) {
    const tags = status === undefined ? [] : [status];
    const { rows, ...rest } = await pageOf(app.runtime, { kind: 'agentRun', tags, limit, cursor });
    return { items: await viewsOfRuns(app, rows), ...rest };
  },
});
