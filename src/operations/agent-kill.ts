/** Ends an agent run for good: its worktree is checkpointed, then it is asked, then forced. */
import { z } from 'zod';
import { agentId, text } from './fields.ts';
import { runRow } from './find.ts';
import { killed, killRuns } from './killing.ts';
import { operation } from './operation.ts';

export const agentKill = operation({
  name: 'agent.kill',
  summary: 'checkpoint the worktree, then end the agent with everything it has started',
  may: 'operator',
  changes: true,
  isKeyed: true,
  needs: 'work',
  input: z.strictObject({ agentId, reason: text('why; kept with the run').optional() }),
  output: killed,
  args: ['agentId'],
  route: { method: 'POST', path: '/agents/:agentId/kill', status: 200 },
  fails: ['noRun', 'noRunYet'],
  concerns: async ({ runtime }, { agentId: id }) => [(await runRow(runtime, id)).id],
  async run(app, { agentId: id, reason }, who) {
    return killRuns(app, [(await runRow(app.runtime, id)).id], who, reason);
  },
});
