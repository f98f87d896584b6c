/** Payloads that only GitHub sends in this form. */
import { z } from 'zod';
import * as field from './fields.ts';
import { basis, pullRequestPayload, repository } from './hub-fields.ts';
import { account } from './people.ts';
import { pushedCommit } from './push.ts';

export const pushPayload = z.object({
  ...basis,
  ref: field.ref,
  before: field.sha,
  after: field.sha,
  forced: field.isTrue,
  // From the oldest to the newest.
  commits: z.array(pushedCommit),
});

export const reviewPayload = pullRequestPayload.extend({
  review: z.object({
    state: z.string(),
    commit_id: field.someSha,
    body: field.text,
    html_url: field.url,
    user: account.nullish(),
  }),
});

export const pingPayload = z.object({
  zen: z.unknown().optional(),
  hook_id: z.unknown().optional(),
  repository: repository.nullish().catch(null),
  sender: account.nullish().catch(null),
});

export const releasePayload = z.object({
  ...basis,
  action: field.action,
  release: z.object({ tag_name: field.title }).nullish().catch(null),
});

const build = {
  head_sha: field.sha,
  status: field.action.nullish(),
  conclusion: field.action.nullish(),
  html_url: field.url,
};
const headBranch = field.name.nullish().catch(null);

export const checkSuitePayload = z.object({
  ...basis,
  action: field.action,
  check_suite: z.object({
    ...build,
    head_branch: headBranch,
    app: z.object({ name: field.title }).nullish().catch(null),
  }),
});

export const checkRunPayload = z.object({
  ...basis,
  action: field.action,
  check_run: z.object({
    ...build,
    name: field.title,
    check_suite: z.object({ head_branch: headBranch }).nullish().catch(null),
  }),
});

export const workflowRunPayload = z.object({
  ...basis,
  action: field.action,
  workflow_run: z.object({
    ...build,
    name: field.title,
    head_branch: headBranch,
    head_repository: repository.nullish().catch(null),
  }),
});

export const workflowJobPayload = z.object({
  ...basis,
  action: field.action,
  workflow_job: z.object({ ...build, name: field.title }),
});
