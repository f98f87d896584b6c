/** Merge requests on GitLab: read, found and opened. `iid` is the number that people see. */
import type { Forge, NewPullRequest, PullRequest } from '../../forge.ts';
import { at } from '../../http/path.ts';
import { OutsideError } from '../../outside.ts';
import { type GitlabApi, mergeRequestOf, projectOf } from './api.ts';
import { comparison, type MergeRequest, mergeRequest, project } from './shapes.ts';

export const mergeRequestAt = (api: GitlabApi, repository: string, iid: number): Promise<MergeRequest | undefined> =>
  api.find(mergeRequestOf(repository, iid), mergeRequest);

const states = { opened: 'open', locked: 'open', closed: 'closed', merged: 'merged' } as const;

const isOfProject = (found: MergeRequest) => found.source_project_id === found.target_project_id;

/** The commit by which it was merged; the head itself where projects merge by fast-forward. */
export const commitOf = (found: MergeRequest): string | null =>
  found.merge_commit_sha ?? found.squash_commit_sha ?? found.sha ?? null;

export const isDraft = (found: MergeRequest): boolean => found.draft ?? found.work_in_progress ?? false;

/** Where its branch lies; null when that is gone or hidden. */
async function headOf(api: GitlabApi, repository: string, found: MergeRequest): Promise<string | null> {
  if (isOfProject(found)) return repository;
  const fork = found.source_project_id;
  return fork ? ((await api.find(at`/projects/${fork}`, project))?.path_with_namespace ?? null) : null;
}

async function asPullRequest(api: GitlabApi, repository: string, found: MergeRequest): Promise<PullRequest> {
  return {
    number: found.iid,
    url: found.web_url,
    title: found.title,
    body: found.description ?? '',
    state: states[found.state],
    isDraft: isDraft(found),
    author: found.author?.username ?? 'ghost',
    head: { branch: found.source_branch, sha: found.sha ?? '', repository: await headOf(api, repository, found) },
    base: { branch: found.target_branch },
    mergeCommit: found.state === 'merged' ? commitOf(found) : null,
  };
}

export function gitlabMergeRequests(
  api: GitlabApi,
): Pick<Forge, 'pullRequest' | 'findPullRequest' | 'openPullRequest'> {
  async function find(repository: string, { head, base }: { head: string; base: string }) {
    const found = await api.list(`${projectOf(repository)}/merge_requests`, mergeRequest, {
      query: { state: 'opened', source_branch: head, target_branch: base, order_by: 'created_at', sort: 'desc' },
      enough: entries => entries.some(isOfProject),
    });
    const ours = found.find(isOfProject);
    return ours && asPullRequest(api, repository, ours);
  }

  /** GitLab opens what has nothing in it, so this is asked first. */
  async function mustDiffer(repository: string, { head, base }: { head: string; base: string }) {
    const query = { from: base, to: head };
    const { commits } = await api.get(`${projectOf(repository)}/repository/compare`, comparison, query);
    if (commits.length === 0) throw new OutsideError('conflict', `There is nothing between ${base} and ${head}.`);
  }

  async function open(repository: string, wanted: NewPullRequest): Promise<PullRequest> {
    const there = await find(repository, wanted);
    if (there) return there;
    await mustDiffer(repository, wanted);
    const { head, base, title, body } = wanted;
    const asked = { source_branch: head, target_branch: base, title, description: body };
    try {
      const made = await api.write('POST', `${projectOf(repository)}/merge_requests`, asked, mergeRequest);
      return asPullRequest(api, repository, made);
    } catch (error) {
      // Somebody was faster, perhaps we ourselves with an answer that was lost.
      const isThere = error instanceof OutsideError && error.status === 409;
      const other = isThere ? await find(repository, wanted) : undefined;
      if (other) return other;
      throw error;
    }
  }

  return {
    async pullRequest(repository, number) {
      const found = await mergeRequestAt(api, repository, number);
      return found && asPullRequest(api, repository, found);
    },
    findPullRequest: find,
    openPullRequest: open,
  };
}
