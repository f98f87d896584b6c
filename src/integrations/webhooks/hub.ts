/** What Gitea, Forgejo and GitHub say alike: issues, comments, pull requests, branches and the states of commits. */
import type { Reading } from '../../domain/reading.ts';
import type { Checked, OwnAccounts } from '../webhook.ts';
import { bounded, name } from './fields.ts';
import * as hub from './hub-fields.ts';
import { markdownLines } from './markdown.ts';
import { type Account, echo, isSamePerson } from './people.ts';
import { refReading } from './push.ts';
import { ignored, type Reader, readerOf, reading, unfit } from './reading.ts';
import { commandIn, shownIn } from './text.ts';

interface Basis {
  repository: { full_name: string };
  sender: Account;
}

/** Where it happened and who did it. */
export const basisOf = ({ repository, sender }: Basis, own: OwnAccounts) => ({
  repo: repository.full_name,
  actor: sender.login,
  ...echo(own, sender),
});

const labelsOf = (labels: hub.Issue['labels']) => bounded(labels).flatMap(label => (label.name ? [label.name] : []));
const loginsOf = (accounts: readonly Account[] | null | undefined) => bounded(accounts).map(({ login }) => login);

/** What happened to an issue. */
export const readIssue: Reader = readerOf(hub.issuePayload, (payload, own) => {
  const { issue, action } = payload;
  return reading('issue', {
    ...basisOf(payload, own),
    action,
    number: issue.number,
    labels: labelsOf(issue.labels),
    // Old versions name only one.
    assignees: loginsOf(issue.assignees ?? (issue.assignee ? [issue.assignee] : [])),
    state: issue.state,
    title: issue.title,
    text: issue.body,
    url: issue.html_url,
    author: issue.user?.login,
  });
});

/** What somebody wrote below an issue or a pull request. */
export const readComment: Reader = readerOf(hub.commentPayload, (payload, own) => {
  const { action, issue, comment, sender, pull_request: pull } = payload;
  const lines = markdownLines(comment.body);
  const isOnPull = payload.is_pull ?? (issue.pull_request !== null && issue.pull_request !== undefined);
  return reading('comment', {
    ...basisOf(payload, own),
    ...echo(own, sender, comment.user),
    action,
    number: issue.number,
    on_pr: isOnPull,
    text: shownIn(lines),
    command: action === 'created' ? commandIn(lines) : null,
    title: issue.title,
    url: comment.html_url,
    author: issue.user?.login,
    // The author of a pull request may not let his own work pass; whoever wrote an issue may answer for it.
    self_review: isOnPull && isAuthor(issue.user, sender, comment.user),
    from_fork: pull ? isFromFork(pull, payload.repository.full_name) : undefined,
  });
});

const isAuthor = (author: Account | null | undefined, ...people: readonly (Account | null | undefined)[]) =>
  author !== null && author !== undefined && people.some(person => person && isSamePerson(author, person));

/** What every delivery about a pull request says. */
export function pullSaid(payload: hub.PullRequestPayload, own: OwnAccounts) {
  const pull = payload.pull_request;
  const repo = payload.repository.full_name;
  return {
    ...basisOf(payload, own),
    action: payload.action,
    number: pull.number,
    branch: headBranch(pull),
    sha: pull.head.sha ?? null,
    base: pull.base.ref,
    base_repo: pull.base.repo?.full_name,
    head_repo: pull.head.repo?.full_name,
    from_fork: isFromFork(pull, repo),
    merged: pull.merged ?? (pull.merged_at !== null && pull.merged_at !== undefined),
    draft: pull.draft,
    labels: labelsOf(pull.labels),
    assignees: loginsOf(pull.assignees),
    state: pull.state,
    title: pull.title,
    url: pull.html_url,
    author: pull.user?.login,
  };
}

/** Whether the payload gives its pull request two numbers, or another repository than the one it speaks of. */
export const isContradictory = ({ number, pull_request: pull, repository }: hub.PullRequestPayload): boolean =>
  (number !== null && number !== undefined && number !== pull.number) ||
  (pull.base.repo !== null && pull.base.repo !== undefined && pull.base.repo.full_name !== repository.full_name);

/** What happened to a pull request. */
export const readPullRequest: Reader = readerOf(hub.pullRequestPayload, (payload, own) =>
  isContradictory(payload)
    ? unfit(['pull_request'])
    : reading('pull_request', { ...pullSaid(payload, own), text: payload.pull_request.body }),
);

/** Whether somebody judges what he has made himself. */
export const isSelfReview = (payload: hub.PullRequestPayload, reviewer?: Account | null): boolean =>
  isAuthor(payload.pull_request.user, payload.sender, reviewer);

/** Once the branch is gone only the label keeps its name. */
function headBranch({ head }: hub.PullRequest): string | null {
  if (!head.ref.startsWith('refs/pull/')) return head.ref;
  return name.safeParse(head.label).data ?? null;
}

/** Branches of forks have the names of ours. Where the delivery does not tell whose the branch is, it is not ours. */
function isFromFork({ head, base }: hub.PullRequest, repo: string): boolean {
  if (head.repo) return head.repo.full_name !== repo;
  const { repo_id: id } = head;
  return !(typeof id === 'number' && id > 0 && id === base.repo_id);
}

/** A branch or tag that was made. */
export const readCreate: Reader = readerOf(hub.refPayload, (payload, own) => readRef(payload, true, own));

/** A branch or tag that was removed. */
export const readDelete: Reader = readerOf(hub.refPayload, (payload, own) => readRef(payload, false, own));

type RefPayload = ReturnType<typeof hub.refPayload.parse>;

function readRef(payload: RefPayload, isNew: boolean, own: OwnAccounts): Checked<Reading> {
  // Only what was made has a commit or names the main branch: the two must not be taken for each other.
  const looksNew = payload.sha !== undefined || payload.master_branch !== undefined;
  if (looksNew !== isNew) return unfit([isNew ? 'sha' : 'pusher_type']);
  const { ref, ref_type: type, sha } = payload;
  if (type !== 'branch' && type !== 'tag') return ignored();
  return refReading({ ref, type, isNew, sha }, basisOf(payload, own));
}

/** How a commit stands by the word of a build. */
export const readStatus: Reader = readerOf(hub.statusPayload, (payload, own) =>
  reading('ci_status', {
    ...basisOf(payload, own),
    sha: payload.sha,
    ci: payload.state,
    context: payload.context,
    url: payload.target_url,
    text: payload.description,
    branch: payload.branches?.[0]?.name,
  }),
);
