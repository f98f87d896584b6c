/** What GitHub answers of an issue's life, beside the issue itself, and what that means. */
import { z } from 'zod';
import { type Comment, type IssueShape, labelNames, user } from '../../forges/github/shapes.ts';
import { instant } from '../../forges/newest.ts';
import type { ItemComment, Person, TrackerState, WorkItem } from '../../tracker.ts';
import { commentOf } from '../issues/comments.ts';
import { peopleOf, personOf } from '../issues/people.ts';
import { cancelled, closed, open } from '../issues/states.ts';

const text = z.string().nullish();

/** Our own account; GitHub tells of no other's address. */
export const self = z.object({ id: z.number(), login: z.string(), type: text, email: text });

export const event = z.object({
  id: z.number(),
  event: z.string(),
  actor: user,
  created_at: z.string(),
  label: z.object({ name: z.string() }).nullish(),
  assignee: user,
});
export type EventShape = z.infer<typeof event>;

export const reaction = z.object({ id: z.number(), user, content: z.string(), created_at: text });

export const permission = z.object({ permission: z.string(), role_name: text, user });

/** An issue as a relation names it. */
export const related = z.object({ number: z.number(), repository_url: z.string() });

type User = z.infer<typeof user> | z.infer<typeof self>;

const withKind = (account: User) => account && { ...account, isProgram: account.type === 'Bot' };

export const asPerson = (account: User): Person | null => personOf(withKind(account));

/** Reasons to close an issue by which nothing was done. */
const reasonsToCancel = new Set(['not_planned', 'duplicate']);

export function stateOf({ state, state_reason, pull_request }: IssueShape): TrackerState {
  if (state === 'open') return open;
  const isForNothing = pull_request ? !pull_request.merged_at : reasonsToCancel.has(state_reason ?? '');
  return isForNothing ? cancelled : closed;
}

/** `number` is the one that was asked for: another one is answered for an issue that was moved elsewhere. */
export function asItem(project: string, issue: IssueShape, number = issue.number): WorkItem {
  return {
    project,
    id: String(number),
    key: `#${number}`,
    number,
    url: issue.html_url,
    title: issue.title,
    body: issue.body ?? '',
    state: stateOf(issue),
    labels: labelNames(issue),
    assignees: peopleOf((issue.assignees ?? []).map(withKind)),
    author: asPerson(issue.user),
    createdAt: instant(issue.created_at),
    updatedAt: instant(issue.updated_at),
    isGone: issue.number !== number,
  };
}

export const asComment = (comment: Comment): ItemComment =>
  commentOf({
    id: comment.id,
    by: asPerson(comment.user),
    createdAt: instant(comment.created_at),
    updatedAt: instant(comment.updated_at),
    raw: comment.body ?? '',
  });
