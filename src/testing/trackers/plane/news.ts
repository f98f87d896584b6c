/** Tells hooks what happened: of each field in the first version of webhooks, of each change in the second. */
import { randomUUID } from 'node:crypto';
import type { Deliveries } from './deliveries.ts';
import { commentShape, itemNews, strippedOf, userShape } from './shapes.ts';
import type { FakeComment, FakeHook, FakeItem, FakeUser, World } from './world.ts';

/** A field that changed, in the words of whoever asked for it. */
export interface FieldChange {
  field: string;
  from: unknown;
  to: unknown;
}

export interface News {
  itemCreated(item: FakeItem, by: FakeUser): void;
  itemChanged(item: FakeItem, by: FakeUser, changes: readonly FieldChange[]): void;
  /** Only the commercial editions tell of these. */
  itemGone(item: FakeItem, by: FakeUser, how: 'archived' | 'deleted'): void;
  commentCreated(item: FakeItem, comment: FakeComment, by: FakeUser): void;
  commentChanged(item: FakeItem, comment: FakeComment, by: FakeUser, changes: readonly FieldChange[]): void;
  commentDeleted(item: FakeItem, comment: FakeComment, by: FakeUser): void;
}

export const createNews = (world: World, deliveries: Deliveries): News =>
  world.edition === 'cloud' ? secondVersion(world, deliveries) : firstVersion(world, deliveries);

function firstVersion(world: World, deliveries: Deliveries): News {
  const tell = (event: string, action: string, data: object, by: FakeUser, change?: FieldChange) =>
    deliveries.send(world, event, hook => ({
      ...{ event, action, webhook_id: hook.id, workspace_id: world.id, data },
      activity: {
        ...{ field: change?.field ?? null, new_value: change?.to ?? null, old_value: change?.from ?? null },
        ...{ actor: userShape(by), old_identifier: null, new_identifier: null },
      },
    }));
  const tellOfComment = (action: string, item: FakeItem, comment: FakeComment, by: FakeUser, change?: FieldChange) => {
    if (!world.losesCommentWebhooks) tell('issue_comment', action, commentShape(comment, item, world), by, change);
  };
  return {
    itemCreated: (item, by) => tell('issue', 'created', itemNews(item, world), by),
    itemChanged(item, by, changes) {
      for (const change of changes) tell('issue', 'updated', itemNews(item, world), by, change);
    },
    itemGone() {},
    commentCreated: (item, comment, by) => tellOfComment('created', item, comment, by),
    commentChanged(item, comment, by, changes) {
      for (const change of changes) tellOfComment('updated', item, comment, by, change);
    },
    commentDeleted() {},
  };
}

function secondVersion(world: World, deliveries: Deliveries): News {
  const attributes = (item: FakeItem, by: FakeUser) => ({
    ...{ id: item.id, name: item.name, priority: item.priority, sequence_id: item.sequence, type_id: null },
    ...{ state_id: item.state.id, project_id: item.project.id, workspace_id: world.id, parent_id: item.parent },
    label_ids: item.labels.map(label => label.id),
    assignee_ids: item.assignees.map(user => user.id),
    ...{ is_draft: false, description_json: {}, created_by_id: item.createdBy, updated_by_id: by.id },
  });
  const tell = (event: string, item: FakeItem, data: object, before: object = {}) => {
    const eventId = randomUUID();
    deliveries.send(world, event, (hook: FakeHook, deliveryId) => ({
      ...{ version: 'v2', delivery_id: deliveryId, event_id: eventId, entity_id: item.id, entity_type: 'issue', event },
      ...{ webhook_id: hook.id, workspace_id: world.id, data, previous_attributes: before },
    }));
  };
  const tellOfComment = (event: string, item: FakeItem, comment: FakeComment) => {
    if (world.losesCommentWebhooks) return;
    const { id, access, html, actor, editedAt } = comment;
    const said = { comment_html: html, comment_stripped: strippedOf(html), edited_at: editedAt?.toISOString() ?? null };
    tell(event, item, {
      ...{ id: item.id, name: item.name, project_id: item.project.id },
      comment: { id, access, actor_id: actor.id, issue_id: item.id, ...said },
    });
  };
  return {
    itemCreated: (item, by) => tell('workitem.created', item, { ...attributes(item, by), updated_by_id: null }),
    itemChanged(item, by, changes) {
      const before = Object.fromEntries(changes.map(({ field, from }) => [attributeOf(field), from]));
      tell('workitem.updated', item, attributes(item, by), before);
    },
    itemGone(item, by, how) {
      const whole = attributes(item, by);
      if (how === 'archived') tell('workitem.archived', item, whole);
      else tell('workitem.deleted', item, {}, whole);
    },
    commentCreated: (item, comment) => tellOfComment('workitem.comment.created', item, comment),
    commentChanged: (item, comment) => tellOfComment('workitem.comment.updated', item, comment),
    commentDeleted: (item, comment) => tellOfComment('workitem.comment.deleted', item, comment),
  };
}

/** The second version calls a field the same, whoever changed it. */
const attributeOf = (field: string): string =>
  ({ state: 'state_id', labels: 'label_ids', assignees: 'assignee_ids', parent: 'parent_id' })[field] ?? field;
