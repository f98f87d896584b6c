/** What is read of GitLab's answers; fields that are not used are not looked at. */
import { z } from 'zod';

const text = z.string().nullish();
const flag = z.boolean().nullish();

export const user = z.object({ id: z.number(), username: z.string() });

const access = z.object({ access_level: z.number() }).nullish();

export const project = z.object({
  id: z.number(),
  path_with_namespace: z.string(),
  default_branch: text,
  permissions: z.object({ project_access: access, group_access: access }).nullish(),
});

export const branch = z.object({ name: z.string(), commit: z.object({ id: z.string() }) });

export const file = z.object({ encoding: z.string(), content: z.string() });

export const comparison = z.object({ commits: z.array(z.unknown()) });

const labels = z.array(z.union([z.string(), z.object({ name: z.string() })])).nullish();

export const mergeRequest = z.object({
  iid: z.number(),
  web_url: z.string(),
  title: z.string(),
  description: text,
  labels,
  assignees: z.array(user).nullish(),
  created_at: text,
  updated_at: text,
  /** `locked` while it is being merged. */
  state: z.enum(['opened', 'closed', 'merged', 'locked']),
  draft: flag,
  work_in_progress: flag,
  author: user.nullish(),
  source_branch: z.string(),
  target_branch: z.string(),
  source_project_id: z.number().nullish(),
  target_project_id: z.number(),
  /** Null as long as the branch is not looked at. */
  sha: text,
  merge_commit_sha: text,
  squash_commit_sha: text,
  merge_status: text,
  /** From 15.6 on. */
  detailed_merge_status: text,
  merge_error: text,
});

export type MergeRequest = z.infer<typeof mergeRequest>;

export const approvals = z.object({
  approved_by: z.array(z.object({ user, approved_at: text })).nullish(),
});

export const reviewer = z.object({ user, state: text });

/** What the head was, and since when. */
export const version = z.object({ head_commit_sha: z.string(), created_at: z.string() });

export const note = z.object({
  id: z.number(),
  body: text,
  author: user.nullish(),
  system: flag,
  resolvable: flag,
  resolved: flag,
  created_at: text,
  updated_at: text,
  position: z.object({ head_sha: text }).nullish(),
});

export type Note = z.infer<typeof note>;

export const discussion = z.object({ notes: z.array(note) });

export const status = z.object({
  id: z.number(),
  name: z.string(),
  status: z.string(),
  description: text,
  target_url: text,
  allow_failure: flag,
  pipeline_id: z.number().nullish(),
  created_at: text,
});

export const pipeline = z.object({ id: z.number(), status: z.string(), source: text, web_url: text, created_at: text });

export const issue = z.object({
  iid: z.number(),
  web_url: z.string(),
  title: z.string(),
  description: text,
  state: z.string(),
  labels,
  author: user.nullish(),
  assignees: z.array(user).nullish(),
  created_at: text,
  updated_at: text,
  /** Of an issue that goes on elsewhere. */
  moved_to_id: z.number().nullish(),
});
export type IssueShape = z.infer<typeof issue>;

/** Labels come as their names, unless somebody asked for more. */
export const labelNames = (found: Pick<IssueShape, 'labels'>): string[] =>
  (found.labels ?? []).map(entry => (typeof entry === 'string' ? entry : entry.name));

export const label = z.object({ name: z.string() });

export const hook = z.looseObject({ id: z.number(), url: z.string(), alert_status: text });
