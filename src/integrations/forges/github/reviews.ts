/** Reviews on GitHub, and the threads that nobody has resolved, which only GraphQL tells. */
import { z } from 'zod';
import type { Forge, Review } from '../../forge.ts';
import { OutsideError } from '../../outside.ts';
import { lastOfEach, type Said } from '../verdicts.ts';
import { type GithubApi, placeOf } from './api.ts';
import { pullOf } from './pulls.ts';
import { review } from './shapes.ts';

const verdicts: Readonly<Record<string, Review['verdict']>> = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changesRequested',
  COMMENTED: 'commented',
};

export function githubReviews(api: GithubApi): Pick<Forge, 'reviews'> {
  return {
    async reviews(repository, number) {
      const pull = await pullOf(api, repository, number);
      if (!pull) throw new OutsideError('notFound', `There is no pull request ${repository}#${number}.`);
      const given = await api.list(review.array(), 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews', {
        ...placeOf(repository),
        pull_number: number,
      });
      // What is pending is seen by its author alone.
      const said = given.filter(({ state }) => state !== 'PENDING').map(entry => asSaid(entry, pull.head.sha));
      return { reviews: lastOfEach(said), unresolved: await unresolved(api, repository, number) };
    },
  };
}

function asSaid(given: z.infer<typeof review>, head: string): Said {
  const sha = given.commit_id ?? null;
  const isDismissed = given.state === 'DISMISSED';
  // GitHub does not tell what a review said before it was dismissed.
  const verdict = verdicts[given.state] ?? 'commented';
  return {
    review: {
      id: given.id,
      by: given.user?.login ?? 'ghost',
      verdict,
      sha,
      isStale: isDismissed || (sha !== null && sha !== head),
      body: given.body ?? '',
    },
    isVerdict: isDismissed || verdict !== 'commented',
  };
}

const question = `query ($owner: String!, $repo: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $repo) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $after) { nodes { isResolved } pageInfo { hasNextPage endCursor } }
    }
  }
}`;

const threads = z
  .object({
    repository: z.object({
      pullRequest: z.object({
        reviewThreads: z.object({
          nodes: z.array(z.object({ isResolved: z.boolean() })),
          pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() }),
        }),
      }),
    }),
  })
  .transform(({ repository }) => repository.pullRequest.reviewThreads);

/** Null when it cannot be known: a token may read pull requests and not be let near GraphQL. */
async function unresolved(api: GithubApi, repository: string, number: number): Promise<number | null> {
  try {
    let count = 0;
    let after: string | null | undefined = null;
    do {
      const page: z.infer<typeof threads> = await api.query(threads, question, {
        ...placeOf(repository),
        number,
        after,
      });
      count += page.nodes.filter(({ isResolved }) => !isResolved).length;
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : undefined;
    } while (after);
    return count;
  } catch (error) {
    if (error instanceof OutsideError) return null;
    throw error;
  }
}
