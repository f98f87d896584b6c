/** How a fake GitLab shows what it holds. */
import { branchSha, git, mergedTree } from '../gitea/git.ts';
import {
  type FakeAccount,
  type FakeIssue,
  type FakePullIssue,
  type FakeRepository,
  fullName,
  mayDo,
  type World,
} from '../gitea/world.ts';
import { lifeOf } from '../life.ts';
import type { FakeJob, GitlabServer } from './server.ts';

export const userShape = ({ id, login }: FakeAccount) => ({ id, username: login, name: login, state: 'active' });

const maintainer = 40;
const developer = 30;

export function projectShape(repository: FakeRepository, world: World, viewer?: FakeAccount) {
  const address = `${world.url}/${fullName(repository)}`;
  const level = !viewer ? 0 : mayDo(viewer, repository, 'admin') ? maintainer : developer;
  const isMember = viewer && mayDo(viewer, repository, 'write');
  return {
    id: repository.id,
    name: repository.name,
    path_with_namespace: fullName(repository),
    default_branch: repository.defaultBranch,
    web_url: address,
    http_url_to_repo: `${address}.git`,
    permissions: { project_access: isMember ? { access_level: level } : null, group_access: null },
  };
}

export const isDraft = ({ title }: FakeIssue): boolean => /^(draft:|\[draft\]|\(draft\))/i.test(title);

/** The commits of a fork are not in the project itself. */
export async function fetchHead(repository: FakeRepository, issue: FakePullIssue, sha: string): Promise<void> {
  const from = issue.pull.head.repository.directory;
  if (from !== repository.directory) await git(repository.directory, 'fetch', '--quiet', from, sha);
}

/** The head of a merge request: of its branch while it is open. Each new one is a version. */
export async function headOf(server: GitlabServer, issue: FakePullIssue): Promise<string> {
  const { versions } = server.talkOf(issue);
  const { repository, branch } = issue.pull.head;
  const now = issue.state === 'open' ? await branchSha(repository.directory, branch) : undefined;
  const last = versions.at(-1)?.sha;
  if (now && now !== last) versions.push({ sha: now, at: new Date() });
  return now ?? last ?? '';
}

/** The word for whether it can be merged. */
export async function mergeStatus(server: GitlabServer, repository: FakeRepository, issue: FakePullIssue, sha: string) {
  const given = server.talkOf(issue).mergeStatus;
  if (issue.state === 'closed') return 'not_open';
  if (given) return given;
  if (isDraft(issue)) return 'draft_status';
  if (server.world.mergesHeldBack > 0) {
    server.world.mergesHeldBack -= 1;
    return 'unchecked';
  }
  await fetchHead(repository, issue, sha);
  const base = await branchSha(repository.directory, issue.pull.base);
  return base && (await mergedTree(repository.directory, base, sha)) !== undefined ? 'mergeable' : 'conflict';
}

export async function requestShape(server: GitlabServer, repository: FakeRepository, issue: FakePullIssue) {
  const { pull } = issue;
  const sha = await headOf(server, issue);
  return {
    id: issue.id,
    iid: issue.number,
    project_id: repository.id,
    web_url: `${server.world.url}/${fullName(repository)}/-/merge_requests/${issue.number}`,
    title: issue.title,
    description: issue.body || null,
    state: pull.merged ? 'merged' : issue.state === 'open' ? 'opened' : 'closed',
    draft: isDraft(issue),
    author: userShape(issue.author),
    labels: issue.labels.map(({ name }) => name),
    source_branch: pull.head.branch,
    target_branch: pull.base,
    source_project_id: pull.head.repository.id,
    target_project_id: repository.id,
    sha,
    merge_commit_sha: pull.merged?.commit ?? null,
    squash_commit_sha: null,
    detailed_merge_status: await mergeStatus(server, repository, issue, sha),
    merge_error: null,
    assignees: lifeOf(issue).assignees.map(userShape),
    created_at: issue.createdAt.toISOString(),
    updated_at: issue.updatedAt.toISOString(),
  };
}

/** How webhooks show a merge request. */
export async function requestNews(server: GitlabServer, repository: FakeRepository, issue: FakePullIssue) {
  const { sha, author, web_url, ...shape } = await requestShape(server, repository, issue);
  const of = (project: FakeRepository) => ({ id: project.id, path_with_namespace: fullName(project) });
  return {
    ...{ ...shape, author_id: author.id, url: web_url, last_commit: { id: sha } },
    ...{ source: of(issue.pull.head.repository), target: of(repository) },
  };
}

export const issueShape = (world: World, repository: FakeRepository, issue: FakeIssue) => ({
  id: issue.id,
  iid: issue.number,
  project_id: repository.id,
  web_url: `${world.url}/${fullName(repository)}/-/issues/${issue.number}`,
  title: issue.title,
  description: issue.body || null,
  state: issue.state === 'open' ? 'opened' : 'closed',
  labels: issue.labels.map(({ name }) => name),
  author: userShape(issue.author),
  assignees: lifeOf(issue).assignees.map(userShape),
  created_at: issue.createdAt.toISOString(),
  updated_at: issue.updatedAt.toISOString(),
  moved_to_id: null,
});

export const noteShape = (note: { id: number; author: FakeAccount; body: string }, at: Date, more: object = {}) => ({
  id: note.id,
  body: note.body,
  author: userShape(note.author),
  system: false,
  resolvable: false,
  created_at: at.toISOString(),
  updated_at: at.toISOString(),
  ...more,
});

export const jobShape = (job: FakeJob) => ({
  id: job.id,
  sha: job.sha,
  name: job.name,
  status: job.status,
  description: job.description,
  target_url: job.targetUrl,
  allow_failure: job.mayFail,
  pipeline_id: job.pipelineId,
});
