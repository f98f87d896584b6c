/**
 * Brings to an item at its tracker how its task stands: where the card is, which labels it has, the comment that is kept, and
 * the one that puts a question. What is over by the time that it comes there is not shown any more.
 */
import { isIn, lookOf, stateNamed, usualBoard } from '../../domain/board.ts';
import { isAbsent } from '../../integrations/outside.ts';
import type { ItemRef, Tracker } from '../../integrations/tracker.ts';
import type { CardMove } from '../../machines/intake.ts';
import type { ItemShowing } from '../../machines/task/report.ts';
import type { EventObject } from '../../persistence/store.ts';
import { questionText, statusText } from '../../texts/item.ts';
import { contextOf } from '../context.ts';
import type { Ground } from './ground.ts';
import { isPerson, orderOf, wordId } from './listening.ts';
import { textsOf } from './texts.ts';
import { type ProjectSource, sourceFor } from './trackers.ts';

export async function showItem(ground: Ground, order: ItemShowing): Promise<EventObject | undefined> {
  if (await isOver(ground, order)) return undefined;
  try {
    return await show(ground, order);
  } catch (error) {
    // It was deleted or archived: where tracker and task are compared, that is said.
    if (!isAbsent(error)) throw error;
    return undefined;
  }
}

async function show(ground: Ground, order: ItemShowing): Promise<EventObject | undefined> {
  const { settings, trackers } = ground;
  const { tracker: name, ref, taskId, asks, project } = order;
  const tracker = await trackers.get(name);
  const source = sourceFor(settings(), project, order);
  const look = lookOf(source?.board ?? usualBoard, order);
  const state = await stateFor(tracker, ref, look.state);
  const isPersons = state !== undefined && (await isWherePersonPutIt(ground, order, { tracker, source }));
  await tracker.show(ref, {
    ...(state !== undefined && !isPersons && { state }),
    addLabels: look.addLabels,
    removeLabels: look.removeLabels,
  });
  const texts = textsOf(settings());
  const kept = await tracker.keepComment(ref, {
    marker: `<!-- signalbox:${taskId} -->`,
    body: statusText(texts, order),
    ...(order.comment !== null && { id: order.comment }),
  });
  const asked =
    asks === null
      ? null
      : await tracker.keepComment(ref, {
          marker: `<!-- signalbox:${taskId}:question-${asks.number} -->`,
          body: questionText(texts, order),
        });
  const isKnown = kept.id === order.comment && asked === null;
  if (isKnown) return undefined;
  const question = asks !== null && asked !== null ? { question: asks.number, id: asked.id } : null;
  return { type: 'item.shown', comment: kept.id, question } as EventObject;
}

/** Moves a card by a person's order. */
export async function moveCard({ trackers }: Ground, { tracker: name, ref, state }: CardMove): Promise<void> {
  const tracker = await trackers.get(name);
  await tracker.show(ref, { state });
}

/** The state to move the card to; of a group the first. Undefined where it is there already. */
async function stateFor(tracker: Tracker, ref: ItemRef, wanted: string | null): Promise<string | undefined> {
  if (wanted === null) return undefined;
  const now = (await tracker.item(ref))?.state;
  if (now !== undefined && isIn(wanted, now)) return undefined;
  // What others are there is asked only for a group.
  return stateNamed(wanted, wanted.startsWith('@') ? (await tracker.project(ref.project)).states : []);
}

/** Whether the task has told something newer since: that one comes too, and says how it is. */
async function isOver({ runtime }: Ground, { taskId, telling }: ItemShowing): Promise<boolean> {
  const row = await (await runtime()).actor(taskId);
  return row !== undefined && (contextOf<{ tellings?: number }>(row).tellings ?? 0) > telling;
}

/**
 * Whether a person has moved the card last, and the task did not know of that when it decided: because it was later, or because
 * it is an order that the task has not heard yet. What is shown then would undo what a person did.
 */
async function isWherePersonPutIt(
  { runtime: working }: Ground,
  { tracker: name, taskId, ref, at }: ItemShowing,
  { tracker, source }: { tracker: Tracker; source: ProjectSource | undefined },
): Promise<boolean> {
  const runtime = await working();
  const row = await runtime.actor(taskId);
  const begin = (row?.createdAt ?? at) + tracker.skewMs;
  const last = (await tracker.history(ref, begin))?.findLast(({ field }) => field === 'state');
  const us = await tracker.account();
  if (last === undefined || last.by?.id === us.id) return false;
  if (last.at > at + tracker.skewMs) return true;
  // Nobody listens to an ended task any more.
  if (row?.status !== 'active' || source === undefined || !isPerson(last.by, us)) return false;
  if ((await orderOf(last, { tracker, source, ref, us })) === null) return false;
  const word = await runtime.actor(wordId(name, { by: 'change', id: last.id }));
  return word === undefined || word.status === 'active';
}
