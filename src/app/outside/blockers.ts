/** What has to be done before a task begins: which items and tasks are meant, and how they stand. */
import { isPassing, OutsideError } from '../../integrations/outside.ts';
import type { Tracker, WorkItem } from '../../integrations/tracker.ts';
import { heldUpLink, itemLink, itemNameOf } from '../../machines/links.ts';
import { stageIn, standingIn } from '../../machines/standing.ts';
import type { Blocker, LookedAtBlockers, TaskContext } from '../../machines/task/context.ts';
import type { ActorRow } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';
import { contextOf } from '../context.ts';
import type { Ground } from './ground.ts';

const mostBlockers = 50;

/**
 * Who blocks an item: by what is written in it, by what its tracker says, and by what is written in items of which a task was
 * made before. What is written and leads nowhere is kept: a person has to see it.
 */
export async function blockersOf(
  { runtime }: Ground,
  { tracker, item, references }: { tracker: Tracker; item: WorkItem; references: readonly string[] },
): Promise<Blocker[]> {
  const working = await runtime();
  const found = new Map<string, Blocker>();
  const own = itemLink(tracker.name, itemNameOf(item));
  const add = (blocker: Blocker) => {
    const key = blocker.item?.link ?? blocker.task ?? blocker.name;
    const isItself = blocker.item?.link === own;
    if (!isItself && found.size < mostBlockers) found.set(key, found.get(key) ?? blocker);
  };
  for (const reference of references) add(await blockerOf(working, { tracker, item, reference }));
  for (const ref of (await tracker.relations(item))?.blockedBy ?? []) {
    const other = await tracker.item(ref);
    add({ name: other?.key ?? ref.id, task: null, item: placeOf(tracker, ref) });
  }
  for (const { actorId } of await working.linked(heldUpLink(own), mostBlockers)) {
    const row = await working.actor(actorId);
    if (row?.status === 'active') add({ name: actorId, task: actorId, item: itemOf(contextOf<TaskContext>(row)) });
  }
  return [...found.values()];
}

/** It may be named in the other one as well, by its item. */
const itemOf = ({ source }: TaskContext): Blocker['item'] =>
  source?.item === undefined ? null : placeOf({ name: source.tracker }, { project: source.project, id: source.item });

/** The links of the items that are named as blocked by this one; and those that lead nowhere, as they are written. */
export async function heldUpBy(
  tracker: Tracker,
  item: WorkItem,
  references: readonly string[],
): Promise<{ links: string[]; unknown: string[] }> {
  const links = new Set<string>();
  const unknown: string[] = [];
  for (const reference of references) {
    const meant = await itemMeant(tracker, item, reference);
    if (meant === undefined) unknown.push(reference);
    else if (meant.project !== item.project || meant.id !== item.id)
      links.add(itemLink(tracker.name, itemNameOf(meant)));
  }
  return { links: [...links], unknown };
}

const placeOf = ({ name: tracker }: Pick<Tracker, 'name'>, ref: { project: string; id: string }): Blocker['item'] => ({
  ...{ tracker, project: ref.project, item: ref.id, link: itemLink(tracker, itemNameOf(ref)) },
});

async function blockerOf(
  runtime: Runtime,
  { tracker, item, reference }: { tracker: Tracker; item: WorkItem; reference: string },
): Promise<Blocker> {
  const meant = await itemMeant(tracker, item, reference);
  if (meant !== undefined) return { name: reference, task: null, item: placeOf(tracker, meant) };
  const row = await runtime.actor(reference);
  return { name: reference, task: row?.kind === 'task' ? reference : null, item: null };
}

/** What cannot be asked now may be an item: only what is answered counts. */
async function itemMeant(tracker: Tracker, item: WorkItem, reference: string): Promise<WorkItem | undefined> {
  const unlessPassing = (error: unknown) => {
    if (!(error instanceof OutsideError) || isPassing(error)) throw error;
    return undefined;
  };
  const { project, key } = keyIn(reference, item);
  const found = await tracker.itemByKey(project, key).catch(unlessPassing);
  const identifier = /^([A-Za-z][A-Za-z0-9]*)-\d+$/.exec(key)?.[1];
  if (found !== undefined || identifier === undefined || tracker.kind !== 'plane') return found;
  const other = await tracker.project(identifier.toUpperCase()).catch(unlessPassing);
  return other && (await tracker.itemByKey(other.id, key).catch(unlessPassing));
}

