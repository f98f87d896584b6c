/** What has run for a task has printed: agents, gates, hooks and set-ups, one after another. */
import { z } from 'zod';
import { partsOf, readParts } from '../app/task-log.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import { flag, momentBefore, since, tail, taskId } from './fields.ts';
import { taskRow } from './find.ts';
import { streamOperation } from './operation.ts';
import { timeOf } from './views/time.ts';

export const taskLogs = streamOperation({
  name: 'task.logs',
  summary: 'what agents, gates, hooks and set-ups of a task have printed',
  may: 'viewer',
  input: z.strictObject({
    taskId,
    gate: z.string().max(200).optional().describe('only of this gate'),
    follow: flag.describe('go on as output comes, until the task has ended'),
    tail: tail('only so many last lines of what ran last'),
    since,
    after: z
      .string()
      .regex(/^[^\s:]{1,400}:\d{1,15}:\d{1,15}$/, 'write the position of a line, such as ET-3.review.16-1:2048:0')
      .optional()
      .describe('the position to go on from; the beginning without it'),
  }),
  output: z.object({
    text: z.string().describe('what one line says to people, without its end'),
    what: z.string().describe('of what it is: `gate tests`, `the agent of review, attempt 2`'),
    run: z.string().describe('what that is called here'),
    startedAt: z.string().describe('when it began, ISO 8601 in UTC'),
    position: z.string().describe('what ran, then bytes of its output and of its standard error'),
  }),
  args: ['taskId'],
  route: { method: 'GET', path: '/tasks/:taskId/logs', status: 200 },
  fails: ['noTask', 'noGate'],
  bytesOf: ({ text, what }) => Buffer.from(`${what}: ${text}\n`),
  async *stream({ runtime, paths }, { taskId: id, gate, follow, tail: lines, since: span, after }, { signal }) {
    await taskRow(runtime, id);
    if (gate !== undefined) {
      const pipeline = (await runtime.definitionOf(id)) as unknown as Pipeline;
      const ran = partsOf(paths.runsDir, id).flatMap(part => part.gate ?? []);
      const known = [...new Set([...pipeline.stages.flatMap(({ gates }) => gates.map(({ name }) => name)), ...ran])];
      if (!known.includes(gate)) throw noGate(id, gate, known);
    }
    yield [];
    const [run = '', output = 0, error = 0] = after?.split(':') ?? [];
    const place = after === undefined ? undefined : { run, output: Number(output), error: Number(error) };
    const from = momentBefore(span);
    for await (const pieces of readParts({ runtime, paths }, id, {
      gate,
      follow,
      tail: lines,
      since: from,
      after: place,
      signal,
    })) {
      yield pieces.map(({ text, part, place: reached }) => ({
        ...{ text, what: part.what, run: part.run, startedAt: timeOf(part.startedAt) },
        position: `${part.run}:${reached.output}:${reached.error}`,
      }));
    }
  },
});

function noGate(id: string, gate: string, known: readonly string[]): SignalboxError {
  const why = `There is no gate ${quote(gate)} in ${id}; the nearest are ${nearest(gate, known).join(', ')}.`;
  return new SignalboxError('invalid', 'noGate', why, { remedy: { say: 'name another', field: 'gate' } });
}
