/** Tasks: the living first, the newest first, or in another order. */
import { z } from 'zod';
import { SignalboxError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { parseWhere } from '../domain/where.ts';
import { projectTag, standingIn, standings, tagForState } from '../machines/standing.ts';
import { type ActorRow, listOrders } from '../persistence/store.ts';
import { flag, listOf, page } from './fields.ts';
import { operation } from './operation.ts';
import { concealed } from './views/concealed.ts';
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
    waiting: flag.describe('only those that wait: for a person, for something else, paused or blocked'),
    project: z.string().max(200).optional().describe('only those of this project'),
    tag: z.string().max(200).optional().describe('only those with this tag'),
    q: z.string().max(200).optional().describe('only those whose id or title holds this text; a page may be short'),
    where: z
      .string()
      .max(2_000)
      .optional()
      .describe('only those whose snapshot is so: context.attempts.development>=2 and context.priority<=3'),
    order: z
      .enum(listOrders)
      .default('living')
      .describe('living: those that have ended come last; newest, oldest: places never change'),
    ...page,
  }),
  output: listOf(taskView),
  route: { method: 'GET', path: '/tasks', status: 200 },
  fails: ['badCursor', 'brokenActor'],
  async run(app, { state, standing, waiting, project, tag, q, where, order, limit, cursor }) {
    const tags = [
      ...(standing === undefined ? [] : [standing]),
      ...(project === undefined ? [] : [projectTag(project)]),
      ...(tag === undefined ? [] : [tag]),
      ...(state === undefined ? [] : [tagForState(state)]),
    ];
    const isSought = matcherOf(q, where);
    const matches = waiting ? (row: ActorRow) => isWaiting(row) && (isSought?.(row) ?? true) : isSought;
    const query = { kind: 'task', tags, order, limit, cursor, matches, ...(state && { state }) };
    const { rows, ...rest } = await pageOf(app.runtime, query);
    return { items: await viewsOfTasks(app, rows), ...rest };
  },
});

const waitingOnes = new Set(['waiting', 'person', 'blocked', 'paused']);
const isWaiting = ({ tags }: ActorRow) => waitingOnes.has(standingIn(tags));

/** Throws `badInput` with the place in the conditions. */
function matcherOf(q: string | undefined, where: string | undefined): ((row: ActorRow) => boolean) | undefined {
  if (q === undefined && where === undefined) return undefined;
  const text = q?.toLowerCase();
  const holds = where === undefined ? () => true : parseWhere(where);
  if (typeof holds !== 'function') {
    const message = `${holds.problem} (at character ${holds.at})`;
    throw new SignalboxError('invalid', 'badInput', `The conditions cannot be read: ${message}.`, {
      problems: [{ path: 'where', message }],
      remedy: { say: 'give conditions such as context.attempts.development>=2', field: 'where' },
    });
  }
  return ({ id, snapshot: stored }) => {
    // What is concealed cannot be found out by asking either.
    const snapshot = concealed(JSON.parse(stored) as JsonObject);
    const { title = '' } = (snapshot.context ?? {}) as { title?: string };
    const isNamed = text === undefined || id.toLowerCase().includes(text) || title.toLowerCase().includes(text);
    return isNamed && holds(snapshot);
  };
}
