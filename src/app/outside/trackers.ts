/** The clients of the trackers that the configuration names, each made when it is first needed. */
import type { ForgeConfig, Source, TrackerConfig } from '../../config/schema.ts';
import { secretsOf } from '../../config/secrets.ts';
import { own } from '../../domain/own.ts';
import { OutsideError } from '../../integrations/outside.ts';
import type { ItemComment, Tracker, TrackerKind, WorkItem } from '../../integrations/tracker.ts';
import { createTracker } from '../../integrations/trackers/index.ts';
import { coverer } from '../../integrations/webhooks/redact.ts';
import type { Settings } from '../settings.ts';

export interface Trackers {
  /** The client of a tracker, or of a forge whose issues are one. Throws `unreachable` when it is not configured: it may be again. */
  get(name: string): Promise<Tracker>;
}

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

/** A secret this short may well be a word that somebody means. */
const shortestCovered = 12;

/** What people write there comes in without our own secrets: nothing of it is kept, shown or given to an agent. */
function withoutSecrets(tracker: Tracker, secrets: () => readonly string[]): Tracker {
  const cover = (text: string) => coverer(secrets().filter(({ length }) => length >= shortestCovered))(text);
  const item = <T extends WorkItem | undefined>(found: T): T =>
    found && { ...found, title: cover(found.title), body: cover(found.body) };
  const comment = <T extends ItemComment | undefined>(found: T): T =>
    found && {
      ...found,
      text: cover(found.text),
      command: found.command && { ...found.command, reason: cover(found.command.reason) },
    };
  const reading: Partial<Tracker> = {
    item: async ref => item(await tracker.item(ref)),
    itemByKey: async (project, key) => item(await tracker.itemByKey(project, key)),
    async *changed(project, since) {
      for await (const found of tracker.changed(project, since)) yield item(found);
    },
    comments: async (ref, since) => (await tracker.comments(ref, since)).map(comment),
    comment: async (ref, id) => comment(await tracker.comment(ref, id)),
  };
  // Not a copy: its clock goes on.
  return Object.assign(Object.create(tracker) as Tracker, reading);
}

/** `configured` is asked each time: what is in force may change. */
export function createTrackers(configured: () => Settings): Trackers {
  const clients = new WeakMap<object, Promise<Tracker>>();
  return {
    async get(name) {
      const server = serverOf(configured(), name);
      if (server === undefined) {
        throw new OutsideError(
          'unreachable',
          `there is no tracker ${name} in the configuration any more; name it there again`,
        );
      }
      const { key, kind, ...options } = server;
      const secrets = () => secretsOf(configured()).map(secret => secret.reveal());
      const made = async () => withoutSecrets(await createTracker(kind, { name, ...options }), secrets);
      const client = clients.get(key) ?? made();
      clients.set(key, client);
      return client;
    },
  };
}
