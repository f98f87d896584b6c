/** The events that a reading is for machines. What comes from forks, tests the hook or is our own echo is none. */
import type { Json, JsonObject } from '../../domain/json.ts';
import { isOwnStatus } from '../../domain/names.ts';
import type { OutsideEvent, Reading } from '../../domain/reading.ts';
import type { EventsOf } from '../webhook.ts';
import { ciMeaning } from './ci.ts';

/** The events of a reading; none when it is of no interest. */
export const eventsOf: EventsOf = reading => {
  if (reading.from_fork === true) return [];
  const event = teller(reading.kind)?.(reading) ?? null;
  return event === null ? [] : [event];
};

type Tell = (reading: Reading) => OutsideEvent | null;

const or = <T extends Json>(value: Json | undefined, otherwise: T) => value ?? otherwise;

const onBranch =
  (type: string): Tell =>
  reading =>
    reading.branch === null ? null : { type, branch: reading.branch };

const pushed: Tell = ({ branch, sha, actor, before, files_added, commits_complete }) =>
  branch === null || sha === null
    ? null
    : {
        type: 'branch.pushed',
        branch,
        sha,
        before: or(before, null),
        filesAdded: or(files_added, []),
        isComplete: commits_complete === true,
        by: actor,
      };

/** What the forges call it, and what it is. */
const pullRequestChanges: ReadonlyMap<string, string> = new Map([
  ['opened', 'opened'],
  ['open', 'opened'],
  ['synchronize', 'updated'],
  ['synchronized', 'updated'],
  ['reopened', 'reopened'],
  ['reopen', 'reopened'],
  ['closed', 'closed'],
  ['close', 'closed'],
  ['merge', 'merged'],
]);

const pullRequestChanged: Tell = ({ action, number, branch, base, sha, actor, merged, before }) => {
  // GitLab's update is of the code only when it names the commit before.
  const isCode = action === 'update' && typeof before === 'string';
  const change = isCode ? 'updated' : pullRequestChanges.get(action ?? '');
  if (change === undefined || number === null) return null;
  const type = `pullRequest.${change === 'closed' && merged === true ? 'merged' : change}`;
  return { type, number, branch, base: or(base, null), sha, by: actor };
};

const reviewTypes = {
  approved: 'review.approved',
  changes_requested: 'review.changesRequested',
  commented: 'review.commented',
  dismissed: 'review.dismissed',
} as const;

/** A review that is changed afterwards says nothing new. */
const reviewActions = new Set([
  ...['submitted', 'reviewed', 'dismissed', 'approved', 'approval', 'unapproved', 'unapproval'],
]);

const reviewed: Tell = ({ action, verdict, number, sha, actor, reviewed_sha, own_account, self_review }) => {
  if (verdict === null || number === null || !reviewActions.has(action ?? '')) return null;
  if (verdict === 'approved' && self_review === true) return null;
  // Also what we ourselves take back no longer counts.
  if (verdict !== 'dismissed' && own_account === true) return null;
  return { type: reviewTypes[verdict], number, sha: or(reviewed_sha, sha), by: actor };
};

const ciTypes = { pending: 'ci.pending', success: 'ci.succeeded', failure: 'ci.failed' } as const;

const built: Tell = ({ ci, sha, context, url }) => {
  const meaning = ciMeaning(ci);
  return meaning === null || sha === null || (typeof context === 'string' && isOwnStatus(context))
    ? null
    : { type: ciTypes[meaning], sha, name: or(context, null), url: or(url, null) };
};

/** Only what is new counts: whoever changes a comment could change what others have agreed to. */
const isNewComment = (action: string | null) => action === 'created' || action === 'create';

function aboutOf(number: number | null, workItem: Json | undefined): JsonObject | null {
  if (typeof workItem === 'string') return { workItem };
  return number === null ? null : { number };
}

const commented: Tell = reading => {
  const { action, number, work_item, actor, own_account, on_pr, self_review, text } = reading;
  const about = aboutOf(number, work_item);
  // A comment without an author could be our own.
  if (about === null || actor === null || own_account === true || !isNewComment(action)) return null;
  const said = { ...about, by: actor, onPullRequest: on_pr === true };
  const command = reading.command as { verb?: Json; reason?: Json } | null | undefined;
  if (command?.verb === 'approve' && self_review !== true) return { type: 'comment.approved', ...said };
  if (command?.verb === 'reject') return { type: 'comment.rejected', ...said, reason: or(command.reason, '') };
  return { type: 'comment.added', ...said, text: or(text, '') };
};

const workChanges: ReadonlyMap<string, string> = new Map([
  ['opened', 'opened'],
  ['open', 'opened'],
  ['created', 'opened'],
  ['closed', 'closed'],
  ['close', 'closed'],
  // What is no longer there is not to be worked on.
  ['deleted', 'closed'],
  ['archived', 'closed'],
  ['transferred', 'closed'],
  ['reopened', 'reopened'],
  ['reopen', 'reopened'],
  ['assigned', 'assigned'],
  ['unassigned', 'unassigned'],
  ['labeled', 'labeled'],
  ['unlabeled', 'labeled'],
  ['label_updated', 'labeled'],
  ['label_cleared', 'labeled'],
  ['edited', 'changed'],
  ['milestoned', 'changed'],
  ['demilestoned', 'changed'],
]);

/** What an update is by the field that it names. */
function updateOf({ field, assignees, state_group }: Reading): string {
  const name = typeof field === 'string' ? field : '';
  if (/^assignee(?:s|_ids)$/.test(name))
    return Array.isArray(assignees) && assignees.length > 0 ? 'assigned' : 'unassigned';
  if (/^label(?:s|_ids)$/.test(name)) return 'labeled';
  const isOver = state_group === 'completed' || state_group === 'cancelled';
  return /^state(?:_id)?$/.test(name) && isOver ? 'closed' : 'changed';
}

function workChangeOf(reading: Reading): string | undefined {
  const { action } = reading;
  return action === 'update' || action === 'updated' ? updateOf(reading) : workChanges.get(action ?? '');
}

const issueChanged: Tell = reading => {
  const { number, labels, assignees, state, actor, own_account } = reading;
  const change = workChangeOf(reading);
  if (change === undefined || number === null || own_account === true) return null;
  const now = { labels: or(labels, []), assignees: or(assignees, []), state: or(state, null) };
  return { type: `work.${change}`, number, ...now, by: actor };
};

const workItemChanged: Tell = reading => {
  const { work_item, seq, state, field, actor, own_account } = reading;
  const change = workChangeOf(reading);
  if (change === undefined || typeof work_item !== 'string' || own_account === true) return null;
  const now = { seq: or(seq, null), state: or(state, null), field: or(field, null) };
  return { type: `work.${change}`, workItem: work_item, ...now, by: actor };
};

const tellers: Partial<Record<Reading['kind'], Tell>> = {
  push: pushed,
  branch_created: onBranch('branch.created'),
  branch_deleted: onBranch('branch.deleted'),
  pull_request: pullRequestChanged,
  review: reviewed,
  ci_status: built,
  ci_run: built,
  ci_job: built,
  comment: commented,
  work_item_comment: commented,
  issue: issueChanged,
  work_item: workItemChanged,
};

const teller = (kind: Reading['kind']): Tell | undefined => (Object.hasOwn(tellers, kind) ? tellers[kind] : undefined);
