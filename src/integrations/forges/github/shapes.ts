/** What is read of GitHub's answers; fields that are not used are not looked at. */
import { z } from 'zod';

const text = z.string().nullish();

/** Null is an account that was deleted. */
export const user = z.object({ id: z.number(), login: z.string(), type: text }).nullish();

export const repository = z.object({
  full_name: z.string(),
  default_branch: z.string(),
  permissions: z.object({ push: z.boolean().nullish() }).nullish(),
});

export const branch = z.object({ name: z.string(), commit: z.object({ sha: z.string() }) });

/** A directory comes as a list. */
export const content = z.union([
  z.object({ type: z.string(), encoding: text, content: text, sha: z.string() }),
  z.array(z.unknown()).transform(() => null),
]);

export const blob = z.object({ encoding: z.string(), content: z.string() });

export const pull = z.object({
  number: z.number(),
  html_url: z.string(),
  title: z.string(),
  body: text,
  state: z.enum(['open', 'closed']),
  draft: z.boolean().nullish(),
  user,
  merged_at: text,
  merge_commit_sha: text,
  /** In answers about one pull request only; null while GitHub works it out. */
  mergeable: z.boolean().nullish(),
  mergeable_state: text,
  head: z.object({ ref: z.string(), sha: z.string(), repo: z.object({ full_name: z.string() }).nullish() }),
  base: z.object({ ref: z.string() }),
});

export type Pull = z.infer<typeof pull>;

export const review = z.object({
  id: z.number(),
  user,
  body: text,
  state: z.string(),
  commit_id: text,
  submitted_at: text,
});

export const merged = z.object({ sha: z.string(), merged: z.boolean().nullish() });

export const status = z.object({
  context: z.string(),
  state: z.string(),
  description: text,
  target_url: text,
  updated_at: text,
});

export const combined = z.object({ statuses: z.array(status) });

export const checkRun = z.object({
  id: z.number(),
  name: z.string(),
  status: z.string(),
  conclusion: text,
  html_url: text,
  details_url: text,
  started_at: text,
  completed_at: text,
  output: z.object({ title: text }).nullish(),
});

export const comment = z.object({
  id: z.number(),
  html_url: z.string(),
  body: text,
  user,
  issue_url: text,
  created_at: text,
  updated_at: text,
});
export type Comment = z.infer<typeof comment>;

export const issue = z.object({
  number: z.number(),
  html_url: z.string(),
  title: z.string(),
  body: text,
  state: z.enum(['open', 'closed']),
  /** Why it is closed, or open again. */
  state_reason: text,
  labels: z.array(z.union([z.string(), z.object({ name: text })])),
  user,
  assignees: z.array(user).nullish(),
  created_at: text,
  updated_at: text,
  repository_url: text,
  pull_request: z.object({ merged_at: text }).nullish(),
});
export type IssueShape = z.infer<typeof issue>;

/** Labels come as their names from old servers. */
export const labelNames = ({ labels }: IssueShape): string[] =>
  labels.flatMap(entry => (typeof entry === 'string' ? [entry] : entry.name ? [entry.name] : []));

export const label = z.object({ name: z.string() });

export const hook = z.object({
  id: z.number(),
  active: z.boolean(),
  events: z.array(z.string()),
  config: z.object({ url: text, content_type: text, insecure_ssl: z.union([z.string(), z.number()]).nullish() }),
});
