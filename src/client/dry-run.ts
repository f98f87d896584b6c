/** What an order would lead to, for whoever is about to give it. */
import { type DryRun, dryRunOf } from '../app/dry-run.ts';
import type { NewTask } from '../app/new-task.ts';
import type { Planned } from './local.ts';

export type { DryRun };

/** Walked with stubs: agents succeed, gates pass, people approve. */
export const dryRunOfPlan = ({ plan }: Planned): DryRun => dryRunOf(plan as NewTask);