/** `acme/shop#4` and addresses of items name their place; anything else is an item of the same one. */
function keyIn(reference: string, { project }: WorkItem): { project: string; key: string } {
  const elsewhere = /^(?:https?:\/\/[^/]+\/)?([^/#\s]+\/[^/#\s]+?)(?:#|\/(?:-\/)?issues\/)(\d+)$/.exec(reference);
  if (elsewhere !== null) return { project: elsewhere[1]!, key: elsewhere[2]! };
  const browsed = /\/browse\/([A-Za-z0-9]+-\d+)\/?$/.exec(reference);
  return { project, key: browsed?.[1] ?? reference };
}

/** How blockers stand now; circles are named, and what will never be done is said. */
export async function lookAtBlockers(
  ground: Ground,
  { taskId, blockers }: { taskId: string; blockers: readonly Blocker[] },
): Promise<LookedAtBlockers> {
  const runtime = await ground.runtime();
  const open: LookedAtBlockers['open'] = [];
  const forEver: string[] = [];
  // First: whoever is in it is a task by then, and will be told to say when he is done.
  const circle = await circleFrom(runtime, taskId);
  for (const blocker of blockers) {
    const row = await taskOf(runtime, blocker);
    const stands = row === undefined ? await itemStands(ground, blocker) : taskStands(row);
    if ('never' in stands) forEver.push(`${blocker.name} ${stands.never}`);
    else if ('how' in stands) open.push({ name: blocker.name, task: row?.id ?? null, how: stands.how });
  }
  if (circle !== null) forEver.push(`they wait for each other: ${circle.join(' → ')}`);
  return { open, forEver: forEver.length === 0 ? null : forEver.join('; ') };
}

type Stands = { done: true } | { how: string } | { never: string };

async function taskOf(runtime: Runtime, { task, item }: Blocker): Promise<ActorRow | undefined> {
  const id = task ?? (item === null ? undefined : (await runtime.linked(item.link, 1))[0]?.actorId);
  const row = id === undefined ? undefined : await runtime.actor(id);
  return row?.kind === 'task' ? row : undefined;
}

function taskStands({ tags }: ActorRow): Stands {
  const standing = standingIn(tags);
  if (standing === 'done') return { done: true };
  if (standing === 'cancelled' || standing === 'failed')
    return { never: `was ${standing === 'failed' ? 'given up' : standing}` };
  return { how: standing === 'working' ? stageIn(tags) : standing };
}

/** An item of which no task was made: people work on it. One that was closed without being done holds nothing up either. */
async function itemStands({ trackers }: Ground, { item }: Blocker): Promise<Stands> {
  if (item === null) return { never: 'is neither an item nor a task that is known' };
  const tracker = await trackers.get(item.tracker);
  const now = await tracker.item({ project: item.project, id: item.item });
  if (now === undefined || now.isGone) return { never: 'is archived, moved or gone' };
  const isOver = now.state.group === 'completed' || now.state.group === 'cancelled';
  return isOver ? { done: true } : { how: now.state.name };
}

/** The first way by which a task waits for itself; null when there is none. */
async function circleFrom(runtime: Runtime, taskId: string): Promise<string[] | null> {
  const done = new Set<string>();
  const walk = async (id: string, way: readonly string[]): Promise<string[] | null> => {
    if (id === taskId && way.length > 0) return [...way, id];
    if (done.has(id)) return null;
    done.add(id);
    const row = await runtime.actor(id);
    if (row?.kind !== 'task' || row.status !== 'active') return null;
    for (const blocker of contextOf<TaskContext>(row).blockedBy ?? []) {
      const next = await taskOf(runtime, blocker);
      const circle = next === undefined ? null : await walk(next.id, [...way, id]);
      if (circle !== null) return circle;
    }
    return null;
  };
  return walk(taskId, []);
}
