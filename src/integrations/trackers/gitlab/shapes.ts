/** What GitLab answers of an issue's life, beside the issue itself, and what that means. */
import { z } from 'zod';
import { type IssueShape, labelNames, type MergeRequest, type Note, user } from '../../forges/gitlab/shapes.ts';
import { instant } from '../../forges/newest.ts';
import type { ItemComment, Person, TrackerState, WorkItem } from '../../tracker.ts';
import { commentOf } from '../issues/comments.ts';
import { peopleOf, personOf } from '../issues/people.ts';
import { cancelled, closed, open } from '../issues/states.ts';

const text = z.string().nullish();

/** Our own account; GitLab tells of no other's address. */
export const self = user.extend({ email: text, bot: z.boolean().nullish() });

export const labelEvent = z.object({
  id: z.number(),
  user: user.nullish(),
  created_at: z.string(),
  action: z.string(),
  /** Null when it was deleted since. */
  label: z.object({ name: z.string() }).nullish(),
});

export const stateEvent = z.object({
  id: z.number(),
  user: user.nullish(),
  created_at: z.string(),
  state: z.string(),
});

export const award = z.object({ id: z.number(), name: z.string(), user: user.nullish(), created_at: text });

export const member = z.object({ id: z.number(), access_level: z.number(), state: text });

/** An issue as a relation names it. */
export const link = z.object({
  iid: z.number(),
  link_type: text,
  /** `group/name#7`. */
  references: z.object({ full: z.string() }),
});

type User = (z.infer<typeof user> & { email?: string | null | undefined; bot?: boolean | null | undefined }) | null;

const accountOf = (found: User | undefined) =>
  found && { id: found.id, login: found.username, email: found.email, isProgram: found.bot === true };

export const asPerson = (found: User | undefined): Person | null => personOf(accountOf(found));

/** What issues and merge requests have in common. */
function shared(project: string, found: IssueShape | MergeRequest) {
  return {
    project,
    number: found.iid,
    url: found.web_url,
    title: found.title,
    body: found.description ?? '',
    labels: labelNames(found),
    assignees: peopleOf((found.assignees ?? []).map(accountOf)),
    author: asPerson(found.author),
    createdAt: instant(found.created_at),
    updatedAt: instant(found.updated_at),
  };
}

export const asItem = (project: string, issue: IssueShape): WorkItem => ({
  ...shared(project, issue),
  id: String(issue.iid),
  key: `#${issue.iid}`,
  state: issue.state === 'closed' ? closed : open,
  // Of an issue that was moved another one goes on elsewhere.
  isGone: Boolean(issue.moved_to_id),
});

const requestStates: Readonly<Record<MergeRequest['state'], TrackerState>> = {
  opened: open,
  locked: open,
  merged: closed,
  closed: cancelled,
};

export const requestAsItem = (project: string, request: MergeRequest): WorkItem => ({
  ...shared(project, request),
  id: `!${request.iid}`,
  key: `!${request.iid}`,
  state: requestStates[request.state],
  isGone: false,
});

export const asComment = (note: Note): ItemComment =>
  commentOf({
    id: note.id,
    by: asPerson(note.author),
    createdAt: instant(note.created_at),
    updatedAt: instant(note.updated_at ?? note.created_at),
    raw: note.body ?? '',
  });
