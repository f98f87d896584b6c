/** Reads an item that may be work: whether the rules want it is decided by its machine, by what is found here. */
import { isNamed } from '../../domain/pick.ts';
import type { Tracker, WorkItem } from '../../integrations/tracker.ts';
import type { CandidateContext, ReadItem } from '../../machines/candidate.ts';
import { itemLink, itemNameOf } from '../../machines/links.ts';
import { standingIn } from '../../machines/standing.ts';
import type { Ground } from './ground.ts';
import { sourcesOf } from './trackers.ts';

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
  const untrusted = await whyUntrusted(tracker, item);
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
async function whyUntrusted(tracker: Tracker, { project, id, author }: WorkItem): Promise<string | null> {
  const us = await tracker.account();
  const isOther = (login: { id: string; login: string; email: string | null }) => !isNamed(us.id, login);
  if (author !== null && isOther(author) && (await tracker.mayWrite(project, author))) return null;
  const history = (await tracker.history({ project, id }, null)) ?? [];
  const handers = new Map(history.flatMap(({ by }) => (by !== null && isOther(by) ? [[by.id, by] as const] : [])));
  for (const person of handers.values()) if (await tracker.mayWrite(project, person)) return null;
  const who = author === null ? 'somebody unknown' : author.login;
  return `it was made by ${who}, and nobody who may write there has handed it over`;
}
