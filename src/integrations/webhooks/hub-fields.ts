/** The parts of payloads that Gitea, Forgejo and GitHub write alike. */
import { z } from 'zod';
import * as field from './fields.ts';
import { account } from './people.ts';

export const repository = z.object({ full_name: field.repoName });

/** What nearly every payload has. */
export const basis = { repository, sender: account };

const end = z.object({
  ref: field.name,
  label: z.string().nullish().catch(null),
  sha: field.someSha,
  repo_id: field.numericId,
  repo: z.object({ full_name: field.repoName }).nullish(),
});

const labels = z.array(z.object({ name: field.title })).nullish();
const assignees = z.array(account).nullish();

export const pullRequest = z.object({
  number: field.number,
  title: field.title,
  body: field.text,
  html_url: field.url,
  user: account.nullish(),
  state: field.title,
  draft: field.isTrue,
  merged: field.isTrue,
  merged_at: field.title,
  labels,
  assignees,
  head: end,
  base: end,
});
export type PullRequest = z.output<typeof pullRequest>;

export const issue = z.object({
  number: field.number,
  title: field.title,
  body: field.text,
  html_url: field.url,
  user: account.nullish(),
  state: field.title,
  labels,
  assignee: account.nullish(),
  assignees,
  pull_request: z.unknown().optional(),
});
export type Issue = z.output<typeof issue>;

export const comment = z.object({ body: z.string(), html_url: field.url, user: account.nullish() });

/** The headers are not signed: what happened to a comment must not be taken for what happened to its issue. */
export const issuePayload = z.object({ ...basis, action: field.action, issue, comment: z.null().optional() });
export const commentPayload = z.object({
  ...basis,
  action: field.action,
  issue,
  comment,
  is_pull: field.isTrue,
  pull_request: pullRequest.nullish().catch(null),
});
export type CommentPayload = z.output<typeof commentPayload>;
export const pullRequestPayload = z.object({
  ...basis,
  action: field.action,
  number: field.number.nullish(),
  pull_request: pullRequest,
});
export type PullRequestPayload = z.output<typeof pullRequestPayload>;

/** A branch or tag that came or went. */
export const refPayload = z.object({
  ...basis,
  ref: field.ref,
  ref_type: z.string(),
  sha: field.someSha,
  master_branch: z.string().nullish(),
  pusher_type: z.string().nullish(),
});

export const statusPayload = z.object({
  ...basis,
  sha: field.sha,
  state: field.action,
  context: field.title,
  target_url: field.url,
  description: field.title,
  branches: z.array(z.object({ name: field.name })).nullish(),
});
