/** Payloads of GitLab. */
import { z } from 'zod';
import * as field from './fields.ts';
import { pushedCommit } from './push.ts';

const project = z.object({ path_with_namespace: field.repoName });

/** GitLab calls the login a username. */
const user = z
  .object({ username: field.name, id: field.numericId })
  .transform(({ username, id }) => ({ login: username, id }));

const labels = z.array(z.object({ title: field.title })).nullish();
const users = z.array(user).nullish();

export const pushPayload = z.object({
  object_kind: z.enum(['push', 'tag_push']),
  ref: field.ref,
  before: field.sha,
  after: field.sha,
  project,
  user_username: field.name,
  user_id: field.numericId,
  // From the oldest to the newest, twenty of them.
  commits: z.array(pushedCommit),
  total_commits_count: z.int().nonnegative().nullish(),
});

export const issuePayload = z.object({
  object_kind: z.enum(['issue', 'work_item']),
  project,
  user,
  labels,
  assignees: users,
  changes: z.record(z.string(), z.unknown()).nullish().catch(null),
  object_attributes: z.object({
    iid: field.number,
    // None when somebody tries the hook.
    action: field.action.nullish(),
    state: field.title,
    title: field.title,
    description: field.text,
    url: field.url,
    author_id: field.numericId,
  }),
});

const mergeRequestEnds = {
  iid: field.number,
  title: field.title,
  author_id: field.numericId,
  source_branch: field.name,
  target_branch: field.name,
  source_project_id: field.numericId,
  target_project_id: field.numericId,
};

export const notePayload = z.object({
  object_kind: z.literal('note'),
  project,
  user,
  object_attributes: z.object({
    note: z.string(),
    noteable_type: z.string(),
    action: field.action.nullish(),
    system: field.isTrue,
    created_at: z.string().nullish(),
    updated_at: z.string().nullish(),
    url: field.url,
  }),
  issue: z.object({ iid: field.number, title: field.title }).nullish(),
  merge_request: z.object(mergeRequestEnds).nullish(),
});

const path = z.object({ path_with_namespace: field.repoName }).nullish().catch(null);

export const mergeRequestPayload = z.object({
  object_kind: z.literal('merge_request'),
  project,
  user,
  labels,
  assignees: users,
  object_attributes: z.object({
    ...mergeRequestEnds,
    action: field.action.nullish(),
    state: field.action,
    draft: field.isTrue,
    work_in_progress: field.isTrue,
    description: field.text,
    url: field.url,
    // Only when the code has changed.
    oldrev: field.someSha,
    last_commit: z.object({ id: field.sha }),
    source: path,
    target: path,
  }),
});

export const pipelinePayload = z.object({
  object_kind: z.literal('pipeline'),
  project,
  user: user.nullish(),
  object_attributes: z.object({
    ref: field.name,
    tag: field.isTrue,
    sha: field.sha,
    status: field.action,
    name: field.title,
    url: field.url,
  }),
  merge_request: z.object(mergeRequestEnds).nullish(),
});

export const jobPayload = z.object({
  object_kind: z.literal('build'),
  ref: field.name,
  tag: field.isTrue,
  sha: field.sha,
  build_name: field.title,
  build_status: field.action,
  // With blanks around the slash: no path.
  project_name: field.name,
});

export const releasePayload = z.object({
  object_kind: z.literal('release'),
  project,
  action: field.action.nullish(),
  tag: field.title,
});
