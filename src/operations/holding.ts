/** Holds back and lets on: the worker as a whole, or a project. */
import { z } from 'zod';
import { contextOf } from '../app/context.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { workerId } from '../machines/addresses.ts';
import { projectsIn } from '../machines/standing.ts';
import type { WorkerContext } from '../machines/worker-context.ts';
import type { Runtime } from '../runtime/index.ts';
import type { Site } from './operation.ts';
import type { WorkerView } from './views/queue.ts';

export const project = z.string().max(200).optional().describe('only this project; everything without it');

/** How the worker stands. Throws `noData` where nobody has ever worked. */
export async function workerNow(runtime: Runtime): Promise<WorkerView> {
  const row = await runtime.actor(workerId);
  if (row === undefined) throw new SignalboxError('not_found', 'noData', 'Nobody has ever worked on this data.');
  const { drainedBy, pausedProjects, asked, running, queue } = contextOf<WorkerContext>(row);
  return { state: row.state, drainedBy, pausedProjects, running: asked.length + running.length, queued: queue.length };
}

/** Throws `noProject` for a project that is neither configured nor has any task. */
export async function requireProject({ runtime, here }: Site, name: string): Promise<void> {
  // A broken configuration does not keep anybody from pausing.
  const configured = await here.configuration().then(
    ({ config }) => Object.keys(config.projects),
    () => [],
  );
  const counts = await runtime.counts('task');
  const known = [...new Set([...configured, ...projectsIn(counts.map(({ tag }) => tag))])];
  // Where nothing is known yet, a pause is for what will come.
  if (known.length === 0 || known.includes(name)) return;
  const likely = nearest(name, known).join(', ');
  throw new SignalboxError('not_found', 'noProject', `There is no project ${quote(name)}; did you mean ${likely}?`);
}
