/** Says to people why a delivery had no effect. */
import { isOwnStatus } from '../../domain/names.ts';
import type { Reading, ReadingKind } from '../../domain/reading.ts';

const byKind: Partial<Record<ReadingKind, string>> = {
  ping: 'a test delivery',
  push_test: 'a test delivery',
  tag_created: 'a tag; only branches matter',
  tag_deleted: 'a tag; only branches matter',
  release: 'a release; only branches matter',
  ignored: 'an event that nothing here waits for',
};

/** One sentence on a reading that is no event: `comes from the fork bob/shop`. */
export function whyIgnored(reading: Reading): string {
  const { kind, action, verdict, head_repo, from_fork, own_account, bot, self_review, ci, context } = reading;
  const found = byKind[kind];
  if (found !== undefined) return found;
  if (from_fork === true)
    return typeof head_repo === 'string' ? `comes from the fork ${head_repo}` : 'comes from a fork';
  if (typeof context === 'string' && isOwnStatus(context)) return 'a status of ours';
  if (kind.startsWith('ci_')) return ci === null ? 'says no outcome' : `says ${ci}, which nothing here waits for`;
  if (bot === true) return 'written by a program';
  if (own_account === true) return 'written by our own account';
  if (self_review === true && verdict === 'approved') return 'an approval by the author of the pull request';
  if (kind === 'comment' || kind === 'work_item_comment') {
    if (action === 'deleted' || action === 'delete') return 'a comment that was deleted';
    return action === 'created' || action === 'create'
      ? 'a comment that does not say by whom it is, or about what'
      : 'a comment that was changed afterwards; only new ones count';
  }
  if (kind === 'review' && action === 'edited') return 'a review that was changed afterwards';
  return action === null ? 'does not say what happened' : `nothing here waits for the action ${action}`;
}
