/** Settles one difference between a tracker and a task, by the one action that does. */
import { z } from 'zod';
import { contextOf } from '../app/context.ts';
import { cleanTitle } from '../app/outside/arranging.ts';
import { sourcesOf } from '../app/outside/trackers.ts';
import { settingsOf } from '../app/settings.ts';
import { SignalboxError } from '../domain/errors.ts';
import { intakeId } from '../machines/addresses.ts';
import type { Drift, IntakeContext } from '../machines/intake.ts';
import type { TaskContext, TaskSource } from '../machines/task/context.ts';
import { taskId } from './fields.ts';
import { taskRow } from './find.ts';
import { operation, type Site, type Who } from './operation.ts';
import { sendToTask } from './sending.ts';
import { driftView } from './views/tracker.ts';

export const driftSettle = operation({
  name: 'drift.settle',
  summary: 'settle a difference between tracker and task',
  may: 'operator',
  changes: true,
  needs: 'commit',
  input: z.strictObject({ taskId, field: z.enum(['state', 'text', 'existence']).describe('what differs') }),
  output: driftView,
  args: ['taskId', 'field'],
  route: { method: 'POST', path: '/drift/:taskId/settle', status: 202 },
  fails: ['noTask', 'noDrift', 'brokenActor'],
  async run(app, { taskId: id, field }, who) {
    const { source } = contextOf<TaskContext>(await taskRow(app.runtime, id));
    const found = source == null ? undefined : await findDrift(app, { task: id, field, tracker: source.tracker });
    if (source == null || found === undefined) {
      const why = `Tracker and task say the same of the ${field} of ${id}, as far as was looked.`;
      throw new SignalboxError('not_found', 'noDrift', why, { remedy: { say: 'look again', operation: 'drift' } });
    }
    await settle(app, found, source, who);
    return found.drift;
  },
});

interface Found {
  intake: string;
  drift: Drift;
}

async function findDrift(
  { runtime, here }: Site,
  { task, field, tracker }: { task: string; field: Drift['field']; tracker: string },
): Promise<Found | undefined> {
  const sources = sourcesOf(settingsOf((await here.configuration()).config));
  for (const { project, name, place } of sources.filter(({ name }) => name === tracker)) {
    const intake = intakeId(project, name, place);
    const row = await runtime.actor(intake);
    const drift = row && contextOf<IntakeContext>(row).drift.find(one => one.task === task && one.field === field);
    if (drift !== undefined) return { intake, drift };
  }
  return undefined;
}

async function settle(
  app: Site,
  { intake, drift }: Found,
  { tracker, project, item }: TaskSource,
  who: Who,
): Promise<void> {
  const { task, field, moveTo } = drift;
  const by = who.name;
  const ref = { project, id: item };
  if (moveTo !== null) {
    const event = { type: 'intake.settle', task, field, move: { tracker, ref, state: moveTo }, by };
    await app.runtime.send(intake, event as never, { source: by });
    return;
  }
  if (drift.settle === 'task.cancel') await sendToTask(app, task, { type: 'task.cancel' }, who);
  else {
    const now = await (await app.trackers.get(tracker)).item(ref);
    if (now !== undefined) {
      const event = { type: 'work.described', title: cleanTitle(now.title), body: now.body, by };
      await app.runtime.send(task, event as never, { source: by });
    }
  }
  await app.runtime.send(intake, { type: 'intake.agreed', task, field, by }, { source: by });
}
