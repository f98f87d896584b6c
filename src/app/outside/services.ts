/** The actors that serve trackers and chats: who takes up work, who orders it again and again, who tells people. */
import { isDeepStrictEqual } from 'node:util';
import type { RoutineConfig } from '../../config/schema.ts';
import { own } from '../../domain/own.ts';
import { intakeId, notifierId, routineId } from '../../machines/addresses.ts';
import type { IntakeContext } from '../../machines/intake.ts';
import type { NotifierContext } from '../../machines/notifier.ts';
import type { RoutineContext, RoutinePlan } from '../../machines/routine.ts';
import type { Runtime } from '../../runtime/index.ts';
import { contextOf } from '../context.ts';
import type { Settings } from '../settings.ts';
import { sourcesOf } from './trackers.ts';

/** How often a tracker is asked what has changed: a delivery that was lost costs no more. */
const pollEveryMs = 30_000;

/** Makes those that are configured, and lets those of others rest. Whoever knows it already is told nothing. */
export async function configureOutside(runtime: Runtime, settings: Settings): Promise<void> {
  await configureIntakes(runtime, settings);
  await configureRoutines(runtime, settings);
  await configureNotifier(runtime, settings);
}

async function configureIntakes(runtime: Runtime, settings: Settings): Promise<void> {
  const wanted = new Map(
    sourcesOf(settings).map(({ project, name, place }) => [
      intakeId(project, name, place),
      { project, tracker: name, place },
    ]),
  );
  for (const [id, input] of wanted) await runtime.create('intake', id, { ...input, pollMs: pollEveryMs });
  for (const row of await runtime.actors({ kind: 'intake', limit: 10_000 })) {
    const pollMs = wanted.has(row.id) ? pollEveryMs : null;
    if (contextOf<IntakeContext>(row).pollMs === pollMs) continue;
    await runtime.send(row.id, { type: 'intake.configured', pollMs }, { source: 'configuration' });
  }
}

/** Has every tracker looked at now: items may have come while nobody was here. */
export async function lookAtTrackers(runtime: Runtime, settings: Settings): Promise<void> {
  await configureIntakes(runtime, settings);
  for (const { project, name, place } of sourcesOf(settings)) {
    await runtime.send(intakeId(project, name, place), { type: 'intake.look' }, { source: 'app' });
  }
}

const planOf = ({ name: _, ...plan }: RoutineConfig): RoutinePlan => plan;

async function configureRoutines(runtime: Runtime, { routines }: Settings): Promise<void> {
  for (const routine of Object.values(routines)) {
    await runtime.create('routine', routineId(routine.name), { name: routine.name, plan: planOf(routine) } as never);
  }
  for (const row of await runtime.actors({ kind: 'routine', limit: 10_000 })) {
    const { name, plan } = contextOf<RoutineContext>(row);
    const routine = own(routines, name);
    const next = routine === undefined ? null : planOf(routine);
    if (isDeepStrictEqual(plan, next)) continue;
    await runtime.send(row.id, { type: 'routine.configured', plan: next } as never, { source: 'configuration' });
  }
}

/** There is none until somebody wants to hear something. */
async function configureNotifier(runtime: Runtime, { notify: rules, configuration }: Settings): Promise<void> {
  const publicUrl = configuration?.serve.publicUrl ?? null;
  const position = await runtime.lastPosition();
  if (rules.length > 0) {
    await runtime.create('notifier', notifierId, { rules, publicUrl, position } as never);
  }
  const row = await runtime.actor(notifierId);
  if (row === undefined) return;
  const context = contextOf<NotifierContext>(row);
  if (isDeepStrictEqual([context.rules, context.publicUrl], [rules, publicUrl])) return;
  const event = { type: 'notifier.configured', rules, publicUrl, position };
  await runtime.send(notifierId, event as never, { source: 'configuration' });
}
