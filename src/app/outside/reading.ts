/** Reads an item that may be work: whether the rules want it is decided by its machine, by what is found here. */

import { whyNotPicked } from '../../domain/pick.ts';
import type { Tracker, WorkItem } from '../../integrations/tracker.ts';
import type { CandidateContext, ReadItem } from '../../machines/candidate.ts';
import { itemLink, itemNameOf, itemPageLink } from '../../machines/links.ts';
import { standingIn } from '../../machines/standing.ts';
import type { Runtime } from '../../runtime/index.ts';
import type { Settings } from '../settings.ts';
import type { Ground } from './ground.ts';
import { sourceAt } from './trackers.ts';
import { whyMayNotDirect } from './who.ts';

export async function readItem(
  ground: Ground,
  { project, tracker: name, place, ref }: CandidateContext,
): Promise<ReadItem> {
  const source = sourceAt(ground.settings(), { project, tracker: name, place });
  const left = (key: string, why: string): ReadItem => ({ result: 'left', key, why });
  if (source === undefined) return left(ref.id, `${project} takes no work from there any more`);
  const tracker = await ground.trackers.get(name);
  const item = await tracker.item(ref);
  if (item === undefined) return left(ref.id, 'it is not there any more');
  const runtime = await ground.runtime();
  const before = await takenBefore(ground, runtime, linksOf(name, item));
  if (before !== null) return left(item.key, before);
  const us = await tracker.account();
  const { key } = item;
  // Whoever is not wanted need not be known: nobody is asked for anything more.
  const isWanted = whyNotPicked(source.pick, pickable(item), us) === null;
  const untrusted = isWanted ? await whyUntrusted(ground.settings(), { project, tracker, item }) : null;
  return { result: 'read', key, pick: source.pick, item: pickable(item), us, untrusted };
}

/** By what an item is known: its name at its tracker, and its page. */
export const linksOf = (tracker: string, item: WorkItem): string[] => [
  itemLink(tracker, itemNameOf(item)),
  ...(item.url === '' ? [] : [itemPageLink(item.url)]),
];

/** Why no task is made of an item again: there is one, or was, however long ago. */
async function takenBefore({ making }: Ground, runtime: Runtime, links: readonly string[]): Promise<string | null> {
  const { store } = await making();
  for (const link of links) {
    const [holder] = await runtime.linked(link, 1);
    if (holder !== undefined) {
      const row = await runtime.actor(holder.actorId);
      return `${holder.actorId} was made of it${row === undefined ? '' : ` and is ${standingIn(row.tags)}`}`;
    }
    if (await store.isGone('link', link)) return 'a task was made of it long ago, and has ended';
  }
  return null;
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
