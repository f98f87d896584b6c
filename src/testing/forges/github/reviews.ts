/** Reviews on a fake GitHub. */
import { whoAsks } from '../gitea/accounts.ts';
import { pullOf, repositoryOf } from '../gitea/lookup.ts';
import type { FakeReview, World } from '../gitea/world.ts';
import { bodyOf } from '../request.ts';
import { type GithubServer, invalid, page, repo } from './server.ts';
import { headOf, pullShape, reviewShape, userShape } from './shapes.ts';

const states = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'REQUEST_CHANGES', COMMENT: 'COMMENT' } as const;

export function addReviewRoutes(server: GithubServer): void {
  const { app, world } = server;

  app.get(`${repo}/pulls/:number/reviews`, (request, reply) => {
    const { pull } = pullOf(request, repositoryOf(request, world));
    return page(request, reply, pull.reviews.map(reviewShape), world.url);
  });

  app.post(`${repo}/pulls/:number/reviews`, async request => {
    const repository = repositoryOf(request, world);
    const author = whoAsks(request, world);
    const issue = pullOf(request, repository);
    const { event, body = '' } = bodyOf(request);
    const state = states[event as keyof typeof states];
    if (!state) throw invalid('event is not one of APPROVE, REQUEST_CHANGES, COMMENT');
    if (author === issue.author && state !== 'COMMENT') throw invalid('Can not approve your own pull request');
    const review = reviewOf(world, { author, state, body: String(body), sha: await headOf(server, issue) });
    issue.pull.reviews.push(review);
    const said = reviewShape(review);
    server.tell(repository, 'pull_request_review', {
      action: 'submitted',
      review: { ...said, state: said.state.toLowerCase() },
      pull_request: await pullShape(server, repository, issue),
      sender: userShape(author),
    });
    return said;
  });
}

const reviewOf = (world: World, said: Pick<FakeReview, 'author' | 'state' | 'body' | 'sha'>): FakeReview => ({
  ...said,
  id: world.nextId(),
  isStale: false,
  isDismissed: false,
  comments: [],
  submittedAt: new Date(),
});
