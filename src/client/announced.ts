/** What is going to be run beside the agents of an order. */

import type { NewTask } from '../app/new-task.ts';
import { announcedFor } from '../app/testing.ts';
import type { Planned } from './local.ts';

/** A line for the set-up and one for each command gate; none where that cannot be found out. */
export async function announced({ plan }: Planned): Promise<string[]> {
  const { repository, target, setUp = 'none', tests = [], pipeline } = plan as NewTask;
  return announcedFor({ repository, target, setUp, tests, pipeline }).catch(() => []);
}
