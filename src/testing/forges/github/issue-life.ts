/** What a fake GitHub tells of an issue's life: its events, what it depends on, reactions to comments, and who may change it. */
import type { FastifyRequest } from 'fastify';
import { whoAsks, whoMay } from '../gitea/accounts.ts';
import { notFound, Refusal } from '../gitea/answers.ts';
import { issueOf, repositoryOf } from '../gitea/lookup.ts';
import { type FakeRepository, mayDo } from '../gitea/world.ts';
import { blockedBy, type FakeChange, type FakeReaction, lifeOf, react, reactionsTo, stamp } from '../life.ts';
import { bodyOf, paramOf } from '../request.ts';
import { type GithubServer, invalid, page, repo } from './server.ts';
import { issueShape, userShape } from './shapes.ts';

const words = ['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes'];

export function addIssueLifeRoutes(server: GithubServer): void {
  const { app, world } = server;

  app.get(`${repo}/issues/:number/events`, (request, reply) => {
    const { changes } = lifeOf(issueOf(request, repositoryOf(request, world)));
    return page(request, reply, changes.map(eventShape), world.url);
  });

  const dependencies = `${repo}/issues/:number/dependencies`;
  app.get(`${dependencies}/blocked_by`, (request, reply) => {
    const repository = repositoryOf(request, world);
    const first = lifeOf(issueOf(request, repository)).blockedBy;
    return page(request, reply, first, world.url).map(issue => issueShape(world, repository, issue));
  });
  app.get(`${dependencies}/blocking`, (request, reply) => {
    const repository = repositoryOf(request, world);
    const waiting = blockedBy(repository, issueOf(request, repository));
    return page(request, reply, waiting, world.url).map(issue => issueShape(world, repository, issue));
  });
  app.post(`${dependencies}/blocked_by`, (request, reply) => {
    const repository = repositoryOf(request, world);
    whoMay(request, world, repository, 'write');
    const issue = issueOf(request, repository);
    // The id of the other issue, not its number.
    const first = repository.issues.find(({ id }) => id === bodyOf(request).issue_id);
    if (!first) throw invalid('issue_id is invalid');
    lifeOf(issue).blockedBy.push(first);
    reply.code(201);
    return issueShape(world, repository, first);
  });

  app.get(`${repo}/collaborators/:login/permission`, request => {
    const repository = repositoryOf(request, world);
    const asks = whoAsks(request, world);
    if (!mayDo(asks, repository, 'write')) {
      throw new Refusal(403, 'Must have push access to view collaborator permission.');
    }
    const account = world.accounts.find(({ login }) => login === paramOf(request, 'login'));
    if (!account) throw notFound();
    const permission = permissionOf(repository, account.login);
    return { permission, role_name: permission, user: userShape(account) };
  });
  addReactionRoutes(server);
}

const permissionOf = (repository: FakeRepository, login: string) =>
  login === repository.owner ? 'admin' : (repository.permissions.get(login) ?? 'read');

function eventShape({ id, by, at, what }: FakeChange) {
  const common = { id, actor: userShape(by), created_at: stamp(at) };
  if (what.type === 'state') return { ...common, event: what.isOpen ? 'reopened' : 'closed' };
  if (what.type === 'label') {
    const { name, color } = what.label;
    return { ...common, event: what.isAdded ? 'labeled' : 'unlabeled', label: { name, color } };
  }
  return { ...common, event: what.isAdded ? 'assigned' : 'unassigned', assignee: userShape(what.account) };
}

const reactionShape = ({ id, by, word, at }: FakeReaction) => ({
  ...{ id, user: userShape(by), content: word, created_at: stamp(at) },
});

function addReactionRoutes({ app, world }: GithubServer): void {
  const path = `${repo}/issues/comments/:id/reactions`;
  const find = (request: FastifyRequest) => {
    const comments = repositoryOf(request, world).issues.flatMap(issue => issue.comments);
    const comment = comments.find(({ id }) => String(id) === paramOf(request, 'id'));
    if (!comment) throw notFound();
    return comment;
  };
  app.get(path, (request, reply) => page(request, reply, reactionsTo(find(request)).map(reactionShape), world.url));
  app.post(path, (request, reply) => {
    const by = whoAsks(request, world);
    const word = String(bodyOf(request).content);
    if (!words.includes(word)) throw invalid('content is invalid');
    reply.code(201);
    return reactionShape(react(world, find(request), by, word));
  });
}
