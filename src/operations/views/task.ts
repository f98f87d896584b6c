/** A task for people and programs: where it stands, why, and what would move it. */
import { z } from 'zod';
import { forkLink } from '../../machines/links.ts';
import { personEvents, stageIn, standingIn, standings } from '../../machines/standing.ts';
import { decisionKinds, questionKinds, type TaskContext } from '../../machines/task/context.ts';
import { movesOf, sayingsAt, whyOf } from '../../machines/words.ts';
import type { ActorRow } from '../../persistence/store.ts';
import type { Restored, Runtime } from '../../runtime/index.ts';
import { at, outcome, remedy, spent, usage } from '../fields.ts';
import { type Looked, type Reason, reasonsOf } from './reasons.ts';
import { timeOf } from './time.ts';

const move = z.lazy(() =>
  z.object({
    event: z.string().describe('the event to send'),
    fields: z
      .array(
        z.object({
          name: z.string(),
          means: z.string(),
          options: z.array(z.string()).optional().describe('the values that it can have'),
        }),
      )
      .describe('what the event needs'),
    does: z.string().describe('what it does'),
    isUsual: z.boolean().describe('whether it is what somebody would do first here'),
  }),
);

const verdict = z.lazy(() =>
  z.object({
    gate: z.string(),
    verdict: z.enum(['pass', 'fail', 'inconclusive']),
    detail: z.string(),
    isAbsent: z.boolean().optional().describe('there was nothing to judge'),
    concerns: z.array(z.string()).optional().describe('what the branch has changed of how it is judged'),
    stage: z.string(),
    codeTree: z.string().describe('hash of the code that was judged'),
    by: z.string(),
    at,
  }),
);

/** The fields of a task, to be added to. */
export const taskFields = () =>
  z.object({
    id: z.string(),
    title: z.string(),
    project: z.string(),
    pipeline: z.string(),
    state: z.string().describe('where its machine stands'),
    stage: z.string(),
    standing: z.enum(standings).describe('what that means'),
    tags: z.array(z.string()).describe('what it can be listed by'),
    why: z.string().describe('why it is where it is'),
    headline: z.string().nullable().describe('what has happened when it came there, in a few words'),
    waits: z
      .object({
        why: z.string(),
        isHeld: z.boolean().describe('it waits for something; otherwise it is on its way'),
        remedy: remedy.nullable().describe('what lets it go on, where a person holds it back'),
      })
      .nullable()
      .describe('why its agent has not started, while it has not'),
    deadline: z
      .object({ at, means: z.string().describe('what happens then') })
      .nullable()
      .describe('when it goes on without what it waits for; null where it waits without end'),
    moves: z.array(move).describe('what would move it'),
    priority: z.int(),
    attempts: z.record(z.string(), z.int()).describe('processes started, by stage'),
    rework: z.record(z.string(), z.int()).describe('refusals since a person last decided, by budget'),
    verdicts: z.record(z.string(), verdict),
    spent: spent.describe('by all its runs'),
    usage,
    stageSpent: z.record(z.string(), spent),
    repository: z.string(),
    branch: z.string(),
    target: z.string().describe('the branch that it is merged into'),
    base: z.string().describe('the commit on which its branch began'),
    head: z.string().describe('the last commit that was published'),
    merged: z.object({ commit: z.string(), codeTree: z.string(), at }).nullable(),
    forge: z
      .object({
        name: z.string().describe('the forge, as the configuration calls it'),
        repository: z.string().describe('what the repository is called there'),
        pullRequest: z.object({ number: z.int(), url: z.string() }).nullable(),
        commentId: z.int().nullable().describe('the comment that tells how it stands'),
      })
      .nullable()
      .describe('where its repository is for everybody, and what it has made there'),
    source: z
      .object({
        tracker: z.string(),
        key: z.string().describe('what people call it'),
        id: z.string(),
        url: z.string().nullable(),
      })
      .nullable()
      .describe('the work item that it came from'),
    forkedFrom: z
      .object({ taskId: z.string(), seq: z.int().describe('the entry of its log after which it was so') })
      .nullable()
      .describe('the task from which it has gone on'),
    forks: z.array(z.string()).describe('tasks that have gone on from it'),
    asks: z
      .object({
        number: z.int().describe('of the question: a decision that names it answers no other'),
        kind: z.enum(questionKinds),
        stage: z.string(),
        at,
      })
      .nullable()
      .describe('what it waits to hear from a person'),
    blockedBy: z.array(z.string()).describe('what has to be done before it begins'),
    noticed: z
      .array(z.object({ stage: z.string(), text: z.string(), at }))
      .describe('what was noticed of its work: what was not committed, what of others was put back'),
    requests: z
      .array(z.object({ file: z.string(), outcome: z.string() }))
      .describe('what its agents have asked for by files, and what became of it'),
    questions: z.string().nullable().describe('what its agent asks'),
    decisions: z
      .array(
        z.object({
          kind: z.enum(decisionKinds),
          stage: z.string(),
          question: z.string().nullable().describe('what an agent had asked'),
          text: z.string(),
          by: z.string(),
          at,
        }),
      )
      .describe('what people have said with their decisions, the newest last; every later agent reads it'),
    version: z.int(),
    createdAt: at,
    updatedAt: at,
  });
