/** Processes of earlier owners of the data for which no job is open any more. */
import { endOrphans, type Orphan } from '../actors/orphans.ts';
import type { Store } from '../persistence/store.ts';
import type { DataPaths } from './data-directory.ts';

/** Ends them, and answers what was found. */
export function endOrphansOf(paths: DataPaths, store: Store): Promise<Orphan[]> {
  return endOrphans(paths, job => isJobOpen(store, job));
}

async function isJobOpen(store: Store, ref: string): Promise<boolean> {
  // A job's reference is its actor's id, the name of the child and the number of the transition.
  const actorId = ref.replace(/\.[^.]+\.[^.]+$/, '');
  return (await store.jobs(actorId)).some(job => job.ref === ref);
}
