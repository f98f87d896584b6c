/** Looks at what the configuration says of the outside as a whole: names that refer to each other, and secrets that stay here. */
import { Cron } from 'croner';
import { variablesIn } from '../domain/variables.ts';
import type { Path } from './document.ts';
import type { Config, ProjectConfig } from './schema.ts';
import { secretsOf } from './secrets.ts';

/** Complains about a name that is not known, with the nearest. */
export type Check = (kind: string, at: Path, name: string, known: string[], shown: string) => void;

export interface Complainer {
  complain(path: Path, message: string): void;
}

export function checkOutside(config: Config, around: Complainer, check: Check): void {
  const forges = Object.keys(config.forges);
  for (const { name, forge } of Object.values(config.trackers)) {
    if (forge !== null) check('forge', ['trackers', name, 'forge'], forge, forges, forge);
  }
  const remotes = new Map<string, string>();
  for (const project of Object.values(config.projects)) {
    checkRemote(project, forges, remotes, { around, check });
    checkSources(project, config, { around, check });
  }
  checkNames(config, check);
  checkRoutines(config, around, check);
  checkSecrets(config, around);
}

interface Checking {
  around: Complainer;
  check: Check;
}

function checkRemote(
  { name, forge, remote }: ProjectConfig,
  forges: string[],
  remotes: Map<string, string>,
  { around, check }: Checking,
): void {
  const at = ['projects', name];
  if (forge !== null) check('forge', [...at, 'forge'], forge, forges, forge);
  if (forge !== null && remote === null)
    around.complain([...at, 'remote'], `say what the repository is called at ${forge}, such as acme/shop`);
  if (forge === null && remote !== null)
    around.complain(
      [...at, 'forge'],
      `say at which forge ${remote} is${forges.length > 0 ? `: ${forges.join(', ')}` : ''}`,
    );
  const place = `${forge} ${remote?.toLowerCase()}`;
  const other = remotes.get(place);
  if (remote !== null && other !== undefined)
    around.complain([...at, 'remote'], `project ${other} has the same repository already`);
  remotes.set(place, other ?? name);
}

function checkSources({ name, sources, remote }: ProjectConfig, config: Config, { around, check }: Checking): void {
  const trackers = [...Object.keys(config.trackers), ...Object.keys(config.forges)];
  const places = new Set<string>();
  for (const [index, { tracker, trackerProject }] of sources.entries()) {
    const at = index === 0 ? ['projects', name] : ['projects', name, 'sources', String(index - 1)];
    check('tracker', [...at, 'tracker'], tracker, trackers, tracker);
    const isPlane = config.trackers[tracker]?.kind === 'plane';
    if (trackerProject === null && (isPlane || remote === null)) {
      const example = isPlane ? 'its identifier, such as ET' : 'a repository, such as acme/shop';
      around.complain([...at, 'trackerProject'], `say which project of ${tracker} is meant: ${example}`);
    }
    const place = `${tracker} ${(trackerProject ?? remote ?? '').toLowerCase()}`;
    if (places.has(place)) around.complain([...at, 'tracker'], 'this project takes work from there already');
    places.add(place);
  }
}

function checkNames({ chats, notify, people, projects, forges, trackers }: Config, check: Check): void {
  for (const [index, rule] of notify.entries()) {
    check('chat', ['notify', index, 'chat'], rule.chat, Object.keys(chats), rule.chat);
    for (const [place, name] of rule.projects.entries()) {
      check('project', ['notify', index, 'projects', place], name, Object.keys(projects), name);
    }
  }
  for (const { name, people: named } of Object.values(projects)) {
    for (const [index, person] of (named ?? []).entries()) {
      check('person', ['projects', name, 'people', index], person, Object.keys(people), person);
    }
  }
  const places = [...Object.keys(forges), ...Object.keys(trackers), ...Object.keys(chats)];
  for (const { name, accounts } of Object.values(people)) {
    for (const place of Object.keys(accounts)) {
      check('forge, tracker or chat', ['people', name, 'accounts', place], place, places, place);
    }
  }
}

function checkRoutines({ routines, projects }: Config, around: Complainer, check: Check): void {
  for (const { name, project, cron, timeZone } of Object.values(routines)) {
    check('project', ['routines', name, 'project'], project, Object.keys(projects), project);
    try {
      const next = new Cron(cron, { timezone: timeZone, paused: true }).nextRun();
      if (next === null) around.complain(['routines', name, 'cron'], 'this never comes');
    } catch {
      around.complain(['routines', name, 'cron'], 'write minute, hour, day, month and weekday, such as "0 3 * * 1-5"');
    }
  }
}

function checkSecrets(config: Config, around: Complainer): void {
  const ours = new Set(secretsOf(config).map(({ variable }) => variable));
  // The key of a model is also that of agents which ask the same provider.
  if (config.reader !== null) ours.delete(config.reader.key.variable);
  for (const { name, env, set } of Object.values(config.agents)) {
    const refuse = (at: Path, variable: string) =>
      around.complain(at, `no agent gets ${variable}: it is a secret of a forge, tracker or chat`);
    for (const variable of env.filter(variable => ours.has(variable))) refuse(['agents', name, 'env'], variable);
    for (const [field, value] of Object.entries(set)) {
      const named = variablesIn(value).find(variable => ours.has(variable));
      if (named !== undefined) refuse(['agents', name, 'set', field], named);
    }
  }
}
