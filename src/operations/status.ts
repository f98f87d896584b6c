/** What goes on: all tasks that have not ended, briefly. */
import { z } from 'zod';
import { standings } from '../machines/standing.ts';
import { at } from './fields.ts';
import { operation } from './operation.ts';
import { viewsOfTasks } from './views/task.ts';

/** Views are made so many at a time, so that others come in between. */
const viewsAtOnce = 50;

export const status = operation({
  name: 'status',
  summary: 'all tasks that have not ended, briefly',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    limit: z.coerce.number().int().min(1).max(10_000).default(1_000).describe('the most tasks that are told'),
  }),
  output: z.object({
    activeTasks: z
      .array(
        z.object({
          id: z.string(),
          title: z.string(),
          project: z.string(),
          state: z.string(),
          stage: z.string(),
          standing: z.enum(standings),
          why: z.string(),
          createdAt: at,
          updatedAt: at,
        }),
      )
      .describe('the newest first'),
    total: z.int().describe('how many there are'),
  }),
  route: { method: 'GET', path: '/status', status: 200 },
  async run(app, { limit }) {
    const rows = await app.runtime.list({ kind: 'task', status: 'living', limit });
    const all = (await app.runtime.counts('task')).find(({ tag }) => tag === '');
    const views = [];
    for (let from = 0; from < rows.length; from += viewsAtOnce) {
      views.push(...(await viewsOfTasks(app, rows.slice(from, from + viewsAtOnce))));
      await new Promise(resolve => setImmediate(resolve));
    }
    const activeTasks = views.map(({ id, title, project, state, stage, standing, why, createdAt, updatedAt }) => {
      return { id, title, project, state, stage, standing, why, createdAt, updatedAt };
    });
    return { activeTasks, total: Math.max(all?.living ?? 0, activeTasks.length) };
  },
});
