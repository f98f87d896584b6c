/** Works out when recurring work is due, and makes everything ready for its task. */
import { randomInt } from 'node:crypto';
import { dirname } from 'node:path';
import { Cron } from 'croner';
import type { ArrangedRoutine, Planned, RoutinePlan } from '../../machines/routine.ts';
import { arrangeTask, idsFor, type NewTask, underFreeId } from '../new-task.ts';
import { findPipeline } from '../pipelines.ts';
import { findRepository, setupFor } from '../setup.ts';
import { cleanTitle } from './arranging.ts';
import type { Ground } from './ground.ts';

/** The next time after the last one, and not before now: what was missed while nobody was here comes once. */
export function planNext({ plan, after }: { plan: RoutinePlan; after: number | null }, now: number): Planned {
  const { cron, timeZone, jitterMs } = plan;
  const next = new Cron(cron, { timezone: timeZone, paused: true }).nextRun(new Date(Math.max(after ?? 0, now)));
  if (next === null) return { nextAt: null };
  return { nextAt: next.getTime() + (jitterMs > 0 ? randomInt(jitterMs) : 0) };
}

export async function arrangeRoutine(
  ground: Ground,
  { plan, lastTask, dueAt }: { name: string; plan: RoutinePlan; lastTask: string | null; dueAt: number },
): Promise<ArrangedRoutine> {
  const making = await ground.making();
  const last = lastTask === null ? undefined : await making.runtime.actor(lastTask);
  if (plan.skipWhileRunning && last?.status === 'active')
    return { result: 'skipped', why: `${lastTask} has not ended` };
  const { configuration: config } = ground.settings();
  if (config === null) throw new Error('there is no configuration that says who works on it');
  const { repository, target } = await findRepository(config, { project: plan.project }, '/');
  const setup = setupFor(config, true, repository, {
    project: plan.project,
    agentEnv: [],
    cwd: dirname(repository),
    ...(plan.pipeline !== null && { pipeline: plan.pipeline }),
    ...(plan.priority !== null && { priority: plan.priority }),
  });
  const date = new Intl.DateTimeFormat('sv-SE', { timeZone: plan.timeZone, dateStyle: 'short' }).format(dueAt);
  const filled = (text: string) => text.replaceAll('{{date}}', date);
  const task: NewTask = {
    ...{ ...setup, title: cleanTitle(filled(plan.title)), body: filled(plan.body), repository, target },
    pipeline: await findPipeline(setup.pipeline, dirname(repository)),
    ...{ source: null, blockedBy: [] },
  };
  const ids = await idsFor(making, task);
  return { result: 'ready', ...(await underFreeId(making, ids, id => arrangeTask(making, { ...task, id }))) };
}
