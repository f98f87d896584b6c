/** What an agent has printed, and goes on to print. */
import { z } from 'zod';
import { readLogs } from '../app/agent-log.ts';
import { agentId, flag } from './fields.ts';
import { runRow } from './find.ts';
import { streamOperation } from './operation.ts';

export const agentLogs = streamOperation({
  name: 'agent.logs',
  summary: 'what an agent has printed',
  may: 'viewer',
  input: z.strictObject({
    agentId,
    follow: flag.describe('go on as output comes, until the run has ended'),
    raw: flag.describe('as the program printed it, byte for byte'),
  }),
  output: z.object({
    text: z.string().describe('a line for people, without its end; or a piece of the output in base64 when it is raw'),
  }),
  args: ['agentId'],
  route: { method: 'GET', path: '/agents/:agentId/logs', status: 200 },
  async *stream({ runtime, paths }, { agentId: id, follow, raw }, { signal }) {
    const { id: runId } = await runRow(runtime, id);
    yield* readLogs({ runtime, paths }, runId, { follow, raw, signal });
  },
});
