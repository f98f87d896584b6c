/** What a fake Gitea tells of an issue's life: its timeline, what it depends on, and reactions to its comments. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { blockedBy, type FakeChange, isSince, lifeOf, react, reactionsTo, stamp, takeBack } from '../life.ts';
import { paramOf, queryOf } from '../request.ts';
import { whoAsks, whoMay } from './accounts.ts';
import { bodyOf, labelShape, notFound, Refusal, userShape } from './answers.ts';
import { findRepository, issueOf, repositoryOf } from './lookup.ts';
import { commentShape, issueShape } from './shapes.ts';
import type { FakeIssue, FakeRepository, World } from './world.ts';

const base = '/api/v1/repos/:owner/:name/issues';
const words = ['+1', '-1', 'laugh', 'hooray', 'confused', 'heart', 'rocket', 'eyes'];

export function addIssueLifeRoutes(app: FastifyInstance, world: World): void {
  app.get(`${base}/:number/timeline`, (request, reply) => {
    const repository = repositoryOf(request, world);
    const issue = repository.issues.find(({ number }) => String(number) === paramOf(request, 'number'));
    // The real one takes this for a failure of its own.
    if (!issue) throw new Refusal(500, '');
    const { limit = '30', page: number = '1', since } = queryOf(request);
    const entries = timelineOf(world, repository, issue).filter(({ at }) => isSince(at, since));
    const size = Math.min(Number(limit), 50);
    const found = entries.slice((Number(number) - 1) * size, Number(number) * size);
    // The count is of this page, and an empty one is null.
    reply.header('x-total-count', String(found.length));
    return reply.type('application/json').send(found.length > 0 ? found.map(({ shape }) => shape) : 'null');
  });

  addReactionRoutes(app, world);
  addDependencyRoutes(app, world);
}

function timelineOf(world: World, repository: FakeRepository, issue: FakeIssue) {
  const changes = lifeOf(issue).changes.map(change => ({
    ...{ id: change.id, at: change.at },
    shape: changeShape(world, change),
  }));
  const comments = issue.comments.map(comment => ({
    ...{ id: comment.id, at: comment.updatedAt },
    shape: { ...commentShape(comment, issue, repository, world), type: 'comment', label: null, assignee: null },
  }));
  return [...changes, ...comments].toSorted((one, other) => one.id - other.id);
}

function changeShape(world: World, { id, by, at, what }: FakeChange) {
  const words = {
    state: what.type === 'state' && what.isOpen ? 'reopen' : 'close',
    label: 'label',
    assignee: 'assignees',
  };
  return {
    ...{ id, type: words[what.type], user: userShape(by, world), created_at: stamp(at), updated_at: stamp(at) },
    body: what.type === 'label' && what.isAdded ? '1' : '',
    label: what.type === 'label' ? labelShape(what.label) : null,
    assignee: what.type === 'assignee' ? userShape(what.account, world) : null,
    removed_assignee: what.type === 'assignee' && !what.isAdded,
  };
}

function addReactionRoutes(app: FastifyInstance, world: World): void {
  const path = `${base}/comments/:id/reactions`;
  const find = (request: FastifyRequest) => {
    const comments = repositoryOf(request, world).issues.flatMap(issue => issue.comments);
    const comment = comments.find(({ id }) => String(id) === paramOf(request, 'id'));
    if (!comment) throw notFound();
    return comment;
  };
  const shape = ({ by, word, at }: ReturnType<typeof react>) => ({
    ...{ user: userShape(by, world), content: word, created_at: stamp(at) },
  });

  app.get(path, (request, reply) => {
    const given = reactionsTo(find(request)).map(shape);
    return reply.type('application/json').send(given.length > 0 ? given : 'null');
  });
  app.post(path, (request, reply) => {
    const by = whoAsks(request, world);
    const { content } = bodyOf(request, z.object({ content: z.string() }));
    if (!words.includes(content)) throw new Refusal(403, `'${content}' is not an allowed reaction`);
    return reply.code(201).send(shape(react(world, find(request), by, content)));
  });
  app.delete(path, (request, reply) => {
    takeBack(find(request), whoAsks(request, world), bodyOf(request, z.object({ content: z.string() })).content);
    return reply.code(200).send();
  });
}

function addDependencyRoutes(app: FastifyInstance, world: World): void {
  const shapes = (repository: FakeRepository, issues: readonly FakeIssue[], request: FastifyRequest) => {
    // Lists without a count: only an empty page is their end.
    const { limit = '30', page = '1' } = queryOf(request);
    const size = Math.min(Number(limit), 50);
    return issues
      .slice((Number(page) - 1) * size, Number(page) * size)
      .map(issue => issueShape(issue, repository, world));
  };
  app.get(`${base}/:number/dependencies`, request => {
    const repository = repositoryOf(request, world);
    return shapes(repository, lifeOf(issueOf(request, repository)).blockedBy, request);
  });
  app.get(`${base}/:number/blocks`, request => {
    const repository = repositoryOf(request, world);
    return shapes(repository, blockedBy(repository, issueOf(request, repository)), request);
  });
  app.post(`${base}/:number/dependencies`, (request, reply) => {
    const repository = repositoryOf(request, world);
    whoMay(request, world, repository, 'write');
    const issue = issueOf(request, repository);
    const meta = bodyOf(request, z.object({ owner: z.string(), repo: z.string(), index: z.number() }));
    const other = findRepository(world, { owner: meta.owner, name: meta.repo });
    const first = other.issues.find(({ number }) => number === meta.index);
    if (!first) throw notFound();
    lifeOf(issue).blockedBy.push(first);
    return reply.code(201).send(issueShape(issue, repository, world));
  });
}
