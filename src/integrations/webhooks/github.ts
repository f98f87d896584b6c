/** Webhooks of GitHub. The signature is over the body as it came, be it JSON or a form. */
import type { Reading } from '../../domain/reading.ts';
import type { Checked, Parsed, Signed, WebhookProvider } from '../webhook.ts';
import { contentOf, formPayload, parseObject, signedAs, textOf } from './body.ts';
import { good, refuse } from './checked.ts';
import { githubBuilds } from './github-builds.ts';
import { pingPayload, pushPayload, releasePayload, reviewPayload } from './github-fields.ts';
import { eventIn, headerOf } from './headers.ts';
import {
  basisOf,
  isContradictory,
  isSelfReview,
  pullSaid,
  readComment,
  readCreate,
  readDelete,
  readIssue,
  readPullRequest,
  readStatus,
} from './hub.ts';
import { deliveryIdOf, meaningOf } from './naming.ts';
import { echo } from './people.ts';
import { pushReading } from './push.ts';
import { ignored, type Reader, readerOf, reading, unfit } from './reading.ts';
import { checkHex, malformed } from './signature.ts';

const prefix = 'sha256=';

export const github: WebhookProvider = {
  kind: 'github',

  verify(delivery, secrets): Checked<Signed> {
    const content = contentOf(delivery, ['json', 'form']);
    if (!content.ok) return content;
    const { headers, body } = delivery;
    const signature = headerOf(headers, 'x-hub-signature-256');
    if (signature !== null && !signature.startsWith(prefix)) return malformed;
    const isGood = checkHex(signature?.slice(prefix.length) ?? null, body, secrets);
    if (!isGood.ok) return isGood;
    return signedAs(content.value === 'form' ? formPayload(body) : textOf(body));
  },

  parse({ headers, body }, { text }): Checked<Parsed> {
    const event = eventIn(headers, ['x-github-event']);
    if (event === null) return refuse(400, 'No header names the event.');
    const payload = parseObject(text);
    if (!payload.ok) return payload;
    return good({
      deliveryId: deliveryIdOf(headerOf(headers, 'x-github-delivery'), body),
      meaning: meaningOf('github', event, text),
      event,
      payload: payload.value,
    });
  },

  read: ({ event, payload }, own) => readers.get(event)?.(payload, own) ?? ignored(),
};

/** GitHub lists no more commits than these. */
const mostCommits = 2_048;

const readPush: Reader = readerOf(pushPayload, (payload, own) =>
  pushReading(
    { ...payload, isWhole: payload.commits.length < mostCommits },
    { ...basisOf(payload, own), forced: payload.forced },
  ),
);

const verdicts: ReadonlyMap<string, Exclude<Reading['verdict'], null>> = new Map([
  ['approved', 'approved'],
  ['changes_requested', 'changes_requested'],
  ['commented', 'commented'],
  ['dismissed', 'dismissed'],
]);

const readReview: Reader = readerOf(reviewPayload, (payload, own) => {
  const { review, sender } = payload;
  const verdict = verdicts.get(review.state.toLowerCase());
  if (verdict === undefined) return unfit(['review', 'state']);
  if (isContradictory(payload)) return unfit(['pull_request']);
  return reading('review', {
    ...pullSaid(payload, own),
    ...echo(own, sender, review.user),
    verdict,
    // What the reviewer saw; meanwhile there may be a newer head.
    reviewed_sha: review.commit_id,
    text: review.body,
    url: review.html_url,
    self_review: isSelfReview(payload, review.user),
  });
});

const readPing: Reader = readerOf(pingPayload, (payload, own) => {
  if (payload.zen === undefined && payload.hook_id === undefined) return unfit(['zen']);
  const { repository, sender } = payload;
  return reading('ping', {
    repo: repository?.full_name ?? null,
    actor: sender?.login ?? null,
    ...echo(own, sender),
  });
});

const readRelease: Reader = readerOf(releasePayload, (payload, own) =>
  reading('release', { ...basisOf(payload, own), action: payload.action, tag: payload.release?.tag_name }),
);

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['ping', readPing],
  ['push', readPush],
  ['create', readCreate],
  ['delete', readDelete],
  ['issues', readIssue],
  ['issue_comment', readComment],
  ['pull_request', readPullRequest],
  ['pull_request_review', readReview],
  ['status', readStatus],
  ['release', readRelease],
  ...githubBuilds,
]);
