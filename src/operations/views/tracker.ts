/** Trackers as they are answered: who answers there, what was taken up, what was left alone and why. */
import { z } from 'zod';
import { contextOf } from '../../app/context.ts';
import { trackerLane } from '../../app/lanes.ts';
import { lookAtTracker } from '../../app/outside/looks.ts';
import { type ProjectSource, placeNameOf, sourcesOf } from '../../app/outside/trackers.ts';
import { settingsOf } from '../../app/settings.ts';
import { trackerKinds } from '../../config/forges.ts';
import { withoutValues } from '../../config/redact.ts';
import type { Config } from '../../config/schema.ts';
import { intakeId } from '../../machines/addresses.ts';
import type { IntakeContext } from '../../machines/intake.ts';
import type { Runtime } from '../../runtime/index.ts';
import { at } from '../fields.ts';
import type { Here } from '../operation.ts';
import { breakerView, readBreakers } from './queue.ts';
import { timeOf } from './time.ts';

const wrong = z.object({ why: z.string(), remedy: z.string().describe('what would fix it') });

export const trackerView = z.lazy(() =>
  z.object({
    name: z.string(),
    kind: z.enum(trackerKinds),
    url: z.string(),
    account: z.string().nullable().describe('who we are there; null while it does not say'),
    version: z.string().nullable(),
    problem: wrong.nullable().describe('why it does not answer, or does not take the token'),
    missing: z
      .array(z.object({ project: z.string(), what: z.string() }))
      .describe('states and labels that a project names and its place does not have'),
    hasWebhookSecret: z.boolean().describe('without one its webhooks are answered 503, and it is asked every 30 s'),
    projects: z.array(z.object({ project: z.string(), place: z.string() })).describe('who takes work from where'),
    breaker: breakerView.nullable(),
    waiting: z.object({ actions: z.int(), oldest: at.nullable() }).describe('what is still to be written there'),
  }),
);
export type TrackerView = z.output<typeof trackerView>;

/** Every tracker of the configuration, and every forge whose issues are one. */
export async function readTrackers(here: Here, runtime: Runtime | undefined): Promise<TrackerView[]> {
  const loaded = await here.configuration();
  const settings = settingsOf(loaded.config);
  const shown = withoutValues(loaded, here.env) as Pick<Config, 'forges' | 'trackers'>;
  const sources = sourcesOf(settings);
  const breakers = runtime === undefined ? {} : await readBreakers(runtime);
  const lanes = runtime === undefined ? [] : await runtime.lanes();
  const names = [...new Set([...Object.keys(settings.trackers), ...sources.map(({ tracker }) => tracker)])];
  return Promise.all(
    names.map(async name => {
      const tracker = settings.trackers[name];
      const outside = placeNameOf(settings, name);
      const forge = settings.forges[tracker?.forge ?? name];
      const lane = trackerLane(outside);
      const { open = 0, oldestAt = null } = lanes.find(one => one.lane === lane) ?? {};
      return {
        name,
        kind: tracker?.kind ?? forge!.kind,
        url: shown.trackers[name]?.url ?? shown.forges[forge?.name ?? '']?.url ?? '',
        ...(await lookAtTracker(settings, outside)),
        hasWebhookSecret: (forge ?? tracker)?.webhookSecrets.length !== 0,
        projects: sources.flatMap(({ name: own, project, place }) => (own === outside ? [{ project, place }] : [])),
        breaker: breakers[lane] ?? null,
        waiting: { actions: open, oldest: oldestAt === null ? null : timeOf(oldestAt) },
      };
    }),
  );
}

export const intakeView = z.lazy(() =>
  z.object({
    project: z.string(),
    tracker: z.string(),
    place: z.string(),
    lastLook: at.nullable(),
    lastLookAtAll: at.nullable().describe('when everything that is open was looked at last'),
    looked: z.int().describe('items, with the last look'),
    problem: z.string().nullable().describe('why the last look failed'),
    underWay: z.int().describe('items that are being read, or wait for that'),
    items: z
      .array(
        z.object({
          key: z.string(),
          task: z.string().nullable().describe('what was made of it'),
          why: z.string().nullable().describe('why nothing was'),
          notes: z.array(z.string()).describe('what could not be read of it, and why this agent works on it'),
          at,
        }),
      )
      .describe('what became of the last ones, newest first'),
    differences: z
      .array(z.object({ task: z.string(), what: z.string(), outcome: z.string(), at }))
      .describe('what tasks had not heard, newest first'),
  }),
);
export type IntakeView = z.output<typeof intakeView>;

export const driftView = z.object({
  task: z.string(),
  key: z.string(),
  url: z.string().nullable(),
  field: z.enum(['state', 'text', 'existence']),
  tracker: z.string().describe('what the tracker says'),
  ours: z.string().describe('what the task says'),
  settle: z.enum(['task.cancel', 'card.move', 'text.take']).describe('what settles it'),
  does: z.string().describe('what that does'),
});

async function intakesOf(runtime: Runtime, sources: readonly ProjectSource[]): Promise<IntakeContext[]> {
  const rows = await Promise.all(
    sources.map(({ project, name, place }) => runtime.actor(intakeId(project, name, place))),
  );
  return rows.flatMap(row => (row === undefined ? [] : [contextOf<IntakeContext>(row)]));
}

const timeOrNull = (time: number | null) => (time === null ? null : timeOf(time));

/** Who takes up work, as it is configured. */
export async function readIntakes(here: Here, runtime: Runtime): Promise<IntakeView[]> {
  const sources = sourcesOf(settingsOf((await here.configuration()).config));
  return (await intakesOf(runtime, sources)).map(context => ({
    project: context.project,
    tracker: context.tracker,
    place: context.place,
    lastLook: timeOrNull(context.lastScanAt),
    lastLookAtAll: timeOrNull(context.lastFullAt),
    looked: context.looked,
    problem: context.why,
    underWay: Object.keys(context.inFlight).length + context.queue.length,
    items: context.recent
      .map(({ key, task, why, notes, at: then }) => ({ key, task, why, notes, at: timeOf(then) }))
      .reverse(),
    differences: context.differences
      .map(({ task, what, outcome, at: then }) => ({ task, what, outcome, at: timeOf(then) }))
      .reverse(),
  }));
}

/** What trackers and tasks said differently with the last look at everything. */
export async function readDrift(here: Here, runtime: Runtime): Promise<z.output<typeof driftView>[]> {
  const sources = sourcesOf(settingsOf((await here.configuration()).config));
  return (await intakesOf(runtime, sources)).flatMap(({ drift }) => drift);
}
