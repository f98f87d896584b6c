/** How a fake GitHub shows what it holds. */
import { branchSha, git, mergedTree } from '../gitea/git.ts';
import {
  type FakeAccount,
  type FakeComment,
  type FakeIssue,
  type FakePullIssue,
  type FakeRepository,
  type FakeReview,
  fullName,
  mayDo,
  type World,
} from '../gitea/world.ts';
import { lifeOf, stamp } from '../life.ts';
import { api, type GithubServer } from './server.ts';

export const userShape = ({ id, login }: FakeAccount) => ({ id, login, type: 'User', site_admin: false });

export function repositoryShape(repository: FakeRepository, world: World, viewer?: FakeAccount) {
  const address = `${world.url}/${fullName(repository)}`;
  return {
    id: repository.id,
    name: repository.name,
    full_name: fullName(repository),
    owner: { login: repository.owner, type: 'Organization' },
    private: false,
    fork: repository.parent !== null,
    html_url: address,
    clone_url: `${address}.git`,
    default_branch: repository.defaultBranch,
    permissions: {
      admin: viewer ? mayDo(viewer, repository, 'admin') : false,
      push: viewer ? mayDo(viewer, repository, 'write') : false,
      pull: true,
    },
  };
}

/** The head of a pull request: of its branch while it is open, and where it was afterwards. */
export async function headOf(server: GithubServer, issue: FakePullIssue): Promise<string> {
  const { repository, branch } = issue.pull.head;
  const now = issue.state === 'open' ? await branchSha(repository.directory, branch) : undefined;
  const head = now ?? server.heads.get(issue) ?? '';
  server.heads.set(issue, head);
  return head;
}

/** Whether it merges; null as long as GitHub is still working it out. */
async function mergeability(server: GithubServer, repository: FakeRepository, issue: FakePullIssue, sha: string) {
  if (issue.state === 'closed') return null;
  if (server.world.mergesHeldBack > 0) {
    server.world.mergesHeldBack -= 1;
    return null;
  }
  const base = await branchSha(repository.directory, issue.pull.base);
  if (!base) return false;
  await fetchHead(repository, issue, sha);
  return (await mergedTree(repository.directory, base, sha)) !== undefined;
}

/** The commits of a fork are not in the repository itself. */
export async function fetchHead(repository: FakeRepository, issue: FakePullIssue, sha: string): Promise<void> {
  const from = issue.pull.head.repository.directory;
  if (from !== repository.directory) await git(repository.directory, 'fetch', '--quiet', from, sha);
}

export async function pullShape(server: GithubServer, repository: FakeRepository, issue: FakePullIssue) {
  const { pull } = issue;
  const sha = await headOf(server, issue);
  return {
    id: issue.id,
    number: issue.number,
    html_url: `${server.world.url}/${fullName(repository)}/pull/${issue.number}`,
    title: issue.title,
    body: issue.body || null,
    state: issue.state,
    draft: server.drafts.has(issue),
    user: userShape(issue.author),
    merged: pull.merged !== null,
    merged_at: pull.merged?.at.toISOString() ?? null,
    merge_commit_sha: pull.merged?.commit ?? null,
    head: {
      label: `${pull.head.repository.owner}:${pull.head.branch}`,
      ref: pull.head.branch,
      sha,
      repo: repositoryShape(pull.head.repository, server.world),
    },
    base: { ref: pull.base, repo: repositoryShape(repository, server.world) },
    created_at: issue.createdAt.toISOString(),
    updated_at: issue.updatedAt.toISOString(),
  };
}

/** The answer about one pull request says also whether it merges. */
export async function wholePullShape(server: GithubServer, repository: FakeRepository, issue: FakePullIssue) {
  const shape = await pullShape(server, repository, issue);
  const mergeable = await mergeability(server, repository, issue, shape.head.sha);
  return { ...shape, mergeable, mergeable_state: mergeable === null ? 'unknown' : mergeable ? 'clean' : 'dirty' };
}

const reviewStates = {
  APPROVED: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
  REQUEST_REVIEW: 'PENDING',
} as const;

export const reviewShape = (review: FakeReview) => ({
  id: review.id,
  user: userShape(review.author),
  body: review.body,
  state: review.isDismissed ? 'DISMISSED' : reviewStates[review.state],
  commit_id: review.sha,
  submitted_at: review.submittedAt.toISOString(),
});

const mergedAt = ({ merged }: NonNullable<FakeIssue['pull']>) => merged && stamp(merged.at);

export function issueShape(world: World, repository: FakeRepository, issue: FakeIssue) {
  const kind = issue.pull ? 'pull' : 'issues';
  const address = `${world.url}/${fullName(repository)}/${kind}/${issue.number}`;
  return {
    id: issue.id,
    number: issue.number,
    html_url: address,
    title: issue.title,
    body: issue.body || null,
    state: issue.state,
    state_reason: lifeOf(issue).reason,
    labels: issue.labels.map(({ id, name, color }) => ({ id, name, color: color.replace('#', '') })),
    user: userShape(issue.author),
    assignees: lifeOf(issue).assignees.map(userShape),
    created_at: stamp(issue.createdAt),
    updated_at: stamp(issue.updatedAt),
    repository_url: `${world.url}${api}/repos/${fullName(repository)}`,
    ...(issue.pull ? { pull_request: { html_url: address, merged_at: mergedAt(issue.pull) } } : {}),
  };
}

export const commentShape = (world: World, repository: FakeRepository, issue: FakeIssue, comment: FakeComment) => ({
  id: comment.id,
  html_url: `${world.url}/${fullName(repository)}/issues/${issue.number}#issuecomment-${comment.id}`,
  issue_url: `${world.url}${api}/repos/${fullName(repository)}/issues/${issue.number}`,
  body: comment.body,
  user: userShape(comment.author),
  created_at: stamp(comment.createdAt),
  updated_at: stamp(comment.updatedAt),
});
