/** Issues, pull requests and what hangs on them, as the API and the webhooks show them. */
import { lifeOf, stamp } from '../life.ts';
import { labelShape, repositoryShape, userShape } from './answers.ts';
import { branchSha, mergeBase, mergedTree, shaOf } from './git.ts';
import {
  type FakeAccount,
  type FakeComment,
  type FakeIssue,
  type FakePullIssue,
  type FakeRepository,
  type FakeReview,
  type FakeStatus,
  fullName,
  isDraft,
  type World,
} from './world.ts';

const pageOf = (world: World, repository: FakeRepository, issue: FakeIssue) =>
  `${world.url}/${fullName(repository)}/${issue.pull ? 'pulls' : 'issues'}/${issue.number}`;

/** The head of a pull request: the branch while it is there, else what the server has kept of it. */
export async function headOf(repository: FakeRepository, { number, pull }: FakePullIssue): Promise<string> {
  const { head } = pull;
  const ofBranch = await branchSha(head.repository.directory, head.branch);
  return ofBranch ?? (await shaOf(repository.directory, `refs/pull/${number}/head`)) ?? '';
}

/** Nobody is null. */
function assigneesShape(issue: FakeIssue, world: World) {
  const { assignees } = lifeOf(issue);
  return assignees.length > 0 ? assignees.map(account => userShape(account, world)) : null;
}

/** What an issue and a pull request have in common. */
function sharedShape(issue: FakeIssue, repository: FakeRepository, world: World) {
  return {
    id: issue.id,
    number: issue.number,
    html_url: pageOf(world, repository, issue),
    user: userShape(issue.author, world),
    title: issue.title,
    body: issue.body,
    labels: issue.labels.map(labelShape),
    milestone: null,
    assignee: assigneesShape(issue, world)?.[0] ?? null,
    assignees: assigneesShape(issue, world),
    state: issue.state,
    is_locked: false,
    comments: issue.comments.length,
    created_at: stamp(issue.createdAt),
    updated_at: stamp(issue.updatedAt),
    closed_at: issue.closedAt && stamp(issue.closedAt),
    due_date: null,
    pin_order: 0,
  };
}

export function issueShape(issue: FakeIssue, repository: FakeRepository, world: World) {
  const page = pageOf(world, repository, issue);
  return {
    ...sharedShape(issue, repository, world),
    url: `${world.url}/api/v1/repos/${fullName(repository)}/issues/${issue.number}`,
    ref: '',
    assets: [],
    pull_request: issue.pull ? { merged: issue.pull.merged !== null, draft: isDraft(issue), html_url: page } : null,
    repository: {
      id: repository.id,
      name: repository.name,
      owner: repository.owner,
      full_name: fullName(repository),
    },
  };
}

export async function pullShape(issue: FakePullIssue, repository: FakeRepository, world: World, viewer?: FakeAccount) {
  const { head, base, merged } = issue.pull;
  const headSha = await headOf(repository, issue);
  const baseSha = (await branchSha(repository.directory, base)) ?? '';
  const kept = (await shaOf(repository.directory, `refs/pull/${issue.number}/head`)) ?? headSha;
  const hasBranch = (await branchSha(head.repository.directory, head.branch)) !== undefined;
  const merges = issue.state === 'open' && (await mergedTree(repository.directory, baseSha, kept)) !== undefined;
  const page = pageOf(world, repository, issue);
  return {
    ...sharedShape(issue, repository, world),
    // The page, not the API: so it is.
    url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    // Whoever has been asked or has answered.
    requested_reviewers: [...new Set(issue.pull.reviews.map(review => review.author))].map(it => userShape(it, world)),
    requested_reviewers_teams: [],
    allow_maintainer_edit: false,
    draft: isDraft(issue),
    mergeable: merges && !isDraft(issue),
    merged: merged !== null,
    merged_at: merged?.at ?? null,
    merge_commit_sha: merged?.commit ?? null,
    merged_by: merged ? userShape(merged.by, world) : null,
    merge_base: await mergeBase(repository.directory, baseSha, kept),
    base: {
      label: base,
      ref: base,
      sha: baseSha,
      repo_id: repository.id,
      repo: repositoryShape(repository, world, viewer),
    },
    head: {
      label: head.branch,
      ref: hasBranch ? head.branch : `refs/pull/${issue.number}/head`,
      sha: headSha,
      repo_id: head.repository.id,
      repo: repositoryShape(head.repository, world, viewer),
    },
  };
}

export function commentShape(comment: FakeComment, issue: FakeIssue, repository: FakeRepository, world: World) {
  const page = pageOf(world, repository, issue);
  return {
    id: comment.id,
    html_url: `${page}#issuecomment-${comment.id}`,
    pull_request_url: issue.pull ? page : '',
    issue_url: issue.pull ? '' : page,
    user: userShape(comment.author, world),
    body: comment.body,
    assets: [],
    created_at: stamp(comment.createdAt),
    updated_at: stamp(comment.updatedAt),
  };
}

export function reviewShape(review: FakeReview, issue: FakeIssue, repository: FakeRepository, world: World) {
  const page = pageOf(world, repository, issue);
  return {
    id: review.id,
    user: userShape(review.author, world),
    team: null,
    state: review.state,
    body: review.body,
    commit_id: review.sha,
    stale: review.isStale,
    official: true,
    dismissed: review.isDismissed,
    comments_count: review.comments.length,
    submitted_at: review.submittedAt,
    updated_at: review.submittedAt,
    html_url: `${page}#issuecomment-${review.id}`,
    pull_request_url: page,
  };
}

export function statusShape(status: FakeStatus, repository: FakeRepository, world: World) {
  return {
    id: status.id,
    status: status.state,
    target_url: status.targetUrl,
    description: status.description,
    url: `${world.url}/api/v1/repos/${fullName(repository)}/statuses/${status.sha}`,
    context: status.context,
    creator: userShape(status.creator, world),
    created_at: status.createdAt,
    updated_at: status.createdAt,
  };
}
