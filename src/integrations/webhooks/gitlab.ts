/** Webhooks of GitLab: who sent them, what they are called, and what is a push or the word of a build in them. */
import type { Checked, Parsed, Signed, WebhookProvider } from '../webhook.ts';
import { contentOf, parseObject, signedAs, textOf } from './body.ts';
import { good, refuse } from './checked.ts';
import { readIssue, readMergeRequest, readNote } from './gitlab-discussion.ts';
import { jobPayload, pipelinePayload, pushPayload, releasePayload } from './gitlab-fields.ts';
import { checkGitlab } from './gitlab-signature.ts';
import { eventIn, headerOf } from './headers.ts';
import { deliveryIdOf, meaningOf } from './naming.ts';
import { echo } from './people.ts';
import { pushReading } from './push.ts';
import { ignored, type Reader, readerOf, reading, unfit } from './reading.ts';

export const gitlab: WebhookProvider = {
  kind: 'gitlab',

  verify(delivery, secrets, now): Checked<Signed> {
    const content = contentOf(delivery, ['json']);
    if (!content.ok) return content;
    const isGood = checkGitlab(delivery, secrets, now);
    return isGood.ok ? signedAs(textOf(delivery.body)) : isGood;
  },

  parse({ headers, body }, { text }): Checked<Parsed> {
    const event = eventIn(headers, ['x-gitlab-event']);
    if (event === null) return refuse(400, 'No header names the event.');
    const payload = parseObject(text);
    if (!payload.ok) return payload;
    // The three are the same where they are sent; only the first may be signed.
    const id = ['webhook-id', 'idempotency-key', 'x-gitlab-event-uuid']
      .map(header => headerOf(headers, header))
      .find(found => found !== null);
    return good({
      deliveryId: deliveryIdOf(id ?? null, body),
      meaning: meaningOf('gitlab', event, text),
      event,
      payload: payload.value,
    });
  },

  read: ({ event, payload }, own) => readers.get(event)?.(payload, own) ?? ignored(),
};

const readPush = (kind: 'push' | 'tag_push'): Reader =>
  readerOf(pushPayload, (payload, own) => {
    if (payload.object_kind !== kind) return unfit(['object_kind']);
    const { commits, total_commits_count: total, user_username: login, user_id: id } = payload;
    return pushReading(
      { ...payload, isWhole: total === commits.length },
      { repo: payload.project.path_with_namespace, actor: login, ...echo(own, { login, id }) },
    );
  });

const readPipeline: Reader = readerOf(pipelinePayload, (payload, own) => {
  const { object_attributes: pipeline, merge_request: request } = payload;
  return reading('ci_run', {
    repo: payload.project.path_with_namespace,
    actor: payload.user?.login ?? null,
    ...echo(own, payload.user),
    number: request?.iid ?? null,
    branch: pipeline.tag ? null : pipeline.ref,
    sha: pipeline.sha,
    ci: pipeline.status,
    context: pipeline.name ?? 'pipeline',
    url: pipeline.url,
    from_fork: request ? request.source_project_id !== request.target_project_id : undefined,
  });
});

/** A job belongs to a pipeline, which says who set it off. */
const readJob: Reader = readerOf(jobPayload, payload =>
  reading('ci_job', {
    repo: payload.project_name,
    branch: payload.tag ? null : payload.ref,
    sha: payload.sha,
    ci: payload.build_status,
    context: payload.build_name,
  }),
);

const readRelease: Reader = readerOf(releasePayload, payload =>
  reading('release', { repo: payload.project.path_with_namespace, action: payload.action, tag: payload.tag }),
);

const readers: ReadonlyMap<string, Reader> = new Map([
  ['Push Hook', readPush('push')],
  ['Tag Push Hook', readPush('tag_push')],
  ['Issue Hook', readIssue],
  ['Confidential Issue Hook', readIssue],
  ['Note Hook', readNote],
  ['Confidential Note Hook', readNote],
  ['Merge Request Hook', readMergeRequest],
  ['Pipeline Hook', readPipeline],
  ['Job Hook', readJob],
  ['Release Hook', readRelease],
]);
