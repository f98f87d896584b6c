/** Issues of a fake Gitea, and the labels of issues and pull requests. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { whoAsks, whoMay } from './accounts.ts';
import { bodyOf, labelShape, page, Refusal } from './answers.ts';
import { issueOf, repositoryOf } from './lookup.ts';
import type { Changes, Reporter } from './news.ts';
import { changesOf, nextNumber } from './pulls.ts';
import { issueShape } from './shapes.ts';
import { type FakeIssue, isPull, mayDo, type World } from './world.ts';

const newIssue = z.object({
  title: z.string().min(1),
  body: z.string().optional(),
  labels: z.array(z.number()).optional(),
});
const changedIssue = z.object({
  title: z.string().optional(),
  body: z.string().optional(),
  state: z.enum(['open', 'closed']).optional(),
});

export function addIssueRoutes(app: FastifyInstance, world: World, report: Reporter): void {
  const base = '/api/v1/repos/:owner/:name/issues';

  app.get(base, (request, reply) => {
    const repository = repositoryOf(request, world);
    const query = request.query as Record<string, string | undefined>;
    const { state = 'open', type, created_by } = query;
    const found = repository.issues
      .filter(issue => state === 'all' || issue.state === state)
      .filter(issue => type === undefined || (type === 'pulls') === (issue.pull !== null))
      .filter(issue => !created_by || issue.author.login === created_by)
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
    const { title = issue.title, body = issue.body, state = issue.state } = bodyOf(request, changedIssue);
    const changes = changesOf(issue, { title, body });
    const isMoved = state !== issue.state;
    Object.assign(issue, { title, body, state, updatedAt: new Date() });
    if (isMoved) issue.closedAt = state === 'closed' ? new Date() : null;
    const tell = (action: string, told?: Changes) =>
      isPull(issue)
        ? report.pull(repository, issue, action, by, told)
        : report.issue(repository, issue, action, by, told);
    if (changes) await tell('edited', changes);
    if (isMoved) await tell(state === 'closed' ? 'closed' : 'reopened');
    return reply.code(201).send(issueShape(issue, repository, world));
  });

  addLabelRoutes(app, world, report);
}

function addLabelRoutes(app: FastifyInstance, world: World, report: Reporter): void {
  const base = '/api/v1/repos/:owner/:name/issues';
  app.get(`${base}/:number/labels`, request => issueOf(request, repositoryOf(request, world)).labels.map(labelShape));
  app.post(`${base}/:number/labels`, async request => {
    const repository = repositoryOf(request, world);
    const by = whoMay(request, world, repository, 'write');
    const issue = issueOf(request, repository);
    const { labels } = bodyOf(request, z.object({ labels: z.array(z.union([z.number(), z.string()])) }));
    const added = repository.labels.filter(label => labels.includes(label.id) || labels.includes(label.name));
    issue.labels = [...new Set([...issue.labels, ...added])];
    if (isPull(issue)) await report.pull(repository, issue, 'label_updated', by);
    else await report.issue(repository, issue, 'label_updated', by);
    return issue.labels.map(labelShape);
  });
}
