/** Tasks: the living first, the newest first. */
import { z } from 'zod';
import { projectTag, standings, tagForState } from '../machines/standing.ts';
import { listOf, page } from './fields.ts';
import { operation } from './operation.ts';
import { pageOf } from './views/list.ts';
import { taskView, viewsOfTasks } from './views/task.ts';

export const taskList = operation({
  name: 'task.list',
  summary: 'tasks, with what each waits for',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    state: z.string().max(200).optional().describe('only those in this state or below it, such as development.gating'),
    standing: z.enum(standings).optional().describe('only those that stand so: working, person, blocked …'),
    project: z.string().max(200).optional().describe('only those of this project'),
    tag: z.string().max(200).optional().describe('only those with this tag'),
    ...page,
  }),
  output: listOf(taskView),
  route: { method: 'GET', path: '/tasks', status: 200 },
  async run(app, { state, standing, project, tag, limit, cursor }) {
    const tags = [
      ...(standing === undefined ? [] : [standing]),
      ...(project === undefined ? [] : [projectTag(project)]),
      ...(tag === undefined ? [] : [tag]),
      ...(state === undefined ? [] : [tagForState(state)]),
    ];
    const { rows, ...rest } = await pageOf(app.runtime, { kind: 'task', tags, limit, cursor, ...(state && { state }) });
    return { items: await viewsOfTasks(app, rows), ...rest };
  },
});
