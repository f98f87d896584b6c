/**
 * Which of the two is meant by a number: GitLab counts issues and merge requests apart, where the contract has one number.
 * A merge request that we opened ourselves is what we speak about; else the issue, and else the merge request of others.
 */
import type { Account } from '../../forge.ts';
import { OutsideError } from '../../outside.ts';
import { type GitlabApi, issueOf, mergeRequestOf } from './api.ts';
import { issue, mergeRequest } from './shapes.ts';

export interface Place {
  /** In the API. */
  path: string;
  /** The page for people. */
  url: string;
}

/** All that have this number, the likeliest first; throws `notFound` when there is none. */
export async function placesOf(
  api: GitlabApi,
  repository: string,
  number: number,
  account: () => Promise<Account>,
): Promise<[Place, ...Place[]]> {
  const paths = [mergeRequestOf(repository, number), issueOf(repository, number)] as const;
  const [request, task, { id }] = await Promise.all([
    api.find(paths[0], mergeRequest),
    // Issues can be switched off.
    api.find(paths[1], issue).catch(forbidden),
    account(),
  ]);
  const places = [
    ...(request ? [{ path: paths[0], url: request.web_url }] : []),
    ...(task ? [{ path: paths[1], url: task.web_url }] : []),
  ];
  const [first, ...rest] = request?.author?.id === id ? places : places.toReversed();
  if (first) return [first, ...rest];
  throw new OutsideError('notFound', `There is neither an issue nor a merge request ${number} in ${repository}.`);
}

function forbidden(error: unknown): undefined {
  if (error instanceof OutsideError && error.failure === 'forbidden') return undefined;
  throw error;
}
