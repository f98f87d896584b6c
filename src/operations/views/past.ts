/** A task and its runs as they were after an entry of the task's log. Of how its agents waited nothing is known any more. */
import { taskTags } from '../../machines/standing.ts';
import type { ActorRow } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';
import { statePath } from '../../runtime/stepper.ts';
import { type AgentView, viewOfRun } from './agent.ts';
import { type TaskView, viewOfTask } from './task.ts';

/** `runs` are all that the task has by now. Throws `beyondLog` and what `replay` throws. */
export async function taskAsOf(
  runtime: Runtime,
  { task, runs, at }: { task: ActorRow; runs: readonly ActorRow[]; at: number },
): Promise<TaskView & { runs: AgentView[] }> {
  const { machine, snapshot, seq, since } = await runtime.rehearse(task.id, { at });
  const row = {
    ...task,
    ...{ state: statePath(snapshot.value), status: snapshot.status, tags: taskTags(snapshot), version: seq },
    updatedAt: since ?? task.updatedAt,
  };
  const [entry, next] = await runtime.log(task.id, { after: seq - 1, limit: 2 });
  const then = { position: entry?.position ?? 0, next: next?.position ?? Number.POSITIVE_INFINITY };
  const views = await Promise.all(runs.map(run => runAsOf(runtime, run, then)));
  return {
    ...(await viewOfTask(runtime, row, { restored: { machine, snapshot }, until: row.updatedAt })),
    runs: views.filter(view => view !== undefined),
  };
}

/** Between two entries of a task, as positions in the log of all actors. */
interface Then {
  position: number;
  next: number;
}

/** Undefined for one that there was not yet. */
async function runAsOf(runtime: Runtime, run: ActorRow, then: Then): Promise<AgentView | undefined> {
  const seq = await lastBefore(runtime, run, then);
  if (seq === 0) return undefined;
  if (seq === run.version) return viewOfRun(run);
  const { snapshot, since } = await runtime.rehearse(run.id, { at: seq });
  const row = {
    ...run,
    ...{ state: statePath(snapshot.value), status: snapshot.status, tags: [...snapshot.tags] as string[] },
    ...{ snapshot: JSON.stringify({ context: snapshot.context }), updatedAt: since ?? run.updatedAt },
  };
  return viewOfRun(row);
}

const entriesAtOnce = 500;

/** The last entry of a run's log that there was by then; 0 for none. A run begins with the entry of the task that calls for it. */
async function lastBefore(runtime: Runtime, { id, version }: ActorRow, { position, next }: Then): Promise<number> {
  const [first] = await runtime.log(id, { after: 0, limit: 1 });
  if (first === undefined || first.position >= next) return 0;
  let last = first.seq;
  while (last < version) {
    const entries = await runtime.log(id, { after: last, limit: entriesAtOnce });
    const before = entries.filter(entry => entry.position <= position);
    last = before.at(-1)?.seq ?? last;
    if (before.length < entriesAtOnce) break;
  }
  return last;
}
