/** What Gitea and Forgejo answer of an issue's life, beside the issue itself, and what that means. */
import { z } from 'zod';
import { type CommentAnswer, type IssueAnswer, type PersonAnswer, personAnswer } from '../../forges/gitea/answers.ts';
import { instant } from '../../forges/newest.ts';
import type { ItemComment, Person, WorkItem } from '../../tracker.ts';
import { isProgram } from '../../webhooks/people.ts';
import { commentOf } from '../issues/comments.ts';
import { peopleOf, personOf } from '../issues/people.ts';
import { cancelled, closed, open } from '../issues/states.ts';

const person = personAnswer.nullish();

/** An entry of the timeline; entries of kinds that it does not show come as null. */
export const timelineAnswer = z
  .object({
    id: z.number(),
    type: z.string(),
    user: person,
    created_at: z.string(),
    /** Of a label `1` where it was put there. */
    body: z.string().nullish(),
    label: z.object({ name: z.string() }).nullish(),
    assignee: person,
    removed_assignee: z.boolean().nullish(),
  })
  .nullable();
export type TimelineAnswer = z.infer<typeof timelineAnswer>;

export const reactionAnswer = z.object({ user: person, content: z.string(), created_at: z.string().nullish() });

export const permissionAnswer = z.object({ permission: z.string(), user: personAnswer });

/** The one that stands for accounts which are gone has the id -1, that of the workflows -2. */
const withKind = (user: PersonAnswer) => ({ ...user, isProgram: isProgram(user) });

export const asPerson = (user: PersonAnswer | null | undefined): Person | null =>
  user && user.id !== -1 ? personOf(withKind(user)) : null;

export function asItem(project: string, issue: IssueAnswer): WorkItem {
  const isOpen = issue.state === 'open';
  // A pull request that was not merged was for nothing.
  const over = issue.pull_request && !issue.pull_request.merged ? cancelled : closed;
  return {
    project,
    id: String(issue.number),
    key: `#${issue.number}`,
    number: issue.number,
    url: issue.html_url,
    title: issue.title,
    body: issue.body,
    state: isOpen ? open : over,
    labels: (issue.labels ?? []).map(({ name }) => name),
    assignees: peopleOf((issue.assignees ?? []).map(withKind)),
    author: asPerson(issue.user),
    createdAt: instant(issue.created_at),
    updatedAt: instant(issue.updated_at),
    isGone: false,
  };
}

export const asComment = (comment: CommentAnswer): ItemComment =>
  commentOf({
    id: comment.id,
    by: asPerson(comment.user),
    createdAt: instant(comment.created_at),
    updatedAt: instant(comment.updated_at),
    raw: comment.body,
  });
