/** Version 2 of Plane's webhooks: one delivery for each change, with what was before beside what is now. */
import { z } from 'zod';
import * as field from './fields.ts';
import { bounded } from './fields.ts';
import { htmlLines } from './html.ts';
import { markdownLines } from './markdown.ts';
import { echo } from './people.ts';
import { planeId } from './plane-v1.ts';
import { type Reader, readerOf, reading, unfit } from './reading.ts';
import { commandIn, shownIn } from './text.ts';

/** The name of an event; some editions send the name that it has in their source. */
export function eventNameOf(written: string): string {
  const [, scope] = /^WebhookScope\.ScopeChoices\.([A-Z_]+)$/.exec(written) ?? [];
  if (scope === undefined) return written;
  return scope.toLowerCase().replace('work_item', 'workitem').replaceAll('_', '.');
}

/** Null is sometimes the word for it. */
const noneIsNull = <T extends z.ZodType>(schema: T) => z.preprocess(value => (value === 'None' ? null : value), schema);

const id = noneIsNull(planeId.nullish());
const ids = z.array(planeId).nullish();

const workItem = z.object({
  id,
  name: noneIsNull(field.title),
  sequence_id: noneIsNull(field.number.nullish()),
  state_id: id,
  label_ids: noneIsNull(ids),
  assignee_ids: noneIsNull(ids),
  project_id: id,
  created_by_id: id,
  updated_by_id: id,
});

const before = z.record(z.string(), z.unknown()).nullish();

const workItemPayload = z.object({ entity_id: id, data: workItem, previous_attributes: noneIsNull(before) });

/** Changes that somebody may wait for; of several the first of these is named. */
const fields = ['state_id', 'assignee_ids', 'label_ids', 'name'];

const fieldOf = (changes: Record<string, unknown> | null | undefined): string | undefined => {
  const changed = Object.keys(changes ?? {});
  const found = fields.find(name => changed.includes(name)) ?? changed.find(name => /^[a-z_]{1,64}$/.test(name));
  return found;
};

const readWorkItem = (action: string): Reader =>
  readerOf(workItemPayload, (payload, own) => {
    const { data, previous_attributes: previous } = payload;
    const actor = data.updated_by_id ?? data.created_by_id ?? null;
    const item = data.id ?? payload.entity_id;
    if (!item) return unfit(['data', 'id']);
    return reading('work_item', {
      action,
      actor,
      ...echo(own, actor === null ? null : { login: actor, id: actor }),
      work_item: item,
      seq: data.sequence_id,
      field: action === 'updated' ? fieldOf(previous) : undefined,
      state_id: data.state_id,
      labels: data.label_ids ? bounded(data.label_ids) : undefined,
      assignees: data.assignee_ids ? bounded(data.assignee_ids) : undefined,
      project: data.project_id,
      title: data.name,
    });
  });

const comment = z.object({
  id,
  issue_id: id,
  actor_id: id,
  comment_html: noneIsNull(field.comment),
  comment_stripped: noneIsNull(field.comment),
});

const commentPayload = z.object({
  entity_id: id,
  data: z.object({ id, name: noneIsNull(field.title), project_id: id, comment: comment.nullish() }),
});

const readComment = (action: string): Reader =>
  readerOf(commentPayload, (payload, own) => {
    const { data } = payload;
    const actor = data.comment?.actor_id ?? null;
    const item = data.comment?.issue_id ?? data.id ?? payload.entity_id;
    if (!item) return unfit(['data', 'id']);
    // The stripped text no longer shows what was quoted.
    const html = data.comment?.comment_html;
    const lines = html ? htmlLines(html) : markdownLines(data.comment?.comment_stripped ?? '');
    return reading('work_item_comment', {
      action,
      actor,
      ...echo(own, actor === null ? null : { login: actor, id: actor }),
      work_item: item,
      comment_id: data.comment?.id,
      project: data.project_id,
      title: data.name,
      text: shownIn(lines),
      command: action === 'created' ? commandIn(lines) : null,
    });
  });

export const versionTwoReaders: ReadonlyMap<string, Reader> = new Map([
  ...['created', 'updated', 'archived', 'deleted'].map(action => [`workitem.${action}`, readWorkItem(action)] as const),
  ...['created', 'updated', 'deleted'].map(action => [`workitem.comment.${action}`, readComment(action)] as const),
]);
