/** Commit statuses and check runs on a fake GitHub. */
import { whoMay } from '../gitea/accounts.ts';
import { Refusal } from '../gitea/answers.ts';
import { shaOf } from '../gitea/git.ts';
import { repositoryOf } from '../gitea/lookup.ts';
import type { FakeRepository, FakeStatus } from '../gitea/world.ts';
import { bodyOf, paramOf } from '../request.ts';
import { branchesAt } from '../stock.ts';
import { type FakeCheckRun, type GithubServer, invalid, page, repo } from './server.ts';
import { userShape } from './shapes.ts';

const states = new Set(['pending', 'success', 'failure', 'error']);
const longestDescription = 140;

async function commitOf({ directory }: FakeRepository, ref: string): Promise<string> {
  const sha = await shaOf(directory, ref);
  if (!sha) throw new Refusal(422, `No commit found for SHA: ${ref}`);
  return sha;
}

export function addCheckRoutes(server: GithubServer): void {
  const { app, world, checkRuns } = server;

  /** Newest first, as the history of a commit is shown. */
  const statusesOf = (repository: FakeRepository, sha: string) =>
    repository.statuses.filter(status => status.sha === sha).toReversed();

  app.get(`${repo}/commits/:ref/statuses`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const all = statusesOf(repository, await commitOf(repository, paramOf(request, 'ref')));
    return page(request, reply, all.map(statusShape), world.url);
  });

  app.get(`${repo}/commits/:ref/status`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const sha = await commitOf(repository, paramOf(request, 'ref'));
    const newest = [...Map.groupBy(statusesOf(repository, sha), ({ context }) => context).values()].map(of => of[0]!);
    return { sha, total_count: newest.length, statuses: page(request, reply, newest.map(statusShape), world.url) };
  });

  app.get(`${repo}/commits/:ref/check-runs`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const sha = await commitOf(repository, paramOf(request, 'ref'));
    const all = (checkRuns.get(repository) ?? []).filter(run => run.sha === sha);
    return { total_count: all.length, check_runs: page(request, reply, all.map(runShape), world.url) };
  });

  app.post(`${repo}/statuses/:sha`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const creator = whoMay(request, world, repository, 'write');
    const sha = await commitOf(repository, paramOf(request, 'sha'));
    const { state, context = 'default', description = '', target_url = '' } = bodyOf(request) as Record<string, string>;
    if (!state || !states.has(state)) throw invalid('state is not included in the list');
    if (description.length > longestDescription) throw invalid('description is too long (maximum is 140 characters)');
    const status: FakeStatus = {
      ...{ id: world.nextId(), sha, state, context, description, creator },
      targetUrl: target_url,
      createdAt: new Date(),
    };
    repository.statuses.push(status);
    const shape = statusShape(status);
    const branches = (await branchesAt(repository, sha)).map(name => ({ name, commit: { sha } }));
    server.tell(repository, 'status', { ...shape, sha, branches, sender: userShape(creator) });
    reply.code(201);
    return shape;
  });
}

const statusShape = (status: FakeStatus) => ({
  id: status.id,
  state: status.state,
  context: status.context,
  description: status.description || null,
  target_url: status.targetUrl || null,
  creator: userShape(status.creator),
  created_at: status.createdAt.toISOString(),
  updated_at: status.createdAt.toISOString(),
});

export const runShape = (run: FakeCheckRun) => ({
  id: run.id,
  name: run.name,
  head_sha: run.sha,
  status: run.status,
  conclusion: run.conclusion,
  started_at: run.startedAt.toISOString(),
  completed_at: run.status === 'completed' ? run.startedAt.toISOString() : null,
  html_url: `https://codehost.test/runs/${run.id}`,
  output: { title: null },
});
