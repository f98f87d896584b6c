/** The one question of GraphQL that a fake GitHub understands: which threads of a pull request are resolved. */
import { whoAsks } from '../gitea/accounts.ts';
import { findRepository } from '../gitea/lookup.ts';
import { bodyOf } from '../request.ts';
import type { GithubServer } from './server.ts';

export function addGraphqlRoute({ app, world, threads }: GithubServer): void {
  app.post('/api/graphql', request => {
    whoAsks(request, world);
    const { owner, repo, number } = bodyOf(request).variables as { owner: string; repo: string; number: number };
    const issue = findRepository(world, { owner, name: repo }).issues.find(it => it.number === number);
    const message = `Could not resolve to a PullRequest with the number of ${number}.`;
    if (!issue?.pull) return { data: { repository: { pullRequest: null } }, errors: [{ type: 'NOT_FOUND', message }] };
    const nodes = threads.get(issue) ?? [];
    const reviewThreads = { nodes, pageInfo: { hasNextPage: false, endCursor: null } };
    return { data: { repository: { pullRequest: { reviewThreads } } } };
  });
}
