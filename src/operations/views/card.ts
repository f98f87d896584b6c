/** A task as a card on a board: what one sees of it among many. */

import { z } from 'zod';
import { onceFor } from '../../domain/once-for.ts';
import { runStatuses, standingIn } from '../../machines/standing.ts';
import type { ActorRow } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';
import { at } from '../fields.ts';
import { pipelinesOf } from '../known-pipelines.ts';

import { taskFields, viewOfTask } from './task.ts';

/** What a card has of the task itself. */
const ofTask = {
  ...({ id: true, title: true, project: true, pipeline: true, state: true, stage: true, standing: true } as const),
  ...({ why: true, headline: true, priority: true, asks: true, questions: true, deadline: true, moves: true } as const),
  ...({ version: true, createdAt: true, updatedAt: true } as const),
};

export const card = z.lazy(() =>
  taskFields()
    .pick(ofTask)
    .extend({
      costUsd: z.number().nullable().describe('US dollars so far; null where it is not known'),
      timeMs: z.number().describe('working time so far in milliseconds'),
      tries: z
        .object({ used: z.int(), limit: z.int().describe('how often the stage may be gone through in all') })
        .nullable()
        .describe('how often the stage it is in was gone through; null where it is in none'),
      gates: z
        .array(z.object({ gate: z.string(), verdict: z.enum(['pass', 'fail', 'inconclusive']).nullable() }))
        .describe('those of its stage, and what each has said of the code as it is now'),
      run: z
        .object({ agentId: z.string(), agent: z.string(), status: z.enum(runStatuses), attempt: z.int() })
        .extend({ activity: z.string(), startedAt: at.nullable() })
        .nullable()
        .describe('its agent, while one is called for or at work'),
    }),
);
export type Card = z.output<typeof card>;

/** What a card has that is known without the worker: it changes only with the task. */
export type OwnCard = Omit<Card, 'run'>;

/** So many cards are remembered. */
const mostKept = 20_000;

interface Kept {
  /** Of the task of which it is the card. */
  version: number;
  card: Promise<OwnCard>;
}

const keptOf = onceFor((_: Runtime) => new Map<string, Kept>());

/** The card of a row, made once for each version of the task; that of an earlier one is forgotten. */
export function cardOf(runtime: Runtime, row: ActorRow): Promise<OwnCard> {
  const known = keptOf(runtime);
  const found = known.get(row.id);
  if (found?.version === row.version) return found.card;
  const card = makeCard(runtime, row);
  known.set(row.id, { version: row.version, card });
  card.catch(() => known.delete(row.id));
  if (known.size > mostKept) known.delete(known.keys().next().value!);
  return card;
}

async function makeCard(runtime: Runtime, row: ActorRow): Promise<OwnCard> {
  const task = await viewOfTask(runtime, row);
  const pipeline = await pipelinesOf(runtime)(row.definition);
  const stage = pipeline?.stages.find(({ name }) => name === task.stage);
  const isAsked = row.tags.includes('person') || standingIn(row.tags) === 'blocked';
  const shown = Object.fromEntries(Object.keys(ofTask).map(name => [name, task[name as keyof typeof ofTask]]));
  return {
    ...(shown as Pick<Card, keyof typeof ofTask>),
    // Whoever is not asked finds them at the task.
    moves: isAsked ? task.moves : [],
    costUsd: task.usage.costUsd,
    timeMs: task.spent.timeMs,
    tries:
      stage === undefined
        ? null
        : { used: (task.rework[stage.name] ?? 0) + (row.status === 'active' ? 1 : 0), limit: stage.rework.limit + 1 },
    gates: (stage?.gates ?? []).map(({ name }) => ({
      gate: name,
      verdict: task.verdicts[name]?.stage === task.stage ? task.verdicts[name].verdict : null,
    })),
  };
}
