/** Statuses of commits on a fake Gitea. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { whoMay } from './accounts.ts';
import { bodyOf, notFound, page, Refusal } from './answers.ts';
import { shaOf } from './git.ts';
import { repositoryOf } from './lookup.ts';
import type { Reporter } from './news.ts';
import { statusShape } from './shapes.ts';
import type { FakeStatus, World } from './world.ts';

const newStatus = z.object({
  state: z.string(),
  context: z.string().optional(),
  description: z.string().optional(),
  target_url: z.string().optional(),
});
const knownStates = ['pending', 'success', 'error', 'failure', 'warning', 'skipped'];

export function addStatusRoutes(app: FastifyInstance, world: World, report: Reporter): void {
  const base = '/api/v1/repos/:owner/:name';
  const shaIn = (params: unknown) => (params as { sha: string }).sha;

  app.post(`${base}/statuses/:sha`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const creator = whoMay(request, world, repository, 'write');
    const body = bodyOf(request, newStatus);
    if (!knownStates.includes(body.state)) throw new Refusal(400, `unknown state ${body.state}`);
    const sha = await shaOf(repository.directory, shaIn(request.params));
    // The real one fails over what it does not find.
    if (!sha) throw new Refusal(500, `GetCommit[${shaIn(request.params)}]: object does not exist`);
    const status: FakeStatus = {
      ...{ id: world.nextId(), sha, state: body.state, context: body.context || 'default', creator },
      ...{ description: body.description ?? '', targetUrl: body.target_url ?? '', createdAt: new Date() },
    };
    repository.statuses.push(status);
    await report.status(repository, status);
    return reply.code(201).send(statusShape(status, repository, world));
  });

  app.get(`${base}/commits/:sha/statuses`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const sha = await shaOf(repository.directory, shaIn(request.params));
    if (!sha) throw notFound();
    const newestFirst = repository.statuses.filter(status => status.sha === sha).toReversed();
    const shown = page(request, reply, newestFirst, { url: world.url });
    return shown.map(status => statusShape(status, repository, world));
  });
}
