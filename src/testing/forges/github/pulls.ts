/** Pull requests and their reviews on a fake GitHub. */
import { whoAsks, whoMay } from '../gitea/accounts.ts';
import { Refusal } from '../gitea/answers.ts';
import { branchSha, countAhead, merge } from '../gitea/git.ts';
import { pullOf, repositoryOf } from '../gitea/lookup.ts';
import { type FakePullIssue, type FakeRepository, isPull } from '../gitea/world.ts';
import { bodyOf, queryOf } from '../request.ts';
import { type GithubServer, invalid, page, repo } from './server.ts';
import { fetchHead, headOf, pullShape, userShape, wholePullShape } from './shapes.ts';

export function addPullRoutes(server: GithubServer): void {
  const { app, world } = server;

  app.get(`${repo}/pulls`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const { state = 'open', head, base } = queryOf(request);
    const found = repository.issues
      .filter(isPull)
      .filter(issue => state === 'all' || issue.state === state)
      .filter(issue => !base || issue.pull.base === base)
      .filter(({ pull }) => !head || `${pull.head.repository.owner}:${pull.head.branch}` === head)
      .toSorted((one, other) => other.number - one.number);
    return Promise.all(page(request, reply, found, world.url).map(issue => pullShape(server, repository, issue)));
  });

  app.post(`${repo}/pulls`, (request, reply) => {
    const repository = repositoryOf(request, world);
    const author = whoAsks(request, world);
    return world.alone(repository, async () => {
      const issue = await opened(server, repository, { ...bodyOf(request), author });
      const shape = await wholePullShape(server, repository, issue);
      server.tell(repository, 'pull_request', {
        action: 'opened',
        number: issue.number,
        pull_request: shape,
        sender: userShape(author),
      });
      reply.code(201);
      return shape;
    });
  });

  app.get(`${repo}/pulls/:number`, request => {
    const repository = repositoryOf(request, world);
    return wholePullShape(server, repository, pullOf(request, repository));
  });

  app.patch(`${repo}/pulls/:number`, async request => {
    const repository = repositoryOf(request, world);
    const sender = whoMay(request, world, repository, 'write');
    const issue = pullOf(request, repository);
    await headOf(server, issue);
    const { state } = bodyOf(request);
    if (state === 'closed' || state === 'open') issue.state = state;
    const shape = await pullShape(server, repository, issue);
    server.tell(repository, 'pull_request', {
      action: state === 'closed' ? 'closed' : 'reopened',
      number: issue.number,
      pull_request: shape,
      sender: userShape(sender),
    });
    return shape;
  });

  app.put(`${repo}/pulls/:number/merge`, request => {
    const repository = repositoryOf(request, world);
    const by = whoMay(request, world, repository, 'write');
    const issue = pullOf(request, repository);
    return world.alone(repository, () => mergedBy(server, repository, { issue, by, asked: bodyOf(request) }));
  });
}

type Asked = Record<string, unknown>;

async function opened(
  server: GithubServer,
  repository: FakeRepository,
  asked: Asked & { author: FakePullIssue['author'] },
): Promise<FakePullIssue> {
  const { world } = server;
  const named = String(asked.head ?? '');
  const [owner, branch] = named.includes(':') ? named.split(/:(.*)/s) : [repository.owner, named];
  const base = String(asked.base ?? '');
  const from = world.repositories.find(it => it.owner === owner && (it === repository || it.parent === repository));
  const head = from && branch ? await branchSha(from.directory, branch) : undefined;
  const into = await branchSha(repository.directory, base);
  if (!from || !branch || !head) throw invalid('head is invalid');
  if (!into) throw invalid('base is invalid');
  const isThere = repository.issues.some(
    ({ state, pull }) =>
      state === 'open' && pull?.base === base && pull.head.branch === branch && pull.head.repository === from,
  );
  if (isThere) throw invalid(`A pull request already exists for ${owner}:${branch}.`);
  const now = new Date();
  const issue: FakePullIssue = {
    id: world.nextId(),
    number: repository.issues.length + 1,
    author: asked.author,
    title: String(asked.title),
    body: String(asked.body ?? ''),
    state: 'open',
    labels: [],
    comments: [],
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    pull: { head: { repository: from, branch }, base, merged: null, reviews: [] },
  };
  await fetchHead(repository, issue, head);
  const ahead = await countAhead(repository.directory, into, head);
  if (ahead === 0) throw invalid(`No commits between ${base} and ${branch}`);
  if (asked.draft === true) server.drafts.add(issue);
  server.heads.set(issue, head);
  repository.issues.push(issue);
  return issue;
}

async function mergedBy(
  server: GithubServer,
  repository: FakeRepository,
  { issue, by, asked }: { issue: FakePullIssue; by: FakePullIssue['author']; asked: Asked },
) {
  const head = await headOf(server, issue);
  if (issue.state === 'closed') throw new Refusal(405, 'Pull Request is not mergeable');
  if (server.drafts.has(issue)) throw new Refusal(405, 'Pull Request is still a draft');
  if (asked.sha && asked.sha !== head) {
    throw new Refusal(409, 'Head branch was modified. Review and try the merge again.');
  }
  await fetchHead(repository, issue, head);
  const title = asked.commit_title ?? `Merge pull request #${issue.number}`;
  const text = asked.commit_message ? `${title}\n\n${asked.commit_message}` : String(title);
  const author = { name: by.login, email: `${by.login}@noreply.localhost` };
  const commit = await merge(repository.directory, { base: issue.pull.base, head, message: text, author });
  if (!commit) throw new Refusal(405, 'Pull Request is not mergeable');
  issue.state = 'closed';
  issue.pull.merged = { commit, by, at: new Date() };
  server.tell(repository, 'pull_request', {
    action: 'closed',
    number: issue.number,
    pull_request: await pullShape(server, repository, issue),
    sender: userShape(by),
  });
  return { sha: commit, merged: true, message: 'Pull Request successfully merged' };
}
