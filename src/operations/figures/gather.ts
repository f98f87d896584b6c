/** The tasks of a period with what there is to count of each, in pages, so that the event loop is never held for long. */
import { onceFor } from '../../domain/once-for.ts';
import { projectTag } from '../../machines/standing.ts';
import type { ActorRow, EndedPlace, ListPlace } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';
import { runsOf } from '../find.ts';
import { pipelinesOf } from '../known-pipelines.ts';
import { factsOf, type Reading, type TaskFacts } from './facts.ts';
import { createPause } from './pause.ts';

export interface Period {
  /** Milliseconds since the epoch, the first of them within and the second not. */
  from: number;
  to: number;
}

export interface GatherOptions extends Period {
  project: string | undefined;
  /** What goes on is counted until then. */
  now: number;
  signal: AbortSignal;
}

export interface Gathered {
  /** Those that have ended within the period, or were made in it and live; the newest first. */
  tasks: TaskFacts[];
  /** Whether there are more than are counted, or looked at. */
  isCut: boolean;
}

/** Tasks that are counted, and rows that are looked at for it, at the most. */
const mostTasks = 10_000;
const mostLooked = 20_000;
const rowsAtOnce = 25;
/** Tasks of which it is remembered what there is to count, at the most. */
const mostKept = 10_000;

interface Known {
  /** Of the task when it was counted. */
  version: number;
  facts: TaskFacts;
}

export type Gather = (options: GatherOptions) => Promise<Gathered>;

/** The one of this runtime: what it has counted of a task it counts again only when more has happened. */
export const gathererOf = onceFor(createGatherer);

function createGatherer(runtime: Runtime): Gather {
  const known = new Map<string, Known>();
  const pipelines = pipelinesOf(runtime);

  /** What was counted of a task that has ended, unless more has happened since. Those that were asked for last are kept. */
  async function counted(row: ActorRow, reading: Reading): Promise<TaskFacts> {
    const before = known.get(row.id);
    const isSame = before?.version === row.version;
    const facts = isSame ? before.facts : await factsOf(row, (await runsOf(runtime, row.id)).reverse(), reading);
    known.delete(row.id);
    known.set(row.id, { version: row.version, facts });
    for (const oldest of known.keys()) {
      if (known.size <= mostKept) break;
      known.delete(oldest);
    }
    return facts;
  }

  return async ({ from, to, project, now, signal }) => {
    const pause = createPause();
    const reading = { runtime, pipelines, pause, now };
    const tags = project === undefined ? [] : [projectTag(project)];
    const tasks = new Map<string, TaskFacts>();
    let looked = 0;
    const isFull = () => tasks.size >= mostTasks || looked >= mostLooked || signal.aborted;

    async function countEnded(since: number): Promise<void> {
      for await (const row of endedSince(runtime, since)) {
        await pause();
        if (isFull()) return;
        looked += 1;
        if (!tags.every(tag => row.tags.includes(tag))) continue;
        const isKnown = known.get(row.id)?.version === row.version;
        // To count it all takes longer than to see that it ended at another time.
        if (!isKnown && !isWithin(await endOf(runtime, row), { from, to })) continue;
        const facts = await counted(row, reading);
        if (isWithin(facts.endedAt!, { from, to })) tasks.set(row.id, facts);
      }
    }

    await countEnded(from);
    for await (const row of livingSince(runtime, from, tags)) {
      await pause();
      if (isFull()) break;
      looked += 1;
      if (row.createdAt < to) tasks.set(row.id, await factsOf(row, (await runsOf(runtime, row.id)).reverse(), reading));
    }
    // What has ended meanwhile was among neither when it was looked for, or among those that lived.
    await countEnded(Math.max(from, now));
    return { tasks: [...tasks.values()].sort((a, b) => instantOf(b) - instantOf(a)), isCut: isFull() };
  };
}

/** When a task counts: when it ended, or when it was made while it lives. */
export const instantOf = ({ endedAt, createdAt }: TaskFacts) => endedAt ?? createdAt;

const isWithin = (at: number, { from, to }: Period) => at >= from && at < to;

async function* endedSince(runtime: Runtime, since: number): AsyncGenerator<ActorRow> {
  for (let after: EndedPlace | undefined; ; ) {
    const rows = await runtime.ended({ kind: 'task', since, limit: rowsAtOnce, ...(after && { after }) });
    yield* rows;
    if (rows.length < rowsAtOnce) return;
    after = rows.at(-1)!;
  }
}

async function* livingSince(runtime: Runtime, since: number, tags: readonly string[]): AsyncGenerator<ActorRow> {
  const query = { kind: 'task', status: 'living', order: 'newest', tags, limit: rowsAtOnce } as const;
  for (let after: ListPlace | undefined; ; ) {
    const rows = await runtime.list({ ...query, ...(after && { after }) });
    for (const row of rows) {
      if (row.createdAt < since) return;
      yield row;
    }
    if (rows.length < rowsAtOnce) return;
    const { createdAt, id } = rows.at(-1)!;
    after = { isLiving: true, createdAt, id };
  }
}

/** Entries that are read at once for it: what comes after the end changes nothing. */
const lastEntries = 8;

/** When a task ended, in milliseconds since the epoch: when something was changed last. */
async function endOf(runtime: Runtime, { id, version, updatedAt }: ActorRow): Promise<number> {
  for (let after = version - lastEntries; ; after -= lastEntries) {
    const entries = await runtime.log(id, { after: Math.max(0, after), limit: lastEntries });
    const last = entries.findLast(({ outcome }) => outcome === 'applied');
    if (last !== undefined || after <= 0) return last?.at ?? updatedAt;
  }
}
