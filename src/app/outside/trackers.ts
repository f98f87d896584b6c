/** The clients of the trackers that the configuration names, and the places from which projects take work. */
import type { ForgeConfig, Source, TrackerConfig } from '../../config/schema.ts';
import { secretsOf } from '../../config/secrets.ts';
import { own } from '../../domain/own.ts';
import { OutsideError } from '../../integrations/outside.ts';
import type { ItemComment, Tracker, TrackerKind, WorkItem } from '../../integrations/tracker.ts';
import { createTracker } from '../../integrations/trackers/index.ts';
import { coverer, isUnmistakable } from '../../integrations/webhooks/redact.ts';
import { type Clients, createClients } from '../clients.ts';
import type { Settings } from '../settings.ts';

/** By the name of a tracker, or of a forge whose issues are one. */
export type Trackers = Clients<Tracker>;

/** How an item, a comment and a delivery call a tracker: a forge's issues are called as the forge is. */
export function placeNameOf({ trackers }: Pick<Settings, 'trackers'>, name: string): string {
  return own(trackers, name)?.forge ?? name;
}

/** Where a project takes work from, as its tracker is called outside. */
export interface ProjectSource extends Source {
  project: string;
  /** As deliveries call the tracker. */
  name: string;
  /** The project there, as the configuration says it. */
  place: string;
}

/** All places from which projects take work, in the order of the configuration. */
export const sourcesOf = (settings: Pick<Settings, 'projects' | 'trackers'>): ProjectSource[] =>
  Object.values(settings.projects).flatMap(({ name: project, sources, remote }) =>
    sources.map(source => ({
      ...source,
      project,
      name: placeNameOf(settings, source.tracker),
      place: source.trackerProject ?? remote ?? '',
    })),
  );

/** A place, as its intake calls it; undefined where the project takes no work from there any more. */
export const sourceAt = (
  settings: Settings,
  { project, tracker, place }: { project: string; tracker: string; place: string },
): ProjectSource | undefined =>
  sourcesOf(settings).find(one => one.project === project && one.name === tracker && one.place === place);

/** The place from which a task of this project came; the first of the project where the configuration has another now. */
export function sourceFor(
  settings: Settings,
  project: string,
  { tracker, place }: { tracker: string; place?: string | undefined },
): ProjectSource | undefined {
  const all = sourcesOf(settings).filter(source => source.project === project);
  const there = all.filter(({ name }) => name === tracker);
  return there.find(source => source.place === place) ?? there[0] ?? all[0];
}

interface Server {
  key: object;
  kind: TrackerKind;
  url: string;
  workspace: string;
  token: string;
  perMinute: number | null;
}

const ofForge = ({ kind, url, token }: ForgeConfig, perMinute: number | null, key: object): Server => ({
  ...{ key, kind, url, workspace: '', token: token.reveal(), perMinute },
});

function serverOf({ trackers, forges }: Settings, name: string): Server | undefined {
  const configs: TrackerConfig[] = Object.values(trackers);
  const tracker = configs.find(({ name: own, forge }) => own === name || forge === name);
  const forge = own(forges, tracker?.forge ?? name);
  if (tracker !== undefined && tracker.kind === 'plane') {
    const { kind, url, workspace, token, perMinute } = tracker;
    return { key: tracker, kind, url: url ?? '', workspace: workspace ?? '', token: token?.reveal() ?? '', perMinute };
  }
  return forge && ofForge(forge, tracker?.perMinute ?? null, forge);
}

/** A client of its own, for whoever looks and does not want to wait as long as work does. */
export function clientOfTracker(settings: Settings, name: string, timeoutMs: number): Promise<Tracker> {
  const server = serverOf(settings, name);
  if (server === undefined) throw new OutsideError('unreachable', `there is no tracker ${name} in the configuration`);
  const { key: _, kind, ...options } = server;
  return createTracker(kind, { name, ...options, timeoutMs });
}

/** What people write there comes in without our own secrets: nothing of it is kept, shown or given to an agent. */
function withoutSecrets(tracker: Tracker, secrets: () => readonly string[]): Tracker {
  const covering = () => coverer(secrets().filter(isUnmistakable));
  const item = <T extends WorkItem | undefined>(found: T, cover = covering()): T =>
    found && { ...found, title: cover(found.title), body: cover(found.body) };
  const comment = <T extends ItemComment | undefined>(found: T, cover = covering()): T =>
    found && {
      ...found,
      text: cover(found.text),
      command: found.command && { ...found.command, reason: cover(found.command.reason) },
    };
  const reading: Partial<Tracker> = {
    item: async ref => item(await tracker.item(ref)),
    itemByKey: async (project, key) => item(await tracker.itemByKey(project, key)),
    async *changed(project, since) {
      const cover = covering();
      for await (const found of tracker.changed(project, since)) yield item(found, cover);
    },
    async comments(ref, since) {
      const cover = covering();
      return (await tracker.comments(ref, since)).map(found => comment(found, cover));
    },
    comment: async (ref, id) => comment(await tracker.comment(ref, id)),
  };
  // Not a copy: its clock goes on.
  return Object.assign(Object.create(tracker) as Tracker, reading);
}

/** `configured` is asked each time: what is in force may change. */
export function createTrackers(configured: () => Settings): Trackers {
  const secrets = () => secretsOf(configured()).map(secret => secret.reveal());
  return createClients('tracker', name => serverOf(configured(), name), {
    of: ({ key }) => key,
    create: async ({ key: _, kind, ...options }, name) =>
      withoutSecrets(await createTracker(kind, { name, ...options }), secrets),
  });
}
