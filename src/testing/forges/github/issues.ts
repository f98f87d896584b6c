/** Issues, comments and labels on a fake GitHub. Pull requests are issues there. */
import type { FastifyRequest } from 'fastify';
import { whoAsks, whoMay } from '../gitea/accounts.ts';
import { notFound, Refusal } from '../gitea/answers.ts';
import { issueOf, repositoryOf } from '../gitea/lookup.ts';
import type { FakeAccount, FakeIssue, FakeLabel, FakeRepository } from '../gitea/world.ts';
import { type FakeChange, isSince, isThere, lifeOf, setAssignees, setLabels, setState } from '../life.ts';
import { bodyOf, paramOf, queryOf } from '../request.ts';
import { type GithubServer, invalid, page, repo } from './server.ts';
import { commentShape, issueShape, userShape } from './shapes.ts';

export function addIssueRoutes(server: GithubServer): void {
  const { app, world } = server;

  app.get(`${repo}/issues`, (request, reply) => {
    const repository = repositoryOf(request, world);
    const { state = 'open', creator, since, sort = 'created', direction = 'desc' } = queryOf(request);
    const found = repository.issues
      .filter(issue => state === 'all' || issue.state === state)
      .filter(issue => !creator || issue.author.login === creator)
      .filter(issue => isThere(issue) && isSince(issue.updatedAt, since))
      .toSorted(sort === 'updated' ? byUpdate : byNumber);
    const listed = direction === 'asc' ? found : found.toReversed();
    return page(request, reply, listed, world.url).map(issue => issueShape(world, repository, issue));
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
    issue.labels = labelsNamed(server, repository, labels as string[]);
    const shape = issueShape(world, repository, issue);
    server.tell(repository, 'issues', { action: 'opened', issue: shape, sender: userShape(author) });
    reply.code(201);
    return shape;
  });

  app.get(`${repo}/issues/:number`, request => {
    const repository = repositoryOf(request, world);
    const isGone = repository.issues.some(it => String(it.number) === paramOf(request, 'number') && !isThere(it));
    if (isGone) throw new Refusal(410, 'This issue was deleted');
    return issueShape(world, repository, issueOf(request, repository));
  });

  app.patch(`${repo}/issues/:number`, request => {
    const repository = repositoryOf(request, world);
    const sender = whoMay(request, world, repository, 'write');
    const issue = issueOf(request, repository);
    const { state, state_reason, assignees, title, body } = bodyOf(request);
    if (Array.isArray(assignees)) {
      const given = world.accounts.filter(isNamed(assignees));
      tellChanges(server, repository, issue, setAssignees(world, issue, given, sender));
    }
    if (title !== undefined || body !== undefined) {
      const changes = { title: { from: issue.title }, body: { from: issue.body } };
      Object.assign(issue, { title: String(title ?? issue.title), body: String(body ?? issue.body) });
      issue.updatedAt = new Date();
      const edited = { action: 'edited', changes, issue: issueShape(world, repository, issue) };
      server.tell(repository, 'issues', { ...edited, sender: userShape(sender) });
    }
    const isMoved = (state === 'closed' || state === 'open') && setState(world, issue, state, sender);
    if (isMoved) lifeOf(issue).reason = state === 'open' ? 'reopened' : String(state_reason ?? 'completed');
    const shape = issueShape(world, repository, issue);
    const action = state === 'closed' ? 'closed' : 'reopened';
    if (isMoved) server.tell(repository, 'issues', { action, issue: shape, sender: userShape(sender) });
    return shape;
  });

  app.get(`${repo}/issues/:number/labels`, (request, reply) =>
    page(request, reply, issueOf(request, repositoryOf(request, world)).labels, world.url),
  );

  addLabelRoutes(server);
  addCommentRoutes(server);
}

/** Each change of a label or an assignee is told on its own. */
function tellChanges(
  { tell, world }: GithubServer,
  repository: FakeRepository,
  issue: FakeIssue,
  changes: readonly FakeChange[],
): void {
  // Of a pull request another event tells.
  if (issue.pull) return;
  for (const { what, by } of changes) {
    const common = { issue: issueShape(world, repository, issue), sender: userShape(by) };
    if (what.type === 'label') {
      tell(repository, 'issues', { action: what.isAdded ? 'labeled' : 'unlabeled', label: what.label, ...common });
    }
    if (what.type === 'assignee') {
      const action = what.isAdded ? 'assigned' : 'unassigned';
      tell(repository, 'issues', { action, assignee: userShape(what.account), ...common });
    }
  }
}

const byNumber = (one: FakeIssue, other: FakeIssue) => one.number - other.number;
const byUpdate = (one: FakeIssue, other: FakeIssue) => one.updatedAt.getTime() - other.updatedAt.getTime();
const isNamed =
  (logins: readonly unknown[]) =>
  ({ login }: FakeAccount) =>
    logins.includes(login);

function addLabelRoutes(server: GithubServer): void {
  const { app, world } = server;
  const path = `${repo}/issues/:number/labels`;

  const change = (request: FastifyRequest, labelsFrom: (issue: FakeIssue, named: FakeLabel[]) => FakeLabel[]) => {
    const repository = repositoryOf(request, world);
    const by = whoMay(request, world, repository, 'write');
    const issue = issueOf(request, repository);
    const { labels = [] } = bodyOf(request);
    const named = labelsNamed(server, repository, labels as string[]);
    tellChanges(server, repository, issue, setLabels(world, issue, labelsFrom(issue, named), by));
    return issue.labels;
  };
  app.post(path, request => change(request, (issue, named) => [...issue.labels, ...named]));
  app.put(path, request => change(request, (_issue, named) => named));
  app.delete(`${path}/:name`, request =>
    change(request, issue => {
      const kept = issue.labels.filter(({ name }) => name !== paramOf(request, 'name'));
      if (kept.length === issue.labels.length) throw new Refusal(404, 'Label does not exist');
      return kept;
    }),
  );
}

/** Labels that there are not are made, as GitHub does. */
function labelsNamed({ world }: GithubServer, repository: FakeRepository, names: readonly string[]): FakeLabel[] {
  return names.map(name => {
    const there = repository.labels.find(it => it.name.toLowerCase() === name.toLowerCase());
    const label = there ?? { id: world.nextId(), name, color: 'ededed' };
    if (!there) repository.labels.push(label);
    return label;
  });
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
    const found = issue.comments.filter(({ updatedAt }) => isSince(updatedAt, queryOf(request).since));
    const shapes = found.map(comment => commentShape(world, repository, issue, comment));
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
    issue.updatedAt = now;
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
    const asks = whoAsks(request, world);
    const sender = asks === comment.author ? asks : whoMay(request, world, repository, 'write');
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
