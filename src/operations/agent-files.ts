/** Where the output of an agent run lies. */
import { z } from 'zod';
import { logFilesOf } from '../app/agent-log.ts';
import { agentId } from './fields.ts';
import { runRow } from './find.ts';
import { operation } from './operation.ts';

export const agentFiles = operation({
  name: 'agent.files',
  summary: 'the log files of an agent run, oldest first',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({ agentId }),
  output: z.object({ agentId: z.string(), files: z.array(z.string()) }),
  args: ['agentId'],
  route: { method: 'GET', path: '/agents/:agentId/files', status: 200 },
  fails: ['noRun', 'noRunYet'],
  async run({ runtime, paths }, { agentId: id }) {
    const row = await runRow(runtime, id);
    return { agentId: row.id, files: logFilesOf(paths, row) };
  },
});
