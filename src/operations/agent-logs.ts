/** What an agent has printed, and goes on to print. */
import { z } from 'zod';
import { isInLog, type LogPlace, readLogs } from '../app/run-log.ts';
import { SignalboxError } from '../domain/errors.ts';
import { agentId, flag, momentBefore, since, tail } from './fields.ts';
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
    tail: tail('only so many last lines of its newest attempt: of its output, and of its standard error'),
    since,
    after: z
      .string()
      .regex(/^(?:[^\s:@]{1,400}@)?\d{1,9}(:\d{1,15}){2}$/, 'write the position of a piece, such as 1:2048:0')
      .optional()
      .describe('the position to go on from; the beginning without it'),
  }),
  output: z.object({
    text: z
      .string()
      .describe('what one line says to people, without its end; or a piece of the output in base64 when it is raw'),
    position: z
      .string()
      .describe(
        'the attempt, then bytes of its output and of its standard error; before it the run, where a task was named',
      ),
  }),
  args: ['agentId'],
  route: { method: 'GET', path: '/agents/:agentId/logs', status: 200 },
  fails: ['noRun', 'noRunYet'],
  bytesOf: ({ text }, { raw }) => (raw ? Buffer.from(text, 'base64') : Buffer.from(`${text}\n`)),
  async *stream({ runtime, paths }, { agentId: id, follow, raw, after, tail: lines, since: span }, { signal }) {
    const [position, run] = after?.split('@').reverse() ?? [];
    const row = await runRow(runtime, run ?? id);
    const place = position === undefined ? undefined : placeIn(position);
    const isOfThis = run === undefined || row.id === id || row.parentId === id;
    if (!isOfThis || (place !== undefined && !isInLog(paths, row, place))) throw beyond(id, after!);
    yield [];
    // The newest run of a task may be another one when somebody goes on.
    const printedSince = momentBefore(span);
    const prefix = row.id === id ? '' : `${row.id}@`;
    for await (const pieces of readLogs({ runtime, paths }, row.id, {
      follow,
      raw,
      after: place,
      tail: lines,
      since: printedSince,
      signal,
    })) {
      yield pieces.map(({ text, place: { attempt, output, error } }) => ({
        text,
        position: `${prefix}${attempt}:${output}:${error}`,
      }));
    }
  },
});

const beyond = (id: string, position: string) =>
  new SignalboxError('not_found', 'beyondLog', `The output of ${id} does not reach as far as ${position}.`, {
    remedy: { say: 'give one that was answered, or none for the beginning', field: 'after' },
  });

function placeIn(position: string): LogPlace {
  const [attempt = 1, output = 0, error = 0] = position.split(':').map(Number);
  return { attempt: Math.max(attempt, 1), output, error };
}
