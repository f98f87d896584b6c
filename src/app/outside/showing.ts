/**
 * Brings to an item at its tracker how its task stands: where the card is, which labels it has, the comment that is kept, and
 * the one that puts a question. What is over by the time that it comes there is not shown any more.
 */
import { lookOf, usualBoard } from '../../domain/board.ts';
import type { ItemRef, Tracker } from '../../integrations/tracker.ts';
import type { CardMove } from '../../machines/intake.ts';
import type { ItemShowing } from '../../machines/task/report.ts';
import type { EventObject } from '../../persistence/store.ts';
import { questionText, statusText } from '../../texts/item.ts';
import { contextOf } from '../context.ts';
import type { Ground } from './ground.ts';
import { textsOf } from './texts.ts';
import { sourceFor } from './trackers.ts';

/** What is later than this may have been overtaken by what a person did to the card. */
const freshMs = 5_000;

export async function showItem(ground: Ground, order: ItemShowing, now: number): Promise<EventObject | undefined> {
  const { settings, trackers } = ground;
  if (await isOver(ground, order)) return undefined;
  const { tracker: name, ref, taskId, asks, project } = order;
  const tracker = await trackers.get(name);
  const board = sourceFor(settings(), project, name)?.board ?? usualBoard;
  const look = lookOf(board, order);
  const hasMoved = now - order.at > freshMs && (await personMoved(tracker, order));
  await tracker.show(ref, {
    ...(!hasMoved && (await stateFor(tracker, ref, look.state))),
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
  await tracker.show(ref, await stateFor(tracker, ref, state));
}

/** The state to show: of a group the first, unless the card is in the group already. */
export async function stateFor(tracker: Tracker, ref: ItemRef, wanted: string | null): Promise<{ state?: string }> {
  if (wanted === null) return {};
  if (!wanted.startsWith('@')) return { state: wanted };
  const group = wanted.slice(1);
  const item = await tracker.item(ref);
  if (item === undefined || item.state.group === group) return {};
  const { states } = await tracker.project(ref.project);
  const first = states.find(state => state.group === group);
  return first === undefined ? {} : { state: first.name };
}

/** Whether the task has told something newer since: that one comes too, and says how it is. */
async function isOver({ runtime }: Ground, { taskId, telling }: ItemShowing): Promise<boolean> {
  const row = await (await runtime()).actor(taskId);
  return row !== undefined && (contextOf<{ tellings?: number }>(row).tellings ?? 0) > telling;
}

/** Whether somebody else has moved the card after the task decided: what a person did later is not undone by what was decided before. */
async function personMoved(tracker: Tracker, { ref, at }: ItemShowing): Promise<boolean> {
  const us = await tracker.account();
  const history = await tracker.history(ref, at + tracker.skewMs);
  return (history ?? []).some(
    change => change.field === 'state' && change.at > at + tracker.skewMs && change.by?.id !== us.id,
  );
}
