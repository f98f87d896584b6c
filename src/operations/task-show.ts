/** One task with its runs. */
import { z } from 'zod';
import { taskTags } from '../machines/standing.ts';
import type { ActorRow } from '../persistence/store.ts';
import { taskId } from './fields.ts';
import { runsOf, taskRow } from './find.ts';
import { operation, type Site } from './operation.ts';
import { taskNow } from './sending.ts';
import { agentView, viewsOfRuns } from './views/agent.ts';
import { taskFields, viewOfTask } from './views/task.ts';

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
    const row = await taskAsOf(app, id, at);
    const views = await viewsOfRuns(
      app,
      runs.filter(({ createdAt }) => createdAt <= row.updatedAt),
    );
    return { ...(await viewOfTask(app.runtime, row)), runs: views };
  },
});

/** The row as it was then. Of how its agents waited nothing is known any more. */
async function taskAsOf({ runtime }: Site, id: string, at: number): Promise<ActorRow> {
  const row = await taskRow(runtime, id);
  const { snapshot, state, seq } = await runtime.replay(id, { at });
  const [entry] = await runtime.log(id, { after: at - 1, limit: 1 });
  const then = { ...row, snapshot, state, version: seq, updatedAt: entry?.at ?? row.updatedAt };
  const restored = await runtime.restore(then);
  const { status } = restored.snapshot;
  return { ...then, status, tags: taskTags(restored.snapshot) };
}
