/** What people do with GitLab's issues and merge requests. */
import type { Reading } from '../../domain/reading.ts';
import { bounded } from './fields.ts';
import { issuePayload, mergeRequestPayload, notePayload } from './gitlab-fields.ts';
import { markdownLines } from './markdown.ts';
import { type Account, echo } from './people.ts';
import { ignored, type Reader, readerOf, reading, unfit } from './reading.ts';
import { commandIn, shownIn } from './text.ts';

const titlesOf = (labels: readonly { title?: string | null | undefined }[] | null | undefined) =>
  bounded(labels).flatMap(({ title }) => (title ? [title] : []));
const loginsOf = (users: readonly Account[] | null | undefined) => bounded(users).map(({ login }) => login);

/** Changes that somebody may wait for; of several the first of these is named. */
const fields = ['assignees', 'labels', 'state_id', 'title', 'description'];

/** What happened to an issue. */
export const readIssue: Reader = readerOf(issuePayload, (payload, own) => {
  const { object_attributes: issue, changes } = payload;
  return reading('issue', {
    repo: payload.project.path_with_namespace,
    actor: payload.user.login,
    ...echo(own, payload.user),
    action: issue.action ?? null,
    number: issue.iid,
    labels: titlesOf(payload.labels),
    assignees: loginsOf(payload.assignees),
    state: issue.state,
    field: issue.action === 'update' ? fields.find(name => changes && Object.hasOwn(changes, name)) : undefined,
    title: issue.title,
    text: issue.description,
    url: issue.url,
  });
});

/** Whether the payload shows that the user is also the author. Without ids it does not. */
const isAuthor = (user: Account, author: number | null | undefined) =>
  typeof author === 'number' && author > 0 && user.id === author;

interface Ends {
  source_project_id?: number | null | undefined;
  target_project_id?: number | null | undefined;
}

/** Where the delivery does not tell whose the branch is, it is not ours. */
const isFromFork = ({ source_project_id: source, target_project_id: target }: Ends) =>
  typeof source !== 'number' || source !== target;

/** What somebody wrote below an issue or a merge request. */
export const readNote: Reader = readerOf(notePayload, (payload, own) => {
  const { object_attributes: note, merge_request: request, issue, user } = payload;
  const target = note.noteable_type === 'MergeRequest' ? request : issue;
  // What GitLab itself writes down is no comment, and commits and snippets are nobody's task.
  if (note.system || !['MergeRequest', 'Issue', 'WorkItem'].includes(note.noteable_type)) return ignored();
  if (!target) return unfit([note.noteable_type === 'MergeRequest' ? 'merge_request' : 'issue']);
  const isOnRequest = target === request;
  // Old versions do not name the action.
  const action = note.action ?? (note.created_at === note.updated_at ? 'create' : 'update');
  const lines = markdownLines(note.note);
  return reading('comment', {
    repo: payload.project.path_with_namespace,
    actor: user.login,
    ...echo(own, user),
    action,
    number: target.iid,
    on_pr: isOnRequest,
    text: shownIn(lines),
    command: action === 'create' ? commandIn(lines) : null,
    title: target.title,
    url: note.url,
    self_review: isOnRequest && isAuthor(user, request?.author_id),
    from_fork: isOnRequest && request ? isFromFork(request) : undefined,
  });
});

/** Words for a verdict: of one person, and of all that had to approve. */
const verdicts: ReadonlyMap<string, Exclude<Reading['verdict'], null>> = new Map([
  ['approved', 'approved'],
  ['approval', 'approved'],
  ['unapproved', 'dismissed'],
  ['unapproval', 'dismissed'],
]);

/** What happened to a merge request; an approval reads as a review. */
export const readMergeRequest: Reader = readerOf(mergeRequestPayload, (payload, own) => {
  const { object_attributes: request, user } = payload;
  const verdict = verdicts.get(request.action ?? '');
  const repo = payload.project.path_with_namespace;
  return reading(verdict === undefined ? 'pull_request' : 'review', {
    repo,
    actor: user.login,
    ...echo(own, user),
    action: request.action ?? null,
    number: request.iid,
    branch: request.source_branch,
    sha: request.last_commit.id,
    base: request.target_branch,
    base_repo: request.target?.path_with_namespace,
    head_repo: request.source?.path_with_namespace,
    from_fork: isFromFork(request),
    merged: request.state === 'merged',
    draft: request.draft ?? request.work_in_progress,
    before: request.oldrev,
    verdict,
    self_review: verdict === undefined ? undefined : isAuthor(user, request.author_id),
    labels: titlesOf(payload.labels),
    assignees: loginsOf(payload.assignees),
    state: request.state,
    title: request.title,
    text: request.description,
    url: request.url,
  });
});
