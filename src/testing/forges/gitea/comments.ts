/** Comments under issues and pull requests of a fake Gitea. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isSince, isThere } from '../life.ts';
import { queryOf } from '../request.ts';
import { whoAsks } from './accounts.ts';
import { bodyOf, notFound, Refusal } from './answers.ts';
import { issueOf, numberOf, repositoryOf } from './lookup.ts';
import type { Reporter } from './news.ts';
import { commentShape } from './shapes.ts';
import { type FakeComment, mayDo, type World } from './world.ts';

const written = z.object({ body: z.string().min(1, 'Required') });

export function addCommentRoutes(app: FastifyInstance, world: World, report: Reporter): void {
  const base = '/api/v1/repos/:owner/:name/issues';

  /** A comment by its id, with what it stands under. */
  function find(request: FastifyRequest) {
    const repository = repositoryOf(request, world);
    const id = Number((request.params as { id: string }).id);
    for (const issue of repository.issues) {
      const comment = issue.comments.find(it => it.id === id);
      if (comment) return { repository, issue, comment };
    }
    throw notFound();
  }
  const findToChange = (request: FastifyRequest) => {
    const found = find(request);
    const by = whoAsks(request, world);
    if (found.comment.author !== by && !mayDo(by, found.repository, 'admin')) throw new Refusal(403, 'forbidden');
    return { ...found, by };
  };

  app.get(`${base}/:number/comments`, (request, reply) => {
    const repository = repositoryOf(request, world);
    const issue = repository.issues.find(it => it.number === numberOf(request) && isThere(it));
    // The real one takes this for a failure of its own.
    if (!issue) throw new Refusal(500, 'issue does not exist');
    // All of them, whatever page was asked for.
    const found = issue.comments.filter(({ updatedAt }) => isSince(updatedAt, queryOf(request).since));
    reply.header('x-total-count', String(found.length));
    return found.map(comment => commentShape(comment, issue, repository, world));
  });
  app.post(`${base}/:number/comments`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const author = whoAsks(request, world);
    const issue = issueOf(request, repository);
    const { body } = bodyOf(request, written);
    const now = new Date();
    const comment: FakeComment = { id: world.nextId(), author, body, createdAt: now, updatedAt: now };
    issue.comments.push(comment);
    // An edit, later, is no change of the issue.
    issue.updatedAt = now;
    await report.commented(repository, issue, comment, { action: 'created', by: author });
    return reply.code(201).send(commentShape(comment, issue, repository, world));
  });

  app.get(`${base}/comments/:id`, request => {
    const { repository, issue, comment } = find(request);
    return commentShape(comment, issue, repository, world);
  });
  app.patch(`${base}/comments/:id`, async request => {
    const { repository, issue, comment, by } = findToChange(request);
    comment.body = bodyOf(request, written).body;
    comment.updatedAt = new Date();
    await report.commented(repository, issue, comment, { action: 'edited', by });
    return commentShape(comment, issue, repository, world);
  });
  app.delete(`${base}/comments/:id`, async (request, reply) => {
    const { repository, issue, comment, by } = findToChange(request);
    issue.comments = issue.comments.filter(it => it !== comment);
    await report.commented(repository, issue, comment, { action: 'deleted', by });
    return reply.code(204).send();
  });
}
