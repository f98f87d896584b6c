/** Recurring work as it is answered. */
import { z } from 'zod';
import { contextOf } from '../../app/context.ts';
import type { RoutineContext } from '../../machines/routine.ts';
import { whyOf } from '../../machines/words.ts';
import type { ActorRow } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';
import { at } from '../fields.ts';
import { timeOf } from './time.ts';

export const routineView = z.lazy(() =>
  z.object({
    name: z.string(),
    project: z.string().nullable().describe('null for one that is not configured any more'),
    cron: z.string().nullable(),
    timeZone: z.string().nullable(),
    title: z.string().nullable(),
    next: at.nullable().describe('when it is ordered next'),
    lastTask: z.string().nullable(),
    orders: z.int(),
    skips: z.int().describe('how often it was left out because the last had not ended'),
    problem: z.string().nullable().describe('why the last was left out, or could not be made'),
    why: z.string().describe('how it stands'),
  }),
);
export type RoutineView = z.output<typeof routineView>;

export async function viewOfRoutine(runtime: Runtime, row: ActorRow): Promise<RoutineView> {
  const { name, plan, nextAt, lastTask, orders, skips, why } = contextOf<RoutineContext>(row);
  const { machine, snapshot } = await runtime.restore(row);
  const isDue = plan !== null && nextAt !== null;
  return {
    ...{ name, lastTask, orders, skips, problem: why },
    project: plan?.project ?? null,
    cron: plan?.cron ?? null,
    timeZone: plan?.timeZone ?? null,
    title: plan?.title ?? null,
    next: isDue ? timeOf(nextAt) : null,
    why: whyOf(machine, snapshot) ?? (isDue ? `is ordered at ${timeOf(nextAt)}` : 'is being planned'),
  };
}
