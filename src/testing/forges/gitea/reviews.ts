/** Reviews on a fake Gitea. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { whoAsks, whoMay } from './accounts.ts';
import { bodyOf, notFound, page, Refusal, userShape } from './answers.ts';
import { pullOf, repositoryOf } from './lookup.ts';
import type { Reporter } from './news.ts';
import { headOf, reviewShape } from './shapes.ts';
import type { FakePullIssue, FakeReview, World } from './world.ts';

const newReview = z.object({
  event: z.enum(['APPROVED', 'REQUEST_CHANGES', 'COMMENT']),
  body: z.string().optional(),
  commit_id: z.string().optional(),
  comments: z.array(z.object({ path: z.string(), body: z.string(), new_position: z.number().optional() })).optional(),
});

export function addReviewRoutes(app: FastifyInstance, world: World, report: Reporter): void {
  const base = '/api/v1/repos/:owner/:name/pulls/:number/reviews';
  const find = (request: FastifyRequest, issue: FakePullIssue): FakeReview => {
    const review = issue.pull.reviews.find(it => it.id === Number((request.params as { id: string }).id));
    if (!review) throw notFound();
    return review;
  };

  app.get(base, (request, reply) => {
    const repository = repositoryOf(request, world);
    const issue = pullOf(request, repository);
    const shown = page(request, reply, issue.pull.reviews, { url: world.url, link: false });
    return shown.map(review => reviewShape(review, issue, repository, world));
  });

  app.post(base, async request => {
    const repository = repositoryOf(request, world);
    const author = whoAsks(request, world);
    const issue = pullOf(request, repository);
    const { event, body = '', commit_id, comments = [] } = bodyOf(request, newReview);
    const isVerdict = event !== 'COMMENT';
    if (isVerdict && issue.author === author)
      throw new Refusal(422, `${event.toLowerCase()} your own pull is not allowed`);
    if (event !== 'APPROVED' && body.trim() === '' && comments.length === 0) {
      throw new Refusal(422, 'review event requires a body or a comment');
    }
    const head = await headOf(repository, issue);
    const review: FakeReview = {
      ...{ id: world.nextId(), author, state: event, body, sha: commit_id || head, isDismissed: false },
      isStale: commit_id !== undefined && commit_id !== '' && commit_id !== head,
      comments: comments.map(({ path, body: text, new_position }) => ({
        ...{ id: world.nextId(), path, body: text, position: new_position ?? 1, resolver: null },
      })),
      submittedAt: new Date(),
    };
    issue.pull.reviews.push(review);
    await report.reviewed(repository, issue, review);
    return reviewShape(review, issue, repository, world);
  });

  app.get(`${base}/:id/comments`, request => {
    const review = find(request, pullOf(request, repositoryOf(request, world)));
    return review.comments.map(({ id, path, position, body, resolver }) => ({
      ...{ id, path, body, position, original_position: 0, commit_id: review.sha },
      user: userShape(review.author, world),
      resolver: resolver ? userShape(resolver, world) : null,
      pull_request_review_id: review.id,
    }));
  });

  app.post(`${base}/:id/dismissals`, request => {
    const repository = repositoryOf(request, world);
    whoMay(request, world, repository, 'admin');
    const issue = pullOf(request, repository);
    const review = find(request, issue);
    review.isDismissed = true;
    return reviewShape(review, issue, repository, world);
  });

  addAskingRoutes(app, world, report);
  addThreadRoutes(app, world);
}

/** Asking somebody for a review: a review that has not been given. */
function addAskingRoutes(app: FastifyInstance, world: World, report: Reporter): void {
  app.post('/api/v1/repos/:owner/:name/pulls/:number/requested_reviewers', async (request, reply) => {
    const repository = repositoryOf(request, world);
    const by = whoMay(request, world, repository, 'write');
    const issue = pullOf(request, repository);
    const { reviewers } = bodyOf(request, z.object({ reviewers: z.array(z.string()) }));
    const asked = world.accounts.filter(account => reviewers.includes(account.login));
    for (const author of asked) {
      issue.pull.reviews.push({
        ...{ id: world.nextId(), author, state: 'REQUEST_REVIEW', body: '', sha: '', isStale: false },
        ...{ isDismissed: false, comments: [], submittedAt: new Date() },
      });
      await report.pull(repository, issue, 'review_requested', by);
    }
    return reply.code(201).send([]);
  });
}

function addThreadRoutes(app: FastifyInstance, world: World): void {
  // Only recent versions of Gitea have these two.
  for (const word of ['resolve', 'unresolve'] as const) {
    app.post(`/api/v1/repos/:owner/:name/pulls/comments/:id/${word}`, async (request, reply) => {
      const repository = repositoryOf(request, world);
      const by = whoMay(request, world, repository, 'write');
      const id = Number((request.params as { id: string }).id);
      const all = repository.issues.flatMap(issue => issue.pull?.reviews ?? []).flatMap(review => review.comments);
      const comment = all.find(it => it.id === id);
      if (!comment) throw notFound();
      comment.resolver = word === 'resolve' ? by : null;
      return reply.code(204).send();
    });
  }
}
