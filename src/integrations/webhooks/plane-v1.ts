/** Version 1 of Plane's webhooks: one delivery for each field that changed, always with the whole item. */
import { z } from 'zod';
import * as field from './fields.ts';
import { bounded } from './fields.ts';
import { htmlLines } from './html.ts';
import { echo } from './people.ts';
import { type Reader, readerOf, reading } from './reading.ts';
import { commandIn, shownIn } from './text.ts';

/** Plane's ids are UUIDs; all that is known of them here is that they are short and plain. */
export const planeId = z.string().regex(/^[A-Za-z0-9-]{1,64}$/);
export const somePlaneId = planeId.nullish();

/** What happened, in the words of new and old editions. */
const action = z
  .enum(['created', 'updated', 'deleted', 'create', 'update', 'delete'])
  .transform(word => (word.endsWith('e') ? `${word}d` : word));

const activity = z.object({ field: field.title, actor: z.object({ id: planeId }).nullish() }).nullish();

/** Lists hold whole objects, or only their ids. */
const items = z.array(planeId.or(z.object({ id: planeId, name: field.title }))).nullish();
type Items = z.output<typeof items>;

const idsOf = (list: Items) => bounded(list).map(item => (typeof item === 'string' ? item : item.id));
const namesOf = (list: Items) => bounded(list).map(item => (typeof item === 'string' ? item : (item.name ?? item.id)));

const workItemPayload = z.object({
  action,
  activity,
  data: z.object({
    id: planeId,
    sequence_id: field.number.nullish(),
    name: field.title,
    description_stripped: field.text,
    project: somePlaneId,
    state: planeId.or(z.object({ id: planeId, name: field.title, group: field.title })).nullish(),
    labels: items,
    assignees: items,
    created_by: somePlaneId,
    updated_by: somePlaneId,
  }),
});

const readWorkItem: Reader = readerOf(workItemPayload, (payload, own) => {
  const { data, activity, action } = payload;
  const state = typeof data.state === 'string' ? { id: data.state, name: null, group: null } : data.state;
  const actor = activity?.actor?.id ?? data.updated_by ?? data.created_by ?? null;
  return reading('work_item', {
    action,
    actor,
    ...echo(own, actor === null ? null : { login: actor, id: actor }),
    work_item: data.id,
    seq: data.sequence_id,
    field: activity?.field,
    state: state?.name,
    state_id: state?.id,
    state_group: state?.group,
    labels: data.labels ? namesOf(data.labels) : undefined,
    assignees: data.assignees ? idsOf(data.assignees) : undefined,
    project: data.project,
    title: data.name,
    text: data.description_stripped,
  });
});

const commentPayload = z.object({
  action,
  activity,
  data: z.object({
    id: planeId,
    issue: somePlaneId,
    project: somePlaneId,
    actor: somePlaneId,
    created_by: somePlaneId,
    comment_html: field.comment,
  }),
});

const readComment: Reader = readerOf(commentPayload, (payload, own) => {
  const { data, activity, action } = payload;
  const author = data.actor ?? data.created_by ?? null;
  const actor = activity?.actor?.id ?? author;
  const lines = htmlLines(data.comment_html ?? '');
  return reading('work_item_comment', {
    action,
    actor,
    ...echo(own, ...[actor, author].map(id => (id === null ? null : { login: id, id }))),
    // Of a comment that was deleted only its own id is known.
    work_item: data.issue,
    comment_id: data.id,
    project: data.project,
    text: shownIn(lines),
    command: action === 'created' ? commandIn(lines) : null,
  });
});

export const versionOneReaders: ReadonlyMap<string, Reader> = new Map([
  ['issue', readWorkItem],
  ['issue_comment', readComment],
]);
