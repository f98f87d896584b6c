/** Merge requests of a fake GitLab: opened, closed, merged. */
import { whoAsks, whoMay } from '../gitea/accounts.ts';
import { Refusal } from '../gitea/answers.ts';
import { branchSha, merge } from '../gitea/git.ts';
import { type FakeAccount, type FakePullIssue, type FakeRepository, isPull } from '../gitea/world.ts';
import { bodyOf, queryOf } from '../request.ts';
import { changeIssue } from './issues.ts';
import { type GitlabServer, nextIid, page, project, projectOf, requestOf } from './server.ts';
import { fetchHead, headOf, mergeStatus, requestNews, requestShape, userShape } from './shapes.ts';

const requests = `${project}/merge_requests`;

export async function tellOfRequest(
  server: GitlabServer,
  repository: FakeRepository,
  { issue, action, by, oldrev }: { issue: FakePullIssue; action: string; by: FakeAccount; oldrev?: string | null },
): Promise<void> {
  server.tell(repository, 'merge_requests_events', {
    object_kind: 'merge_request',
    user: userShape(by),
    object_attributes: { ...(await requestNews(server, repository, issue)), action, oldrev },
    labels: [],
  });
}

export function addRequestRoutes(server: GitlabServer): void {
  const { app, world } = server;

  app.get(requests, async (request, reply) => {
    const repository = projectOf(request, world);
    const { state = 'all', source_branch, target_branch } = queryOf(request);
    const found = repository.issues
      .filter(isPull)
      .filter(issue => state === 'all' || (state === 'opened') === (issue.state === 'open'))
      .filter(({ pull }) => !source_branch || pull.head.branch === source_branch)
      .filter(({ pull }) => !target_branch || pull.base === target_branch)
      .toReversed();
    return Promise.all(page(request, reply, found).map(issue => requestShape(server, repository, issue)));
  });

  app.post(requests, (request, reply) => {
    const author = whoAsks(request, world);
    const source = projectOf(request, world);
    const asked = bodyOf(request);
    const target = asked.target_project_id
      ? world.repositories.find(({ id }) => id === asked.target_project_id)
      : source;
    if (!target) throw new Refusal(404, '404 Target project not found');
    return world.alone(target, async () => {
      const issue = await opened(server, { source, target, asked, author });
      await tellOfRequest(server, target, { issue, action: 'open', by: author });
      reply.code(201);
      return requestShape(server, target, issue);
    });
  });

  app.get(`${requests}/:iid`, request => {
    const repository = projectOf(request, world);
    return requestShape(server, repository, requestOf(request, repository));
  });

  app.put(`${requests}/:iid`, async request => {
    const repository = projectOf(request, world);
    const by = whoMay(request, world, repository, 'write');
    const issue = requestOf(request, repository);
    await headOf(server, issue);
    const action = changeIssue(server, repository, { issue, asked: bodyOf(request), by });
    if (action !== null) await tellOfRequest(server, repository, { issue, action, by });
    return requestShape(server, repository, issue);
  });

  app.put(`${requests}/:iid/merge`, request => {
    const repository = projectOf(request, world);
    const by = whoAsks(request, world);
    const issue = requestOf(request, repository);
    return world.alone(repository, () => mergedBy(server, repository, { issue, by, asked: bodyOf(request) }));
  });
}

interface Opening {
  source: FakeRepository;
  target: FakeRepository;
  asked: Record<string, unknown>;
  author: FakeAccount;
}

async function opened(server: GitlabServer, { source, target, asked, author }: Opening): Promise<FakePullIssue> {
  const branch = String(asked.source_branch ?? '');
  const base = String(asked.target_branch ?? '');
  if (!(await branchSha(source.directory, branch))) throw new Refusal(422, 'Source branch does not exist');
  const isThere = target.issues.some(
    ({ state, pull }) =>
      state === 'open' && pull?.base === base && pull.head.branch === branch && pull.head.repository === source,
  );
  if (isThere) throw new Refusal(409, 'Another open merge request already exists for this source branch');
  const now = new Date();
  const issue: FakePullIssue = {
    ...{ id: server.world.nextId(), number: nextIid(target, 'request'), author },
    ...{ title: String(asked.title), body: String(asked.description ?? ''), state: 'open' },
    ...{ labels: [], comments: [], createdAt: now, updatedAt: now, closedAt: null },
    pull: { head: { repository: source, branch }, base, merged: null, reviews: [] },
  };
  target.issues.push(issue);
  await headOf(server, issue);
  return issue;
}

async function mergedBy(
  server: GitlabServer,
  repository: FakeRepository,
  { issue, by, asked }: { issue: FakePullIssue; by: FakeAccount; asked: Record<string, unknown> },
) {
  const head = await headOf(server, issue);
  if (issue.state === 'closed') throw new Refusal(405, '405 Method Not Allowed');
  if (asked.sha && asked.sha !== head) throw new Refusal(409, `SHA does not match HEAD of source branch: ${head}`);
  const word = await mergeStatus(server, repository, issue, head);
  if (word === 'conflict') throw new Refusal(422, 'Branch cannot be merged');
  if (word !== 'mergeable') throw new Refusal(405, '405 Method Not Allowed');
  await fetchHead(repository, issue, head);
  const message = String(asked.merge_commit_message ?? `Merge branch '${issue.pull.head.branch}'`);
  const author = { name: by.login, email: `${by.login}@noreply.localhost` };
  const commit = await merge(repository.directory, { base: issue.pull.base, head, message, author });
  if (!commit) throw new Refusal(422, 'Branch cannot be merged');
  issue.state = 'closed';
  issue.pull.merged = { commit, by, at: new Date() };
  await tellOfRequest(server, repository, { issue, action: 'merge', by });
  return requestShape(server, repository, issue);
}
