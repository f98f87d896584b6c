/** One agent run. */
import { z } from 'zod';
import { agentId } from './fields.ts';
import { runRow } from './find.ts';
import { operation } from './operation.ts';
import { agentView, viewsOfRuns } from './views/agent.ts';

export const agentShow = operation({
  name: 'agent.show',
  summary: 'one agent run',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({ agentId }),
  output: agentView,
  args: ['agentId'],
  route: { method: 'GET', path: '/agents/:agentId', status: 200, aliases: ['/agents/:agentId/status'] },
  fails: ['noRun', 'noRunYet'],
  async run(app, { agentId: id }) {
    const [view] = await viewsOfRuns(app, [await runRow(app.runtime, id)]);
    return view!;
  },
});
