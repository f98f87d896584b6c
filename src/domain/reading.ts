/**
 * What one delivery of a forge or tracker says, in words that are the same for all of them. Keys are those of the public
 * interface; null and absent both mean that the delivery does not say.
 */
import type { Verb } from './board.ts';
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
export type Command = {
  verb: Verb;
  /** The reason of a rejection, or the answer; empty otherwise. */
  reason: string;
};

/**
 * Beside the fields below, where the delivery says so: `tag`, `base`, `base_repo`, `head_repo`, `from_fork`, `merged`,
 * `draft`, `labels`, `assignees`, `state`, `author`, `title`, `text`, `url`; of pushes `before`, `forced`, `files_added`,
 * `commits_complete`; of builds `context`, which is their name; of reviews `reviewed_sha`, of reviews and comments
 * `self_review`, of comments `on_pr` and `command`; of work items `work_item`, `seq`, `field`, `project`, `comment_id`,
 * `state_id`, `state_group`. `own_account` tells an echo of ours or the word of a program, `bot` only the latter.
 */
export interface Reading extends JsonObject {
  kind: ReadingKind;
  /** `owner/name`, as the forge writes it. */
  repo: string | null;
  /** The head branch. It is one of a fork, and says nothing about ours, where `from_fork` is true. */
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
