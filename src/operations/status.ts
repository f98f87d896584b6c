/** What goes on: all tasks that have not ended, briefly. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { type TaskView, taskFields, viewsOfTasks } from './views/task.ts';

/** Views are made so many at a time, so that others come in between. */
const viewsAtOnce = 50;

/** What is told of each; the rest of what is known of a task stays behind. */
const brief = {
  ...({ id: true, title: true, project: true, state: true, stage: true, standing: true } as const),
  ...({ why: true, createdAt: true, updatedAt: true } as const),
};

export const status = operation({
  name: 'status',
  summary: 'all tasks that have not ended, briefly',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    limit: z.coerce.number().int().min(1).max(10_000).default(1_000).describe('the most tasks that are told'),
  }),
  output: z.lazy(() =>
    z.object({
      activeTasks: z.array(taskFields().pick(brief)).describe('the newest first'),
      total: z.int().describe('how many there are'),
    }),
  ),
  route: { method: 'GET', path: '/status', status: 200 },
  async run(app, { limit }) {
    const rows = await app.runtime.list({ kind: 'task', status: 'living', limit });
    const all = (await app.runtime.counts('task')).find(({ tag }) => tag === '');
    const activeTasks: TaskView[] = [];
    for (let from = 0; from < rows.length; from += viewsAtOnce) {
      activeTasks.push(...(await viewsOfTasks(app, rows.slice(from, from + viewsAtOnce))));
      await new Promise(resolve => setImmediate(resolve));
    }
    return { activeTasks, total: Math.max(all?.living ?? 0, activeTasks.length) };
  },
});
