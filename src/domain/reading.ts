/**
 * What one delivery of a forge or tracker says, in words that are the same for all of them. Keys are those of the public
 * interface; null and absent both mean that the delivery does not say.
 */
import type { JsonObject } from './json.ts';

/** What a delivery is about. */
export const readingKinds = [
  'push',
  'push_test',
  'branch_created',
  'branch_deleted',
  'tag_created',
  'tag_deleted',
  'issue',
  'comment',
  'pull_request',
  'review',
  'ci_status',
  'ci_run',
  'ci_job',
  'work_item',
  'work_item_comment',
  'release',
  'ping',
  'ignored',
] as const;
export type ReadingKind = (typeof readingKinds)[number];

/** How a build stands, as the sender words it. */
export type CiMeaning = 'pending' | 'success' | 'failure';

/** What a person or program orders in a comment. */
export interface Command {
  verb: 'approve' | 'reject';
  reason: string;
}

export interface Reading extends JsonObject {
  kind: ReadingKind;
  /** `owner/name`, as the forge writes it. */
  repo: string | null;
  /** The head branch; never of a fork, see `from_fork`. */
  branch: string | null;
  sha: string | null;
  number: number | null;
  action: string | null;
  /** Login, or the id where the sender gives no more. */
  actor: string | null;
  verdict: 'approved' | 'changes_requested' | 'commented' | 'dismissed' | null;
  /** In the sender's word. */
  ci: string | null;
}

/** Something that happened outside, as machines hear it, before it is known to whom it matters. */
export type OutsideEvent = { type: string } & JsonObject;
