/** Why runs that have asked to start have not, and what a person could do about it. */

import { contextOf } from '../../app/context.ts';
import { ownerOf } from '../../app/data-directory.ts';
import type { App } from '../../app/open.ts';
import type { Remedy } from '../../domain/errors.ts';
import { own } from '../../domain/own.ts';
import { workerId } from '../../machines/addresses.ts';
import type { QueuedRun, WorkerContext } from '../../machines/worker-context.ts';
import { whyQueued } from '../../machines/worker-rules.ts';
import type { ActorRow } from '../../persistence/store.ts';

export interface Reason {
  runId: string;
  taskId: string;
  why: string;
  /** It waits for something; the others are on their way. */
  isHeld: boolean;
  /** What lets it go on, where a person holds it back. */
  remedy: Remedy | null;
}

/** Data that is looked at. */
export type Looked = Pick<App, 'runtime' | 'paths'>;

/** What the worker's state means. Whoever was killed could not say that it stopped. */
export function tagsOfWorker({ tags }: ActorRow, { paths }: Looked): readonly string[] {
  return tags.includes('unattended') || ownerOf(paths) !== undefined ? tags : [...tags, 'unattended'];
}

/** Why each run that has asked to start has not. */
export async function reasonsOf(app: Looked): Promise<Reason[]> {
  const worker = await app.runtime.actor(workerId);
  return worker === undefined ? [] : reasonsIn(worker, tagsOfWorker(worker, app));
}

/** The same out of the worker's row; `tags` say what its state means. */
export function reasonsIn(worker: ActorRow, tags: readonly string[]): Reason[] {
  const context = contextOf<WorkerContext>(worker);
  const asked = context.asked.map(({ runId, taskId, agent }) => ({
    runId,
    taskId,
    why: `it is checked whether the agent ${agent} can be started`,
    isHeld: false,
    remedy: null,
  }));
  const queued = context.queue.map(run => ({
    runId: run.runId,
    taskId: run.taskId,
    why: whyQueued(run, context, tags, Date.now()),
    isHeld: true,
    remedy: remedyFor(run, context, tags),
  }));
  return [...asked, ...queued];
}

/** What undoes it when a person has held a run back. */
function remedyFor(
  { taskId, project }: QueuedRun,
  { pausedTasks, pausedProjects }: WorkerContext,
  tags: readonly string[],
): Remedy | null {
  const say = 'lets its agent start';
  if (tags.includes('drained')) return { say, operation: 'queue.resume', input: {} };
  if (own(pausedTasks, taskId) !== undefined) return { say, operation: 'task.resume', input: { taskId } };
  return own(pausedProjects, project) === undefined ? null : { say, operation: 'queue.resume', input: { project } };
}
