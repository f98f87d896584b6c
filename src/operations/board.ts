/** Every task as a card, for whoever shows many at once: the living first, then what has ended, the newest first. */
import { z } from 'zod';
import { standings } from '../machines/standing.ts';
import type { ActorRow } from '../persistence/store.ts';
import { page } from './fields.ts';
import { pipelinesOf } from './known-pipelines.ts';
import { operation, type Site } from './operation.ts';
import { type AgentView, viewOfRun } from './views/agent.ts';
import { type Card, card, cardOf } from './views/card.ts';
import { pageOf } from './views/list.ts';
import { reasonsOf } from './views/reasons.ts';

/** Cards are made so many at a time, so that others come in between. */
const cardsAtOnce = 50;
/** More runs than this are not under way at once. */
const mostRuns = 10_000;

export const board = operation({
  name: 'board',
  summary: 'tasks as cards: where each is, what it waits for, what it costs',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({
    ...page,
    ids: z
      .string()
      .min(1)
      .max(20_000)
      .optional()
      .describe('only these tasks, separated by commas; one that is not there is left out'),
    status: z.enum(['living', 'ended', 'all']).default('all').describe('only those that have not ended, or have'),
    standing: z.enum(standings).optional().describe('only those that stand so'),
  }),
  output: z.lazy(() =>
    z.object({
      position: z
        .int()
        .describe('in the log of all actors: what comes behind it is not in these cards, or in them already'),
      pipelines: z
        .array(z.object({ name: z.string(), stages: z.array(z.string()).describe('in their order') }))
        .describe('those that the tasks of this page go through'),
      items: z.array(card),
      nextCursor: z.string().nullable().describe('where the next page begins; null on the last one'),
    }),
  ),
  route: { method: 'GET', path: '/board', status: 200 },
  fails: ['badCursor', 'brokenActor'],
  async run(app, { ids, status, standing, limit, cursor }) {
    const { runtime } = app;
    // Before anything is looked at: whoever follows from here on misses nothing.
    const position = await runtime.lastPosition();
    const tags = standing === undefined ? [] : [standing];
    const wanted = { kind: 'task', tags, limit, cursor, ...(status !== 'all' && { status }) };
    const { rows, nextCursor } =
      ids === undefined ? await pageOf(runtime, wanted) : { rows: await named(app, ids.split(',')), nextCursor: null };
    const items = await cardsOf(app, rows);
    return { position, pipelines: await stagesOf(app, rows), items, nextCursor };
  },
});

async function named({ runtime }: Site, ids: readonly string[]): Promise<ActorRow[]> {
  const rows = await Promise.all([...new Set(ids)].slice(0, 1_000).map(id => runtime.actor(id)));
  return rows.filter(row => row?.kind === 'task') as ActorRow[];
}

async function cardsOf(app: Site, rows: readonly ActorRow[]): Promise<Card[]> {
  const { runtime } = app;
  const isAnyAtWork = rows.some(({ status }) => status === 'active');
  const reasons = new Map(isAnyAtWork ? (await reasonsOf(app)).map(reason => [reason.taskId, reason]) : []);
  const runs = isAnyAtWork ? await runtime.list({ kind: 'agentRun', status: 'living', limit: mostRuns }) : [];
  const runOf = new Map(runs.map((row): [string | null, ActorRow] => [row.parentId, row]));
  const cards: Card[] = [];
  for (let from = 0; from < rows.length; from += cardsAtOnce) {
    const some = rows.slice(from, from + cardsAtOnce).map(async (row): Promise<Card> => {
      const own = await cardOf(runtime, row);
      const run = runOf.get(row.id);
      const reason = reasons.get(row.id);
      const why = reason === undefined ? own.why : `its agent waits: ${reason.why}`;
      return { ...own, why, run: run === undefined ? null : brief(viewOfRun(run)) };
    });
    cards.push(...(await Promise.all(some)));
    await new Promise(resolve => setImmediate(resolve));
  }
  return cards;
}

const brief = ({ agentId, agent, status, attempt, activity, startedAt }: AgentView): Card['run'] => {
  return { agentId, agent, status, attempt, activity, startedAt: startedAt ?? null };
};

/** The stages of each pipeline that the rows go through, by its name; of two with one name those of the newest task. */
async function stagesOf({ runtime }: Site, rows: readonly ActorRow[]): Promise<{ name: string; stages: string[] }[]> {
  const byName = new Map<string, string[]>();
  for (const definition of new Set(rows.map(row => row.definition))) {
    const pipeline = await pipelinesOf(runtime)(definition);
    if (pipeline === undefined || byName.has(pipeline.name)) continue;
    byName.set(
      pipeline.name,
      pipeline.stages.map(stage => stage.name),
    );
  }
  return [...byName].map(([name, stages]) => ({ name, stages }));
}
