/** Payloads that only Gitea and Forgejo send in this form. */
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
  // From the newest to the oldest, a few of them.
  commits: z.array(pushedCommit),
  total_commits: z.int().nonnegative().nullish(),
});

export const reviewPayload = pullRequestPayload.extend({
  review: z
    .object({
      type: z.string().nullish(),
      content: field.text,
      // Of the API's review, which some expect here.
      state: z.string().nullish(),
      body: field.text,
    })
    .nullish(),
});

export const releasePayload = z.object({
  ...basis,
  action: field.action,
  release: z.object({ tag_name: field.title }).nullish().catch(null),
});

const run = {
  head_sha: field.sha,
  head_branch: field.name.nullish().catch(null),
  status: field.action,
  conclusion: field.action.nullish(),
  html_url: field.url,
};

export const workflowRunPayload = z.object({
  ...basis,
  action: field.action,
  workflow: z.object({ name: field.title }).nullish().catch(null),
  workflow_run: z.object({ ...run, head_repository: repository.nullish().catch(null) }),
});

export const workflowJobPayload = z.object({
  ...basis,
  action: field.action,
  workflow_job: z.object({ ...run, name: field.title }),
});

/** Forgejo's word on a run that has ended. */
export const actionRunPayload = z.object({
  repository: repository.nullish(),
  sender: account.nullish(),
  action: field.action,
  run: z.object({
    title: field.title,
    repository: repository.nullish(),
    trigger_user: account.nullish(),
    commit_sha: field.sha,
    prettyref: field.name.nullish().catch(null),
    is_fork_pull_request: field.isTrue,
    event: field.title,
    workflow_id: field.title,
    status: field.action,
    html_url: field.url,
  }),
});
