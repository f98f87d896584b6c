/**
 * Looks at a place of a tracker: what has changed there, or all that is open. Items that may be work are named; those of a
 * task are given to whoever listens for it; what tracker and task say differently is listed.
 */
import { createHash } from 'node:crypto';
import { whyNotPicked } from '../../domain/pick.ts';
import type { Tracker, WorkItem } from '../../integrations/tracker.ts';
import { conversationId } from '../../machines/addresses.ts';
import type { Drift, FoundPlace, Scanned } from '../../machines/intake.ts';
import { itemLink, itemNameOf } from '../../machines/links.ts';
import type { Difference } from '../../machines/reconciler.ts';
import { projectTag } from '../../machines/standing.ts';
import type { TaskContext } from '../../machines/task/context.ts';
import type { ActorRow } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';
import { contextOf } from '../context.ts';
import { livingTasks } from '../living-tasks.ts';
import { cleanTitle } from './arranging.ts';
import { driftOf } from './drift.ts';
import type { Ground } from './ground.ts';
import { type ProjectSource, sourceAt } from './trackers.ts';
import { whyMayNotDirect } from './who.ts';

export interface ScanInput {
  project: string;
  tracker: string;
  place: string;
  /** As it was with the last look at everything; null before the first. */
  found: FoundPlace | null;
  /** By the tracker's clock; null: everything that is open. */
  since: number | null;
  /** Items at which somebody works already. */
  known: string[];
  /** Items that were left alone, as they were then: by when they were changed last. */
  judged: Record<string, number>;
}

/** Changes are told again within this: not all are seen in the order in which they were made. */
const overlapMs = 60_000;

export async function scan(ground: Ground, input: ScanInput, signal: AbortSignal): Promise<Scanned> {
  const { project, place, since, judged } = input;
  const source = sourceAt(ground.settings(), input);
  if (source === undefined) throw new Error(`${project} takes no work from ${place} of ${input.tracker} any more`);
  const tracker = await ground.trackers.get(source.name);
  const runtime = await ground.runtime();
  const us = await tracker.account();
  // What a place is called is asked with every look at everything, and not every half minute: at Plane it is three requests.
  const before = since === null ? null : input.found;
  const found = before ?? (await tracker.project(place));
  const begun = Date.now() + tracker.skewMs;
  const sides = { ...source, states: found.states };
  const look: Looking = {
    ground,
    place: found.id,
    runtime,
    tracker,
    source: sides,
    differences: [],
    drift: [],
    seen: new Set(),
    directs: new Map(),
  };
  const items: Scanned['items'] = [];
  let looked = 0;
  let newest = since ?? 0;
  // Read whole before anybody is told: whoever is asks the tracker as well, and what is asked goes before what is swept.
  const changed: WorkItem[] = [];
  for await (const item of tracker.changed(found.id, since === null ? null : since - overlapMs)) {
    signal.throwIfAborted();
    changed.push(item);
  }
  for (const item of changed) {
    signal.throwIfAborted();
    looked += 1;
    newest = Math.max(newest, item.updatedAt);
    const task = await taskOf(look, item);
    if (task === undefined) {
      const isOpen = input.known.includes(item.id) || judged[item.id] === item.updatedAt;
      if (!isOpen && whyNotPicked(source.pick, item, us) === null) {
        items.push({ id: item.id, updatedAt: item.updatedAt });
      }
    } else if (task.status === 'active') {
      await compare(look, item, task);
    }
  }
  if (since === null) looked += await lookAtOthers(look, signal);
  return {
    found: { id: found.id, name: found.name, states: found.states.map(({ name, group }) => ({ name, group })) },
    cursor: newest > 0 ? newest : begun,
    ...{ items, looked },
    differences: look.differences,
    drift: since === null ? look.drift : null,
  };
}

interface Looking {
  ground: Ground;
  runtime: Runtime;
  tracker: Tracker;
  source: ProjectSource & Pick<FoundPlace, 'states'>;
  differences: Difference[];
  drift: Drift[];
  /** The place, as the tracker itself calls it. */
  place: string;
  /** Tasks that were looked at. */
  seen: Set<string>;
  /** By their ids, whether people may give work: asked once in a look, and not for each of a thousand items of one author. */
  directs: Map<string, Promise<boolean>>;
}

