/** What a fake Plane says of what it holds. With `expand` whole objects stand in the place of their ids. */
import type {
  FakeActivity,
  FakeComment,
  FakeItem,
  FakeLabel,
  FakeProject,
  FakeState,
  FakeUser,
  Kept,
  World,
} from './world.ts';

/** Plane tells microseconds. */
export const timeShape = (date: Date): string => date.toISOString().replace('Z', '000Z');

export const userShape = ({ id, login }: FakeUser) => ({
  id,
  first_name: login[0]!.toUpperCase() + login.slice(1),
  last_name: '',
  email: `${login}@example.test`,
  ...{ avatar: '', avatar_url: null },
  display_name: login,
});

export const stateShape = (state: FakeState, project: FakeProject, world: World) => ({
  ...{ id: state.id, name: state.name, description: '', color: '#60646C', slug: '', group: state.group },
  ...{ is_triage: false, default: project.states[0] === state, external_source: null, external_id: null },
  ...{ project: project.id, workspace: world.id, deleted_at: null },
});

export const labelShape = (label: FakeLabel, project: FakeProject, world: World) => ({
  ...{ id: label.id, name: label.name, description: '', color: '#d73a4a', external_source: null, external_id: null },
  ...{ project: project.id, workspace: world.id, parent: null, deleted_at: null },
});

export const projectShape = (project: FakeProject, world: World, viewer: FakeUser) => ({
  ...{ id: project.id, name: project.name, identifier: project.identifier, description: '', network: 2 },
  ...{ is_member: project.members.has(viewer), member_role: project.members.get(viewer) ?? null },
  ...{ total_members: project.members.size, archived_at: null, timezone: 'UTC', workspace: world.id },
  ...{ default_assignee: null, default_state: null, deleted_at: null },
});

const keptShape = (kept: Kept, world: World) => ({
  id: kept.id,
  created_at: timeShape(kept.createdAt),
  updated_at: timeShape(kept.updatedAt),
  deleted_at: null,
  ...{ external_source: kept.externalSource, external_id: kept.externalId },
  ...{ created_by: kept.createdBy, updated_by: kept.updatedBy },
  workspace: world.id,
});

export const strippedOf = (html: string): string => html.replace(/<[^>]*>/g, '');

const briefState = ({ id, name, group }: FakeState) => ({ id, name, color: '#60646C', group });

export function itemShape(item: FakeItem, world: World, expand: readonly string[] = []): object {
  const { project, state } = item;
  const isWhole = (field: string) => expand.includes(field);
  const creator = world.users.find(user => user.id === item.createdBy);
  return {
    ...keptShape(item, world),
    ...{ type_id: null, type: null, point: null, estimate_point: null },
    ...{ name: item.name, description_html: item.html, description_binary: null, priority: item.priority },
    ...{ start_date: null, target_date: null, archived_at: item.archivedAt, is_draft: false },
    completed_at: state.group === 'completed' ? timeShape(item.updatedAt) : null,
    ...{ sequence_id: item.sequence, sort_order: 65_535 },
    ...(isWhole('created_by') && creator ? { created_by: userShape(creator) } : {}),
    project: isWhole('project')
      ? { id: project.id, identifier: project.identifier, name: project.name, description: '' }
      : project.id,
    // Without a parent it is expanded to nothing.
    parent: isWhole('parent') ? {} : item.parent,
    state: isWhole('state') ? briefState(state) : state.id,
    labels: item.labels.map(label => (isWhole('labels') ? labelShape(label, project, world) : label.id)),
    assignees: item.assignees.map(user => (isWhole('assignees') ? userShape(user) : user.id)),
  };
}

/** An item as webhooks of the first version tell of it. */
export const itemNews = (item: FakeItem, world: World): object => ({
  ...itemShape(item, world, ['assignees']),
  labels: item.labels.map(({ id, name }) => ({ id, name, color: '#d73a4a' })),
  state: briefState(item.state),
  ...{ description: {}, description_json: {}, description_stripped: strippedOf(item.html) },
});

export const commentShape = (comment: FakeComment, item: FakeItem, world: World, expand: readonly string[] = []) => ({
  ...keptShape(comment, world),
  ...{ comment_html: comment.html, attachments: [], access: comment.access, parent: null },
  edited_at: comment.editedAt ? timeShape(comment.editedAt) : null,
  ...{ project: item.project.id, issue: item.id, description: comment.id },
  actor: expand.includes('actor') ? userShape(comment.actor) : comment.actor.id,
});

export const activityShape = (activity: FakeActivity, item: FakeItem, expand: readonly string[]) => ({
  id: activity.id,
  ...{ created_at: timeShape(activity.at), updated_at: timeShape(activity.at), deleted_at: null },
  ...{ verb: activity.verb, field: activity.field, comment: '', attachments: [] },
  ...{ old_value: activity.oldValue, new_value: activity.newValue, old_identifier: null, new_identifier: null },
  epoch: Math.floor(activity.at.getTime() / 1_000),
  ...{ project: item.project.id, issue: item.id, issue_comment: null },
  actor: expand.includes('actor') ? userShape(activity.actor) : activity.actor.id,
});