export const taskView = z.lazy(taskFields);
export type TaskView = z.output<typeof taskView>;

/** What became of an event. */
export const sentEvent = z.lazy(() =>
  z.object({
    seq: z.int().describe("the position in the task's log"),
    outcome,
    state: z.string(),
    reason: z.string().nullable().describe('why it changed nothing'),
    task: taskView.describe('as it is now'),
    leftOut: z.array(z.string()).describe('fields that mean nothing to the event and were not sent'),
  }),
);
export type SentEvent = z.output<typeof sentEvent>;

/**
 * A task from its row; `restored` is what it was, where the row does not hold that, and `until` the time after which nothing
 * is told, in epoch milliseconds.
 */
export async function viewOfTask(
  runtime: Runtime,
  row: ActorRow,
  { reason, restored, until }: { reason?: Reason | undefined; restored?: Restored; until?: number } = {},
): Promise<TaskView> {
  const { machine, snapshot } = restored ?? (await runtime.restore(row));
  const context = snapshot.context as TaskContext;
  const waits = reason === undefined ? null : { why: reason.why, isHeld: reason.isHeld, remedy: reason.remedy };
  return {
    id: row.id,
    title: context.title,
    project: context.project,
    pipeline: context.pipeline,
    state: row.state,
    stage: stageIn(row.tags),
    standing: standingIn(row.tags),
    tags: row.tags,
    headline: sayingsAt(machine, row.state).headline ?? null,
    why: waits === null ? (whyOf(machine, snapshot) ?? row.state) : `its agent waits: ${waits.why}`,
    waits,
    deadline: deadlineOf(context, row.tags),
    moves: movesOf(machine, snapshot, personEvents),
    priority: context.priority,
    attempts: context.attempts,
    rework: context.rework,
    verdicts: verdictsOf(context),
    spent: context.spent,
    usage: context.usage,
    stageSpent: context.stageSpent,
    repository: context.repository,
    branch: context.branch,
    target: context.target,
    base: context.base,
    head: context.head,
    merged: mergedOf(context),
    forge: context.forge ?? null,
    source: sourceOf(context),
    forkedFrom: originOf(context),
    forks: await forksOf(runtime, row.id, until),
    asks: context.asks == null ? null : { ...context.asks, at: timeOf(context.asks.at) },
    blockedBy: (context.blockedBy ?? []).map(({ name }) => name),
    noticed: (context.noticed ?? []).map(({ stage, text, at: then }) => ({ stage, text, at: timeOf(then) })),
    requests: context.requests ?? [],
    questions: context.questions,
    decisions: (context.decisions ?? []).map(({ at: then, ...said }) => ({ ...said, at: timeOf(then) })),
    version: row.version,
    createdAt: timeOf(row.createdAt),
    updatedAt: timeOf(row.updatedAt),
  };
}

/** Questions to people have none: they wait until somebody answers. */
function deadlineOf({ waitsUntil, awayUntil }: TaskContext, tags: readonly string[]): TaskView['deadline'] {
  if (waitsUntil != null) return { at: timeOf(waitsUntil), means: 'the gate counts as inconclusive' };
  if (tags.includes('forge') && awayUntil !== null) return { at: timeOf(awayUntil), means: 'it is tried again' };
  return null;
}

const verdictsOf = ({ verdicts }: TaskContext): TaskView['verdicts'] =>
  Object.fromEntries(
    Object.entries(verdicts).map(
      ([gate, { at: then, ...verdict }]) => [gate, { ...verdict, at: timeOf(then) }] as const,
    ),
  );

function mergedOf({ merged }: TaskContext): TaskView['merged'] {
  if (merged === null) return null;
  const { commit, codeTree, at: then } = merged;
  return { commit, codeTree, at: timeOf(then) };
}

function sourceOf({ source }: TaskContext): TaskView['source'] {
  if (source == null) return null;
  const { tracker, key, id, url } = source;
  return { tracker, key: key ?? id, id, url };
}

function originOf({ forkedFrom }: TaskContext): TaskView['forkedFrom'] {
  if (forkedFrom === undefined) return null;
  const { taskId, seq } = forkedFrom;
  return { taskId, seq };
}

/** So many are named. */
const mostForks = 100;

async function forksOf(runtime: Runtime, id: string, until: number | undefined): Promise<string[]> {
  const ids = (await runtime.linked(forkLink(id), mostForks)).map(({ actorId }) => actorId).sort();
  if (until === undefined) return ids;
  const rows = await Promise.all(ids.map(fork => runtime.actor(fork)));
  return rows.flatMap(row => (row !== undefined && row.createdAt <= until ? [row.id] : []));
}

/** Tasks from their rows, each whose agent waits with the reason. */
export async function viewsOfTasks(app: Looked, rows: readonly ActorRow[]): Promise<TaskView[]> {
  const isWaiting = rows.some(row => standingIn(row.tags) === 'working');
  const reasons = isWaiting ? await reasonsOf(app) : [];
  return Promise.all(
    rows.map(row => viewOfTask(app.runtime, row, { reason: reasons.find(({ taskId }) => taskId === row.id) })),
  );
}
