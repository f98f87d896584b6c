/** Issues of a fake Gitea, and the labels of issues and pull requests. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isSince, isThere, lifeOf, setAssignees, setLabels, setState } from '../life.ts';
import { paramOf, queryOf } from '../request.ts';
import { whoAsks, whoMay } from './accounts.ts';
import { bodyOf, labelShape, page, Refusal } from './answers.ts';
import { issueOf, repositoryOf } from './lookup.ts';
import type { Changes, Reporter } from './news.ts';
import { changesOf, nextNumber } from './pulls.ts';
import { issueShape } from './shapes.ts';
import {
  type FakeAccount,
  type FakeIssue,
  type FakeLabel,
  type FakeRepository,
  isPull,
  mayDo,
  type World,
} from './world.ts';

const newIssue = z.object({
  title: z.string().min(1),
  body: z.string().optional(),
  labels: z.array(z.number()).optional(),
});
const changedIssue = z.object({
  title: z.string().optional(),
  body: z.string().optional(),
  state: z.enum(['open', 'closed']).optional(),
  assignees: z.array(z.string()).nullish(),
});

export function addIssueRoutes(app: FastifyInstance, world: World, report: Reporter): void {
  const base = '/api/v1/repos/:owner/:name/issues';

  app.get(base, (request, reply) => {
    const repository = repositoryOf(request, world);
    const { state = 'open', type, created_by, since } = queryOf(request);
    const found = repository.issues
      .filter(issue => state === 'all' || issue.state === state)
      .filter(issue => type === undefined || (type === 'pulls') === (issue.pull !== null))
      .filter(issue => !created_by || issue.author.login === created_by)
      .filter(issue => isThere(issue) && isSince(issue.updatedAt, since))
      .toReversed();
    return page(request, reply, found, { url: world.url }).map(issue => issueShape(issue, repository, world));
  });
  app.get(`${base}/:number`, request => {
    const repository = repositoryOf(request, world);
    return issueShape(issueOf(request, repository), repository, world);
  });

  app.post(base, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const author = whoAsks(request, world);
    const { title, body = '', labels = [] } = bodyOf(request, newIssue);
    const now = new Date();
    const issue: FakeIssue = {
      ...{ id: world.nextId(), number: nextNumber(repository), author, title, body, state: 'open' },
      // Labels of people who may not write are left out without a word.
      labels: mayDo(author, repository, 'write') ? repository.labels.filter(label => labels.includes(label.id)) : [],
      ...{ comments: [], createdAt: now, updatedAt: now, closedAt: null, pull: null },
    };
    repository.issues.push(issue);
    await report.issue(repository, issue, 'opened', author);
    if (issue.labels.length > 0) await report.issue(repository, issue, 'label_updated', author);
    return reply.code(201).send(issueShape(issue, repository, world));
  });

  app.patch(`${base}/:number`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const by = whoAsks(request, world);
    const issue = issueOf(request, repository);
    if (issue.author !== by && !mayDo(by, repository, 'write')) throw new Refusal(403, 'forbidden');
    const asked = bodyOf(request, changedIssue);
    const { title = issue.title, body = issue.body, state = issue.state } = asked;
    const changes = changesOf(issue, { title, body });
    Object.assign(issue, { title, body, ...(changes && { updatedAt: new Date() }) });
    const isMoved = setState(world, issue, state, by);
    if (asked.assignees) setAssignees(world, issue, world.accounts.filter(isNamed(asked.assignees)), by);
    const tell = (action: string, told?: Changes) =>
      isPull(issue)
        ? report.pull(repository, issue, action, by, told)
        : report.issue(repository, issue, action, by, told);
    if (changes) await tell('edited', changes);
    if (isMoved) await tell(state === 'closed' ? 'closed' : 'reopened');
    return reply.code(201).send(issueShape(issue, repository, world));
  });

  app.delete(`${base}/:number`, (request, reply) => {
    const repository = repositoryOf(request, world);
    whoMay(request, world, repository, 'admin');
    lifeOf(issueOf(request, repository)).isDeleted = true;
    return reply.code(204).send();
  });

  addLabelRoutes(app, world, report);
}

const isNamed =
  (logins: readonly string[]) =>
  ({ login }: FakeAccount) =>
    logins.includes(login);

const namedLabels = z.object({ labels: z.array(z.union([z.number(), z.string()])) });

function addLabelRoutes(app: FastifyInstance, world: World, report: Reporter): void {
  const base = '/api/v1/repos/:owner/:name/issues';
  app.get(`${base}/:number/labels`, request => issueOf(request, repositoryOf(request, world)).labels.map(labelShape));

  const change = async (request: FastifyRequest, labelsFrom: (issue: FakeIssue, named: FakeLabel[]) => FakeLabel[]) => {
    const repository = repositoryOf(request, world);
    const by = whoMay(request, world, repository, 'write');
    const issue = issueOf(request, repository);
    const { labels } = bodyOf(request, namedLabels);
    const named = repository.labels.filter(label => labels.includes(label.id) || labels.includes(label.name));
    setLabels(world, issue, labelsFrom(issue, named), by);
    await tell(repository, issue, by);
    return issue.labels.map(labelShape);
  };
  const tell = (repository: FakeRepository, issue: FakeIssue, by: FakeAccount) =>
    isPull(issue)
      ? report.pull(repository, issue, 'label_updated', by)
      : report.issue(repository, issue, 'label_updated', by);

  app.post(`${base}/:number/labels`, request => change(request, (issue, named) => [...issue.labels, ...named]));
  app.put(`${base}/:number/labels`, request => change(request, (_issue, named) => named));
  app.delete(`${base}/:number/labels/:id`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const by = whoMay(request, world, repository, 'write');
    const issue = issueOf(request, repository);
    const id = Number(paramOf(request, 'id'));
    if (!repository.labels.some(label => label.id === id)) throw new Refusal(422, 'label does not exist');
    setLabels(
      world,
      issue,
      issue.labels.filter(label => label.id !== id),
      by,
    );
    await tell(repository, issue, by);
    return reply.code(204).send();
  });
}
