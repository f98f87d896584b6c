/** Ends every agent run that has not ended. */
import { z } from 'zod';
import type { Runtime } from '../runtime/index.ts';
import { text } from './fields.ts';
import { killed, killRuns } from './killing.ts';
import { operation } from './operation.ts';

export const agentKillAll = operation({
  name: 'agent.killAll',
  summary: 'the same for every run that has not ended',
  may: 'operator',
  changes: true,
  isKeyed: true,
  needs: 'work',
  input: z.strictObject({ reason: text('why; kept with each run').optional() }),
  output: killed,
  route: { method: 'POST', path: '/agents/kill-all', status: 200 },
  // Only these are carried out, so that nothing else begins meanwhile.
  concerns: ({ runtime }) => livingRuns(runtime),
  async run(app, { reason }, who) {
    return killRuns(app, await livingRuns(app.runtime), who, reason);
  },
});

async function livingRuns(runtime: Runtime): Promise<string[]> {
  const ids: string[] = [];
  for (let after = ''; ; after = ids.at(-1)!) {
    const rows = await runtime.actors({ kind: 'agentRun', status: 'active', after, limit: 500 });
    if (rows.length === 0) return ids;
    ids.push(...rows.map(({ id }) => id));
  }
}
