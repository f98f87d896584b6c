/** Issues, comments and labels on a fake GitHub. Pull requests are issues there. */
import type { FastifyRequest } from 'fastify';
import { whoAsks, whoMay } from '../gitea/accounts.ts';
import { notFound } from '../gitea/answers.ts';
import { issueOf, repositoryOf } from '../gitea/lookup.ts';
import type { FakeIssue, FakeRepository } from '../gitea/world.ts';
import { bodyOf, paramOf, queryOf } from '../request.ts';
import { type GithubServer, invalid, page, repo } from './server.ts';
import { commentShape, issueShape, userShape } from './shapes.ts';

export function addIssueRoutes(server: GithubServer): void {
  const { app, world } = server;

  app.get(`${repo}/issues`, (request, reply) => {
    const repository = repositoryOf(request, world);
    const { state = 'open', creator } = queryOf(request);
    const found = repository.issues
      .filter(issue => state === 'all' || issue.state === state)
      .filter(issue => !creator || issue.author.login === creator)
      .toReversed();
    return page(request, reply, found, world.url).map(issue => issueShape(world, repository, issue));
  });

  app.post(`${repo}/issues`, (request, reply) => {
    const repository = repositoryOf(request, world);
    const author = whoAsks(request, world);
    const { title, body = '', labels = [] } = bodyOf(request);
    if (!title) throw invalid('title is missing');
    const now = new Date();
    const issue: FakeIssue = {
      ...{ id: world.nextId(), number: repository.issues.length + 1, author, title: String(title), body: String(body) },
      ...{ state: 'open', labels: [], comments: [], createdAt: now, updatedAt: now, closedAt: null, pull: null },
    };
    repository.issues.push(issue);
    addLabels(server, repository, issue, labels as string[]);
    const shape = issueShape(world, repository, issue);
    server.tell(repository, 'issues', { action: 'opened', issue: shape, sender: userShape(author) });
    reply.code(201);
    return shape;
  });

  app.get(`${repo}/issues/:number`, request => {
    const repository = repositoryOf(request, world);
    return issueShape(world, repository, issueOf(request, repository));
  });

  app.patch(`${repo}/issues/:number`, request => {
    const repository = repositoryOf(request, world);
    const sender = whoMay(request, world, repository, 'write');
    const issue = issueOf(request, repository);
    const { state } = bodyOf(request);
    if (state === 'closed' || state === 'open') issue.state = state;
    const shape = issueShape(world, repository, issue);
    const action = state === 'closed' ? 'closed' : 'reopened';
    server.tell(repository, 'issues', { action, issue: shape, sender: userShape(sender) });
    return shape;
  });

  app.get(`${repo}/issues/:number/labels`, (request, reply) =>
    page(request, reply, issueOf(request, repositoryOf(request, world)).labels, world.url),
  );

  app.post(`${repo}/issues/:number/labels`, request => {
    const repository = repositoryOf(request, world);
    whoMay(request, world, repository, 'write');
    const issue = issueOf(request, repository);
    addLabels(server, repository, issue, bodyOf(request).labels as string[]);
    return issue.labels;
  });
  addCommentRoutes(server);
}

/** Labels that there are not are made, as GitHub does. */
function addLabels({ world }: GithubServer, repository: FakeRepository, issue: FakeIssue, names: readonly string[]) {
  for (const name of names) {
    let label = repository.labels.find(it => it.name.toLowerCase() === name.toLowerCase());
    if (!label) {
      label = { id: world.nextId(), name, color: 'ededed' };
      repository.labels.push(label);
    }
    if (!issue.labels.includes(label)) issue.labels.push(label);
  }
}

function addCommentRoutes(server: GithubServer): void {
  const { app, world } = server;
  const one = `${repo}/issues/comments/:id`;

  const find = (request: FastifyRequest) => {
    const repository = repositoryOf(request, world);
    for (const issue of repository.issues) {
      const comment = issue.comments.find(({ id }) => id === Number(paramOf(request, 'id')));
      if (comment) return { repository, issue, comment };
    }
    throw notFound();
  };

  app.get(`${repo}/issues/:number/comments`, (request, reply) => {
    const repository = repositoryOf(request, world);
    const issue = issueOf(request, repository);
    const shapes = issue.comments.map(comment => commentShape(world, repository, issue, comment));
    return page(request, reply, shapes, world.url);
  });

  app.post(`${repo}/issues/:number/comments`, (request, reply) => {
    const repository = repositoryOf(request, world);
    const author = whoAsks(request, world);
    const issue = issueOf(request, repository);
    const now = new Date();
    const comment = {
      ...{ id: world.nextId(), author, body: String(bodyOf(request).body) },
      ...{ createdAt: now, updatedAt: now },
    };
    issue.comments.push(comment);
    const shape = commentShape(world, repository, issue, comment);
    server.tell(repository, 'issue_comment', {
      action: 'created',
      issue: issueShape(world, repository, issue),
      comment: shape,
      sender: userShape(author),
    });
    reply.code(201);
    return shape;
  });

  app.get(one, request => {
    const { repository, issue, comment } = find(request);
    return commentShape(world, repository, issue, comment);
  });

  app.patch(one, request => {
    const { repository, issue, comment } = find(request);
    const sender = whoMay(request, world, repository, 'write');
    comment.body = String(bodyOf(request).body);
    comment.updatedAt = new Date();
    const shape = commentShape(world, repository, issue, comment);
    const shown = issueShape(world, repository, issue);
    const payload = { action: 'edited', issue: shown, comment: shape, sender: userShape(sender) };
    server.tell(repository, 'issue_comment', payload);
    return shape;
  });

  app.delete(one, (request, reply) => {
    const { repository, issue, comment } = find(request);
    whoMay(request, world, repository, 'write');
    issue.comments = issue.comments.filter(it => it !== comment);
    return reply.code(204).send();
  });
}
