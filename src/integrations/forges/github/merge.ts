/** Merging on GitHub: looked at first, and looked at again when it was refused, because the status alone says little. */
import type { Forge, MergeAnswer } from '../../forge.ts';
import { OutsideError } from '../../outside.ts';
import { absent, type GithubApi, placeOf } from './api.ts';
import { pullOf } from './pulls.ts';
import { merged, type Pull } from './shapes.ts';

export function githubMerge(api: GithubApi): Pick<Forge, 'merge'> {
  return {
    async merge(repository, number, { sha, title, message }) {
      const before = answered(await pullOf(api, repository, number), sha);
      if (before) return before;
      try {
        const { sha: commit } = await api.get(merged, 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', {
          ...placeOf(repository),
          pull_number: number,
          sha,
          merge_method: 'merge',
          commit_title: title,
          commit_message: message,
        });
        return { result: 'merged', commit };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return (
          answered(await pullOf(api, repository, number).catch(absent), sha) ?? {
            result: /was modified/i.test(error.message) ? 'notYet' : 'refused',
            detail: error.message,
          }
        );
      }
    },
  };
}

/** What is clear from the pull request itself; undefined when it can be tried. */
function answered(pull: Pull | undefined, sha: string): MergeAnswer | undefined {
  if (!pull) return { result: 'closed', detail: 'The pull request is gone.' };
  if (pull.merged_at) return { result: 'merged', commit: pull.merge_commit_sha ?? pull.head.sha };
  if (pull.state === 'closed') return { result: 'closed', detail: 'Somebody has closed the pull request.' };
  if (pull.head.sha !== sha) return { result: 'headMoved', detail: `The head is ${pull.head.sha} by now.` };
  if (pull.draft) return { result: 'refused', detail: 'The pull request is a draft.' };
  if (pull.mergeable === false) return { result: 'conflict', detail: 'It does not merge without conflicts.' };
  // Absent is an answer of an old server, and no reason not to try.
  if (pull.mergeable === null) return { result: 'notYet', detail: 'GitHub is still working out whether it merges.' };
  return undefined;
}

/** 403, 404 (may read, not merge), 405, 409 and 422: an answer about this pull request, unlike a limit or a lost one. */
function isRefusal(error: unknown): error is OutsideError {
  return error instanceof OutsideError && ['forbidden', 'notFound', 'conflict', 'invalid'].includes(error.failure);
}
