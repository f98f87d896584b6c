/** Pull requests on GitHub: read, found and opened. */
import type { Forge, NewPullRequest, PullRequest } from '../../forge.ts';
import { OutsideError } from '../../outside.ts';
import { type GithubApi, placeOf } from './api.ts';
import { type Pull, pull } from './shapes.ts';

export function asPullRequest(found: Pull): PullRequest {
  const isMerged = Boolean(found.merged_at);
  return {
    number: found.number,
    url: found.html_url,
    title: found.title,
    body: found.body ?? '',
    state: isMerged ? 'merged' : found.state,
    isDraft: found.draft ?? false,
    author: found.user?.login ?? 'ghost',
    head: { branch: found.head.ref, sha: found.head.sha, repository: found.head.repo?.full_name ?? null },
    base: { branch: found.base.ref },
    // Before the merge this is a trial commit of GitHub's.
    mergeCommit: isMerged ? (found.merge_commit_sha ?? null) : null,
  };
}

export const pullOf = (api: GithubApi, repository: string, number: number): Promise<Pull | undefined> =>
  api.find(pull, 'GET /repos/{owner}/{repo}/pulls/{pull_number}', { ...placeOf(repository), pull_number: number });

export function githubPulls(api: GithubApi): Pick<Forge, 'pullRequest' | 'findPullRequest' | 'openPullRequest'> {
  async function find(repository: string, { head, base }: { head: string; base: string }) {
    const place = placeOf(repository);
    const pulls = await api.list(pull.array(), 'GET /repos/{owner}/{repo}/pulls', {
      ...place,
      state: 'open',
      head: `${place.owner}:${head}`,
      base,
      sort: 'created',
      direction: 'desc',
    });
    // GitHub answers everything for a head that it does not understand, and the owner may have a fork of his own.
    const ours = pulls.find(
      ({ head: { ref, repo }, base: { ref: into } }) =>
        ref === head && into === base && repo?.full_name.toLowerCase() === repository.toLowerCase(),
    );
    return ours && asPullRequest(ours);
  }

  async function open(repository: string, wanted: NewPullRequest): Promise<PullRequest> {
    const there = await find(repository, wanted);
    if (there) return there;
    try {
      const { head, base, title, body } = wanted;
      return asPullRequest(
        await api.get(pull, 'POST /repos/{owner}/{repo}/pulls', { ...placeOf(repository), head, base, title, body }),
      );
    } catch (error) {
      if (!(error instanceof OutsideError) || error.status !== 422) throw error;
      // Somebody was faster, perhaps we ourselves with an answer that was lost.
      const other = /already exists/i.test(error.message) ? await find(repository, wanted) : undefined;
      if (other) return other;
      if (!/already exists|no commits between/i.test(error.message)) throw error;
      throw new OutsideError('conflict', error.message, { status: 422, cause: error });
    }
  }

  return {
    async pullRequest(repository, number) {
      const found = await pullOf(api, repository, number);
      return found && asPullRequest(found);
    },
    findPullRequest: find,
    openPullRequest: open,
  };
}
