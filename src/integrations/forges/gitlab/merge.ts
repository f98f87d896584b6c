/** Merging on GitLab: `detailed_merge_status` is asked before and after, because the statuses of refusals say little. */
import type { Forge, MergeAnswer } from '../../forge.ts';
import { OutsideError } from '../../outside.ts';
import { type GitlabApi, mergeRequestOf } from './api.ts';
import { commitOf, isDraft, mergeRequestAt } from './merge-requests.ts';
import { type MergeRequest, mergeRequest } from './shapes.ts';

/** GitLab is still at work; `cannot_be_merged_re…` is of servers before 15.6. */
const waiting = /^(unchecked|checking|preparing|approvals_syncing|cannot_be_merged_recheck(ing)?)$/;
const conflicting = new Set(['conflict', 'broken_status', 'cannot_be_merged']);
const free = new Set(['mergeable', 'can_be_merged']);
/** Refusals of a merge; 401 too, for the token was good a moment before. */
const refusals = new Set([400, 401, 403, 404, 405, 406, 409, 422]);

export function gitlabMerge(api: GitlabApi): Pick<Forge, 'merge'> {
  return {
    async merge(repository, number, { sha, title, message }) {
      const before = answered(await mergeRequestAt(api, repository, number), sha);
      if (before) return before;
      try {
        const asked = {
          sha,
          merge_commit_message: message ? `${title}\n\n${message}` : title,
          squash: false,
          should_remove_source_branch: false,
        };
        const found = await api.write('PUT', `${mergeRequestOf(repository, number)}/merge`, asked, mergeRequest);
        if (found.state === 'merged') return { result: 'merged', commit: commitOf(found) ?? sha };
        return { result: 'notYet', detail: found.merge_error ?? 'GitLab is still merging.' };
      } catch (error) {
        if (!(error instanceof OutsideError) || !refusals.has(error.status ?? 0)) throw error;
        const after = answered(await mergeRequestAt(api, repository, number), sha);
        return after ?? { result: error.status === 409 ? 'notYet' : 'refused', detail: error.message };
      }
    },
  };
}

/** What is clear from the merge request itself; undefined when it can be tried. */
function answered(found: MergeRequest | undefined, sha: string): MergeAnswer | undefined {
  if (!found || found.state === 'closed') return { result: 'closed', detail: 'The merge request is closed or gone.' };
  if (found.state === 'merged') return { result: 'merged', commit: commitOf(found) ?? sha };
  if (found.state === 'locked') return { result: 'notYet', detail: 'GitLab is merging it.' };
  if (found.sha && found.sha !== sha) return { result: 'headMoved', detail: `The head is ${found.sha} by now.` };
  const word = found.detailed_merge_status ?? found.merge_status;
  if (isDraft(found)) return { result: 'refused', detail: 'draft_status' };
  if (!word || free.has(word)) return undefined;
  if (waiting.test(word)) return { result: 'notYet', detail: word };
  if (conflicting.has(word)) return { result: 'conflict', detail: found.merge_error ?? word };
  return { result: 'refused', detail: word };
}
