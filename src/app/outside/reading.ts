/** Reads an item that may be work: whether the rules want it is decided by its machine, by what is found here. */
import type { Tracker, WorkItem } from '../../integrations/tracker.ts';
import type { CandidateContext, ReadItem } from '../../machines/candidate.ts';
import { itemLink, itemNameOf } from '../../machines/links.ts';
import { standingIn } from '../../machines/standing.ts';
import type { Settings } from '../settings.ts';
import type { Ground } from './ground.ts';
import { sourcesOf } from './trackers.ts';
import { whyMayNotDirect } from './who.ts';

export async function readItem(
  ground: Ground,
  { project, tracker: name, place, ref }: CandidateContext,
): Promise<ReadItem> {
  const source = sourcesOf(ground.settings()).find(
    one => one.project === project && one.name === name && one.place === place,
  );
  const left = (key: string, why: string): ReadItem => ({ result: 'left', key, why });
  if (source === undefined) return left(ref.id, `${project} takes no work from there any more`);
  const tracker = await ground.trackers.get(name);
  const item = await tracker.item(ref);
  if (item === undefined) return left(ref.id, 'it is not there any more');
  const runtime = await ground.runtime();
  const [holder] = await runtime.linked(itemLink(name, itemNameOf(item)), 1);
  if (holder !== undefined) {
    const row = await runtime.actor(holder.actorId);
    return left(
      item.key,
      `${holder.actorId} was made of it${row === undefined ? '' : ` and is ${standingIn(row.tags)}`}`,
    );
  }
  const gone = await wasMadeOnce(ground, project, item);
  if (gone !== null) return left(item.key, gone);
  const us = await tracker.account();
  const { key } = item;
  const untrusted = await whyUntrusted(ground.settings(), { project, tracker, item });
  return { result: 'read', key, pick: source.pick, item: pickable(item), us, untrusted };
}

/** A task of long ago is known by its id alone: ids are used once, and so are items. */
async function wasMadeOnce(
  { settings, making }: Ground,
  project: string,
  { number }: WorkItem,
): Promise<string | null> {
  const id = `${settings().projects[project]?.prefix}-${number}`;
  return (await (await making()).store.isGone('task', id)) ? `${id} was made of it long ago, and has ended` : null;
}

const pickable = ({ labels, state, assignees, author, isGone }: WorkItem) => ({
  labels,
  state: { name: state.name, group: state.group },
  assignees,
  author,
  isGone,
});

/**
 * An agent costs money, and an item may be written by anybody, or by an agent under our own name: somebody who may write has
 * to have made it, or to have moved, labelled or assigned it since.
 */
async function whyUntrusted(
  settings: Settings,
  { project, tracker, item }: { project: string; tracker: Tracker; item: WorkItem },
): Promise<string | null> {
  const { author } = item;
  const place = item.project;
  const ofAuthor = await whyMayNotDirect(settings, { project, place, tracker, person: author });
  if (ofAuthor === null) return null;
  const history = (await tracker.history(item, null)) ?? [];
  const handers = new Map(history.flatMap(({ by }) => (by === null ? [] : [[by.id, by] as const])));
  for (const person of handers.values()) {
    if ((await whyMayNotDirect(settings, { project, place, tracker, person })) === null) return null;
  }
  const who = author === null ? 'somebody unknown' : author.login;
  return `it was made by ${who} (${ofAuthor}), and nobody who may write there has handed it over`;
}
