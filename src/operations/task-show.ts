/** One task with its runs. */
import { z } from 'zod';
import { taskTags } from '../machines/standing.ts';
import { statePath } from '../runtime/stepper.ts';
import { taskId } from './fields.ts';
import { runsOf, taskRow } from './find.ts';
import { operation, type Site } from './operation.ts';
import { taskNow } from './sending.ts';
import { agentView, viewsOfRuns } from './views/agent.ts';
import { type TaskView, taskFields, viewOfTask } from './views/task.ts';

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
    const then = await taskAsOf(app, id, at);
    const begun = runs.filter(({ createdAt }) => createdAt <= then.at);
    return { ...then.task, runs: await viewsOfRuns(app, begun) };
  },
});

/** As its machine of then says it. Of how its agents waited nothing is known any more. */
async function taskAsOf({ runtime }: Site, id: string, at: number): Promise<{ task: TaskView; at: number }> {
  const row = await taskRow(runtime, id);
  const { machine, snapshot, seq, since } = await runtime.rehearse(id, { at });
  const then = {
    ...row,
    ...{ state: statePath(snapshot.value), status: snapshot.status, tags: taskTags(snapshot), version: seq },
    updatedAt: since ?? row.updatedAt,
  };
  return { task: await viewOfTask(runtime, then, { restored: { machine, snapshot } }), at: then.updatedAt };
}
