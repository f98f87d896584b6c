/**
 * Webhooks of Gitea and Forgejo. The signature is over the JSON, also when that came in a form. What happened stands in the
 * type header; the event header lumps things together, and is empty for some.
 */
import type { Reading } from '../../domain/reading.ts';
import type { Checked, Parsed, RawDelivery, Signed, WebhookProvider } from '../webhook.ts';
import { contentOf, formPayload, parseObject, signedAs, textOf } from './body.ts';
import { good, refuse } from './checked.ts';
import { giteaBuilds } from './gitea-builds.ts';
import { pushPayload, releasePayload, reviewPayload } from './gitea-fields.ts';
import { eventIn, headerOf, isSent } from './headers.ts';
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
import { pushReading } from './push.ts';
import { ignored, type Reader, readerOf, reading, unfit } from './reading.ts';
import { checkForm, checkHex } from './signature.ts';

export const gitea: WebhookProvider = {
  kind: 'gitea',

  verify(delivery, secrets): Checked<Signed> {
    const content = contentOf(delivery, ['json', 'form']);
    if (!content.ok) return content;
    const { headers, body } = delivery;
    const named = isSent(headers, 'x-gitea-signature') ? 'x-gitea-signature' : 'x-forgejo-signature';
    const signature = headerOf(headers, named);
    if (content.value === 'form') {
      // Without a signature nobody is told what is wrong with his form, and no form is taken apart.
      const isSigned = checkForm(signature);
      if (!isSigned.ok) return isSigned;
      const text = formPayload(body);
      const isGood = text.ok ? checkHex(signature, text.value, secrets) : text;
      return isGood.ok ? signedAs(text) : isGood;
    }
    const isGood = checkHex(signature, body, secrets);
    return isGood.ok ? signedAs(textOf(body)) : isGood;
  },

  parse({ headers, body }, { text }): Checked<Parsed> {
    const event = eventOf(headers);
    if (event === null) return refuse(400, 'No header names the event.');
    const payload = parseObject(text);
    if (!payload.ok) return payload;
    const id = headerOf(headers, 'x-gitea-delivery') ?? headerOf(headers, 'x-forgejo-delivery');
    return good({
      deliveryId: deliveryIdOf(id, body),
      meaning: meaningOf('gitea', event, text),
      event,
      payload: payload.value,
    });
  },

  read: ({ event, payload }, own) => readers.get(event)?.(payload, own) ?? ignored(),
};

/** Before 1.16 there is no type header. Its words for reviews, by those of the event header. */
const reviewEvents: ReadonlyMap<string, string> = new Map([
  ['pull_request_approved', 'pull_request_review_approved'],
  ['pull_request_rejected', 'pull_request_review_rejected'],
  // A comment below a pull request is an `issue_comment`.
  ['pull_request_comment', 'pull_request_review_comment'],
]);

const typeHeaders = ['x-gitea-event-type', 'x-forgejo-event-type', 'x-gogs-event-type'];
const eventHeaders = ['x-gitea-event', 'x-forgejo-event', 'x-gogs-event'];

function eventOf(headers: RawDelivery['headers']): string | null {
  const event = eventIn(headers, [...typeHeaders, ...eventHeaders]);
  const isTyped = typeHeaders.some(header => isSent(headers, header) && headers[header] !== '');
  return event === null || isTyped ? event : (reviewEvents.get(event) ?? event);
}

const mostCommits = 5;

const readPush: Reader = readerOf(pushPayload, (payload, own) => {
  const { commits, total_commits: total } = payload;
  return pushReading(
    {
      ...payload,
      commits: commits.toReversed(),
      // Old versions do not count, and list no more than so many.
      isWhole: typeof total === 'number' ? total === commits.length : commits.length < mostCommits,
    },
    basisOf(payload, own),
  );
});

type Verdict = Exclude<Reading['verdict'], null>;

/** The words for a verdict, in the types of old and new versions and in the states of the API. */
const verdicts: ReadonlyMap<string, Verdict> = new Map([
  ['pull_request_review_approved', 'approved'],
  ['pull_request_approved', 'approved'],
  ['approved', 'approved'],
  ['pull_request_review_rejected', 'changes_requested'],
  ['pull_request_rejected', 'changes_requested'],
  ['request_changes', 'changes_requested'],
  ['changes_requested', 'changes_requested'],
  ['pull_request_review_comment', 'commented'],
  ['pull_request_comment', 'commented'],
  ['comment', 'commented'],
  ['commented', 'commented'],
]);

/** The headers are not signed: where the body gives a verdict too, it has to be the same. */
const readReview = (verdict: Verdict): Reader =>
  readerOf(reviewPayload, (payload, own) => {
    if (payload.action !== 'reviewed') return unfit(['action']);
    if (isContradictory(payload)) return unfit(['pull_request']);
    const { review } = payload;
    const word = review?.type ?? review?.state;
    if (word && verdicts.get(word.toLowerCase()) !== verdict) return unfit(['review']);
    return reading('review', {
      ...pullSaid(payload, own),
      verdict,
      text: review?.content ?? review?.body,
      self_review: isSelfReview(payload),
    });
  });

const readRelease: Reader = readerOf(releasePayload, (payload, own) =>
  reading('release', { ...basisOf(payload, own), action: payload.action, tag: payload.release?.tag_name }),
);

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['push', readPush],
  ['create', readCreate],
  ['delete', readDelete],
  ...['issues', 'issue_assign', 'issue_label', 'issue_milestone'].map(event => [event, readIssue] as const),
  ['issue_comment', readComment],
  ['pull_request_comment', readComment],
  ...['', '_assign', '_label', '_milestone', '_sync', '_review_request'].map(
    event => [`pull_request${event}`, readPullRequest] as const,
  ),
  ['pull_request_review_approved', readReview('approved')],
  ['pull_request_review_rejected', readReview('changes_requested')],
  ['pull_request_review_comment', readReview('commented')],
  ['status', readStatus],
  ['release', readRelease],
  ...giteaBuilds,
]);
