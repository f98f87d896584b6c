/** What Gitea and Forgejo answer, as far as it is read. Unknown fields are left out; null and absent are the same. */
import { z } from 'zod';

/** A text that may be null or absent. */
const text = z
  .string()
  .nullish()
  .transform(value => value ?? '');
const flag = z
  .boolean()
  .nullish()
  .transform(value => value ?? false);

export const accountAnswer = z.object({ id: z.number(), login: z.string() });
/** Somebody, with what not every answer tells of an account. */
export const personAnswer = accountAnswer.extend({ email: text });
export type PersonAnswer = z.infer<typeof personAnswer>;
export const versionAnswer = z.object({ version: z.string() });

export const repositoryAnswer = z.object({
  full_name: z.string(),
  default_branch: text,
  archived: flag,
  permissions: z.object({ push: flag }).nullish(),
});

export const branchAnswer = z.object({ name: z.string(), commit: z.object({ id: z.string() }) });
export const commitAnswer = z.object({ sha: z.string() });

const side = z.object({
  label: text,
  ref: text,
  sha: text,
  repo: z.object({ full_name: z.string() }).nullish(),
});

export const pullAnswer = z.object({
  number: z.number(),
  html_url: z.string(),
  title: text,
  body: text,
  state: z.string(),
  draft: flag,
  merged: flag,
  mergeable: flag,
  merge_commit_sha: z.string().nullish(),
  merge_base: text,
  user: accountAnswer.nullish(),
  head: side,
  base: side,
});
export type PullAnswer = z.infer<typeof pullAnswer>;

export const reviewAnswer = z.object({
  id: z.number(),
  user: accountAnswer.nullish(),
  state: z.string(),
  body: text,
  commit_id: text,
  stale: flag,
  dismissed: flag,
  comments_count: z.number().nullish(),
});

export const codeCommentAnswer = z.object({
  id: z.number(),
  path: text,
  position: z.number().nullish(),
  original_position: z.number().nullish(),
  resolver: z.object({}).nullish(),
});

export const statusAnswer = z.object({
  id: z.number(),
  // The single statuses say `status` where the combined one says `state`.
  status: z.string(),
  context: text,
  description: text,
  target_url: text,
});
export type StatusAnswer = z.infer<typeof statusAnswer>;

export const commentAnswer = z.object({
  id: z.number(),
  html_url: text,
  issue_url: text,
  pull_request_url: text,
  body: text,
  user: personAnswer.nullish(),
  created_at: text,
  updated_at: text,
});
export type CommentAnswer = z.infer<typeof commentAnswer>;

export const labelAnswer = z.object({ id: z.number(), name: z.string() });
export type LabelAnswer = z.infer<typeof labelAnswer>;

export const issueAnswer = z.object({
  number: z.number(),
  html_url: text,
  title: text,
  body: text,
  state: z.string(),
  labels: z.array(labelAnswer).nullish(),
  user: personAnswer.nullish(),
  assignees: z.array(personAnswer).nullish(),
  created_at: text,
  updated_at: text,
  /** Of a pull request. */
  pull_request: z.object({ merged: flag }).nullish(),
  repository: z.object({ full_name: z.string() }).nullish(),
});
export type IssueAnswer = z.infer<typeof issueAnswer>;

export const hookAnswer = z.object({
  id: z.number(),
  type: z.string(),
  active: flag,
  config: z.object({ url: text, content_type: text }),
  events: z
    .array(z.string())
    .nullish()
    .transform(events => events ?? []),
  authorization_header: text,
});
export type HookAnswer = z.infer<typeof hookAnswer>;
