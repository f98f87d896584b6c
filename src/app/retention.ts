/** Removes tasks that ended long ago: their actors and logs, then the files of their runs. Git is never touched. */
import type { EndedPlace, KeptBecause, Store } from '../persistence/store.ts';
import type { Runtime } from '../runtime/index.ts';
import type { DataPaths } from './data-directory.ts';
import { sweepRuns } from './run-directories.ts';

export interface PruneOrder {
  /** Only tasks to which nothing has happened since, epoch milliseconds. */
  endedBefore: number;
  /** Answers what would go, and removes nothing. */
  isDryRun?: boolean;
  /** Told how many tasks went so far. */
  onProgress?(tasks: number): void;
  /** Stops before the next bite. */
  signal: AbortSignal;
}

/** What went, or would. */
export interface PruneReport {
  tasks: number;
  /** What was ordered under a key, with the answer. */
  orders: number;
  /** Deliveries of forges and trackers. They are never taken a second time, also not when they are gone. */
  deliveries: number;
  /** What people have said at trackers and in chats, and who listened to it. */
  words: number;
  /** All of these, with the runs of the tasks. */
  actors: number;
  logEntries: number;
  /** Records of actions that were carried out. */
  actions: number;
  /** Pipelines and machines that nobody lives by any more. */
  definitions: number;
  directories: number;
  /** Of the files in these directories. */
  bytes: number;
  /** What stays although it ended long ago: ids of tasks or names of directories. The first of them. */
  kept: { id: string; why: string }[];
  keptInAll: number;
}

/** The most of one bite, so that the work of living tasks never waits long for it. */
const bite = { limit: 50, entries: 2_000 };
const mostKeptNamed = 100;

const whyKept: Record<KeptBecause, string> = {
  living: 'a part of it has not ended',
  deadLetter: 'a dead letter of it waits for a person',
  underWay: 'an event of it is still to be taken, or an action to be carried out',
};

/**
 * Bites are commits of their own; then the directories go of all tasks that were ever removed, also of those that a crash
 * has left. Throws what the store throws; what has gone until then is gone.
 */
export async function prune(
  { runtime, store, paths }: { runtime: Runtime; store: Store; paths: DataPaths },
  { endedBefore, isDryRun = false, onProgress = () => {}, signal }: PruneOrder,
): Promise<PruneReport> {
  const ids = new Set<string>();
  const kept: PruneReport['kept'] = [];
  const report = {
    tasks: 0,
    orders: 0,
    deliveries: 0,
    words: 0,
    actors: 0,
    logEntries: 0,
    actions: 0,
    definitions: 0,
    keptInAll: 0,
  };
  const keep = (id: string, why: string) => {
    report.keptInAll += 1;
    if (kept.length < mostKeptNamed) kept.push({ id, why });
  };
  const counted = {
    task: 'tasks',
    order: 'orders',
    delivery: 'deliveries',
    word: 'words',
    conversation: 'words',
  } as const;
  async function removeAll(kind: keyof typeof counted): Promise<void> {
    for (let after: EndedPlace | null | undefined; after !== null && !signal.aborted; ) {
      const place = after === undefined ? {} : { after };
      const mayReturn = kind === 'order';
      // An item of a tracker is made into a task once, also when that was long ago.
      const remembers = ' item ';
      const pruned = await runtime.prune({ kind, endedBefore, ...bite, ...place, isDryRun, mayReturn, remembers });
      for (const id of isDryRun ? pruned.roots : []) ids.add(id);
      for (const { id, why } of pruned.kept) keep(id, whyKept[why]);
      report[counted[kind]] += pruned.roots.length;
      report.actors += pruned.actors.length;
      report.logEntries += pruned.logEntries;
      report.actions += pruned.outbox;
      report.definitions += pruned.definitions;
      after = pruned.next;
      if (kind === 'task') onProgress(report.tasks);
      // Whoever waits comes in between.
      await new Promise(resolve => setImmediate(resolve));
    }
  }
  await removeAll('task');
  // A key that nobody can still mean may be given to another order.
  await removeAll('order');
  await removeAll('delivery');
  // Said once, a word is never heard a second time, also not when its record is gone.
  await removeAll('word');
  await removeAll('conversation');
  const isGone = async (taskId: string) => ids.has(taskId) || (await store.isGone('task', taskId));
  const { directories, bytes, inUse } = await sweepRuns(paths, { isGone, isDryRun, signal });
  for (const name of inUse) keep(name, 'a process of it still lives');
  return { ...report, directories, bytes, kept };
}
