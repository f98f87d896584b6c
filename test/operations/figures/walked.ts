/** Data of tasks that went ways by chance: rows and logs as the runtime leaves them, without anybody having worked. */
import { plainAgent } from '../../../src/domain/agent-spec.ts';
import { noUsage, type Usage } from '../../../src/domain/usage.ts';
import type { AgentRunContext } from '../../../src/machines/agent-run-context.ts';
import type { Pipeline } from '../../../src/machines/pipeline.ts';
import { endIn } from '../../../src/machines/task/phases.ts';
import { type ActorWrite, emptyCommit, type Store } from '../../../src/persistence/store.ts';
import type { Walked } from '../../machines/walks.ts';
import { actorWrite, logEntry } from '../../persistence/rows.ts';

export interface WalkedTask {
  id: string;
  project: string;
  log: readonly Walked[];
  /** How much later than its walk says it happened. */
  delay: number;
  runs: readonly WalkedRun[];
}

export interface WalkedRun {
  agent: string;
  usage: Partial<Usage>;
  /** How long it waited for a place. */
  waited: number;
}

export async function storeTasks(store: Store, pipeline: Pipeline, tasks: readonly WalkedTask[]): Promise<void> {
  const definitions = [
    { hash: 'p', kind: 'task', definition: pipeline as never },
    { hash: 'r', kind: 'agentRun', definition: {} },
  ];
  await store.commit({ ...emptyCommit(1), definitions });
  for (const task of tasks) {
    await storeTask(store, task);
    await storeRuns(store, task);
  }
}

async function storeTask(store: Store, { id, project, log, delay }: WalkedTask): Promise<void> {
  const end = endIn(log.at(-1)!.to);
  const row = (version: number, more: Partial<ActorWrite>) =>
    actorWrite({
      id,
      definition: 'p',
      tags: [end ?? 'working', `project:${project}`],
      version,
      snapshot: '{}',
      ...more,
    });
  const at = (place: number) => log[place]!.at + delay;
  const entries = log.map(({ type, event, from, to }, index) =>
    logEntry({ actorId: id, seq: index + 1, at: at(index), type, event: event as never, from, to }),
  );
  // The clock of the store goes on, whatever that of the log does.
  const latest = Math.max(...entries.map(entry => entry.at));
  const made = row(1, { createdAt: at(0), tags: ['working', `project:${project}`] });
  await store.commit({ ...emptyCommit(at(0)), actors: [made], log: entries.slice(0, 1) });
  if (log.length === 1) return;
  const listedBefore = { tags: made.tags, status: made.status };
  const last = row(log.length, {
    baseVersion: 1,
    createdAt: at(0),
    listedBefore,
    status: end === undefined ? 'active' : 'done',
  });
  await store.commit({ ...emptyCommit(latest), actors: [last], log: entries.slice(1) });
}

/** One for each time that an agent was called, as far as there are any. */
async function storeRuns(store: Store, { id, log, delay, runs }: WalkedTask): Promise<void> {
  const called = log.filter(({ from, to }) => /\.working/.test(to) && !/\.working/.test(from));
  for (const [index, { at, to }] of called.slice(0, runs.length).entries()) {
    const { agent, usage, waited } = runs[index]!;
    const [stage = ''] = to.split('.');
    const before = called.slice(0, index).filter(one => one.to.startsWith(`${stage}.`)).length;
    const context: Partial<AgentRunContext> = {
      assignment: { taskId: id, stage, attempt: before + 1 } as never,
      ...{ agent: plainAgent(agent, ['a']), attempt: 1, hooks: { beforeRun: null, afterRun: null } },
      ...{ startedAt: at + delay + waited, outcome: 'succeeded', workedMs: 10, report: null },
      usage: { ...noUsage, ...usage },
    };
    const run = { id: `${id}.${stage}.${index}`, kind: 'agentRun', parentId: id, childId: stage, definition: 'r' };
    const row = actorWrite({
      ...{ ...run, createdAt: at + delay, status: 'done', tags: ['completed'], snapshot: JSON.stringify({ context }) },
    });
    const entry = logEntry({ actorId: run.id, at: at + delay, to: 'settled' });
    await store.commit({ ...emptyCommit(at + delay), actors: [row], log: [entry] });
  }
}