async function taskOf({ runtime, source }: Looking, item: WorkItem): Promise<ActorRow | undefined> {
  const [holder] = await runtime.linked(itemLink(source.name, itemNameOf(item)), 1);
  return holder && runtime.actor(holder.actorId);
}

/** Gives what has changed to whoever listens, and the words of the item to the task where the tracker has the last one. */
async function compare(look: Looking, item: WorkItem, row: ActorRow): Promise<void> {
  const { source, drift, seen } = look;
  if (seen.has(row.id)) return;
  seen.add(row.id);
  const task = contextOf<TaskContext>(row);
  const news = { type: 'conversation.news' };
  const to = { task: row.id, actorId: conversationId(row.id) };
  await tell(look, { ...to, event: news, what: `${item.key} has changed`, key: `item:${item.updatedAt}` });
  const takesText = await takeText(look, item, row.id, task);
  for (const one of driftOf({ ...source, takesText }, item, row, task)) {
    if (one.settle === 'card.move' && source.wins.card === 'task') await moveBack(look, item, one);
    else drift.push(one);
  }
}

interface Telling {
  task: string;
  actorId: string;
  event: { type: string };
  what: string;
  key: string;
}

async function tell({ runtime, differences }: Looking, { task, actorId, event, what, key }: Telling): Promise<void> {
  if ((await runtime.actor(actorId)) === undefined) return;
  const given = { source: 'reconciler', dedupeKey: `reconciler:${key}` };
  // Every look sees again what changed last; told again it would be on record again, for as long as nothing else changes.
  if ((await runtime.entryUnder(actorId, given.dedupeKey)) !== undefined) return;
  const { outcome } = await runtime.send(actorId, event as never, given);
  if (outcome !== 'duplicate') differences.push({ task, type: event.type, what, outcome });
}

/** Whether the task goes by what the item says; where it says something else now, the task is told. */
async function takeText(look: Looking, item: WorkItem, id: string, task: TaskContext): Promise<boolean> {
  const { source } = look;
  if (source.wins.text === 'task') return false;
  const title = cleanTitle(item.title);
  if (title === task.title && item.body === task.body) return true;
  // Its author could change what an agent is told after others have handed it over.
  if (!(await mayDirect(look, item))) return false;
  const hash = createHash('sha256').update(`${title}\0${item.body}`).digest('hex').slice(0, 16);
  const event = { type: 'work.described', title, body: item.body, by: source.name };
  const what = `${item.key} says something else now`;
  await tell(look, { task: id, actorId: id, event, what, key: `text:${hash}:${item.updatedAt}` });
  return true;
}

async function mayDirect(
  { ground, source, tracker, directs }: Looking,
  { author, project: place }: WorkItem,
): Promise<boolean> {
  if (author === null) return false;
  const asked =
    directs.get(author.id) ??
    whyMayNotDirect(ground.settings(), { project: source.project, place, tracker, person: author }).then(
      why => why === null,
    );
  directs.set(author.id, asked);
  return asked;
}

/** The card of a task that has the last word on it goes back to where the task has it. */
async function moveBack(
  { tracker, differences }: Looking,
  item: WorkItem,
  { task, moveTo, does }: Drift,
): Promise<void> {
  if (moveTo === null) return;
  const { isChanged } = await tracker.show(item, { state: moveTo });
  if (isChanged) differences.push({ task, type: 'card.move', what: does, outcome: 'applied' });
}

/** Tasks whose items were not among what is open: closed, archived, moved away. */
async function lookAtOthers(look: Looking, signal: AbortSignal): Promise<number> {
  const { runtime, source, tracker, seen } = look;
  let looked = 0;
  for await (const row of livingTasks(runtime, projectTag(source.project))) {
    signal.throwIfAborted();
    const { source: from } = contextOf<TaskContext>(row);
    const isHere = from?.tracker === source.name && from.project === look.place;
    if (!isHere || seen.has(row.id)) continue;
    looked += 1;
    const ref = { project: from.project, id: from.item };
    const item = await tracker.item(ref);
    if (item !== undefined) await compare(look, item, row);
    else look.drift.push(...driftOf({ ...source, takesText: true }, undefined, row, contextOf<TaskContext>(row)));
  }
  return looked;
}
