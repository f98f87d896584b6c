/** Pull requests of a fake Gitea: opened, changed, listed. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { setState } from '../life.ts';
import { signedIn, whoAsks } from './accounts.ts';
import { bodyOf, notFound, page, Refusal } from './answers.ts';
import { branchSha } from './git.ts';
import { findRepository, pullOf, repositoryOf } from './lookup.ts';
import { keepHead } from './movement.ts';
import type { Changes, Reporter } from './news.ts';
import { pullShape } from './shapes.ts';
import { type FakeIssue, type FakePullIssue, type FakeRepository, isPull, mayDo, type World } from './world.ts';

const newPull = z.object({
  head: z.string(),
  base: z.string(),
  title: z.string().min(1),
  body: z.string().optional(),
});
const changedPull = z.object({
  title: z.string().optional(),
  body: z.string().optional(),
  state: z.enum(['open', 'closed']).optional(),
});

/** The numbers of issues and pull requests are one row. */
export const nextNumber = (repository: FakeRepository): number => repository.issues.length + 1;

export function addPullRoutes(app: FastifyInstance, world: World, report: Reporter): void {
  const base = '/api/v1/repos/:owner/:name/pulls';

  app.get(base, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const { state = 'open', base_branch } = request.query as { state?: string; base_branch?: string };
    const pulls = repository.issues
      .filter(isPull)
      .filter(issue => state === 'all' || issue.state === state)
      .filter(issue => !base_branch || issue.pull.base === base_branch)
      .toReversed();
    const shown = page(request, reply, pulls, { url: world.url });
    return Promise.all(shown.map(issue => pullShape(issue, repository, world, signedIn(request, world))));
  });
  app.get(`${base}/:number`, request => {
    const repository = repositoryOf(request, world);
    return pullShape(pullOf(request, repository), repository, world, signedIn(request, world));
  });

  app.post(base, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const author = whoAsks(request, world);
    const body = bodyOf(request, newPull);
    const head = headFrom(world, repository, body.head);
    await refuseUseless(repository, head, body);
    const now = new Date();
    const issue: FakePullIssue = {
      ...{ id: world.nextId(), number: nextNumber(repository), author, title: body.title, body: body.body ?? '' },
      ...{ state: 'open', labels: [], comments: [], createdAt: now, updatedAt: now, closedAt: null },
      pull: { head, base: body.base, merged: null, reviews: [] },
    };
    repository.issues.push(issue);
    await keepHead(repository, issue);
    await report.pull(repository, issue, 'opened', author);
    return reply.code(201).send(await pullShape(issue, repository, world, author));
  });

  app.patch(`${base}/:number`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const by = whoAsks(request, world);
    const issue = pullOf(request, repository);
    if (issue.author !== by && !mayDo(by, repository, 'write')) throw new Refusal(403, 'forbidden');
    const { title = issue.title, body = issue.body, state = issue.state } = bodyOf(request, changedPull);
    if (issue.pull.merged && state === 'open') throw new Refusal(412, 'The pull request has been merged.');
    const changes = changesOf(issue, { title, body });
    Object.assign(issue, { title, body, updatedAt: new Date() });
    const isMoved = setState(world, issue, state, by);
    if (changes) await report.pull(repository, issue, 'edited', by, changes);
    if (isMoved) await report.pull(repository, issue, state === 'closed' ? 'closed' : 'reopened', by);
    return reply.code(201).send(await pullShape(issue, repository, world, by));
  });
}

/** What an edit changes; undefined when that is nothing. */
export function changesOf(issue: FakeIssue, { title, body }: { title: string; body: string }): Changes | undefined {
  const changes: Changes = {
    ...(title === issue.title ? {} : { title: { from: issue.title } }),
    ...(body === issue.body ? {} : { body: { from: issue.body } }),
  };
  return Object.keys(changes).length > 0 ? changes : undefined;
}

/** `branch`, or `owner:branch` of a fork. */
function headFrom(world: World, repository: FakeRepository, named: string): FakePullIssue['pull']['head'] {
  const [, owner, branch] = /^([^:]+):(.+)$/.exec(named) ?? [];
  if (!owner || !branch || owner === repository.owner) return { repository, branch: branch ?? named };
  return { repository: findRepository(world, { owner, name: repository.name }), branch };
}

async function refuseUseless(
  repository: FakeRepository,
  head: FakePullIssue['pull']['head'],
  { base }: { base: string },
): Promise<void> {
  const isSame = head.repository === repository && head.branch === base;
  if (isSame) throw new Refusal(422, 'Invalid PullRequest: There are no changes between the head and the base');
  const shas = await Promise.all([
    branchSha(head.repository.directory, head.branch),
    branchSha(repository.directory, base),
  ]);
  if (shas.includes(undefined)) throw notFound();
  const other = repository.issues.find(
    ({ state, pull }) =>
      state === 'open' &&
      pull?.base === base &&
      pull.head.repository === head.repository &&
      pull.head.branch === head.branch,
  );
  if (!other) return;
  const targets = `head_branch: ${head.branch}, base_branch: ${base}`;
  throw new Refusal(409, `pull request already exists for these targets [issue_id: ${other.number}, ${targets}]`);
}
