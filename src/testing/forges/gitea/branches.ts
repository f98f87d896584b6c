/** Branches and commits of a fake Gitea. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { whoMay } from './accounts.ts';
import { bodyOf, notFound, page, Refusal } from './answers.ts';
import { branchSha, git, shaOf } from './git.ts';
import type { Pushed } from './git-http.ts';
import { repositoryOf, restOf } from './lookup.ts';
import type { World } from './world.ts';

const newBranch = z.object({ new_branch_name: z.string().min(1).max(100), old_ref_name: z.string().optional() });

export function addBranchRoutes(app: FastifyInstance, world: World, pushed: Pushed): void {
  const base = '/api/v1/repos/:owner/:name';
  const shapeOf = (name: string, sha: string) => ({ name, commit: { id: sha }, protected: false });

  app.get(`${base}/branches/*`, async request => {
    const name = restOf(request);
    const sha = await branchSha(repositoryOf(request, world).directory, name);
    if (!sha) throw notFound();
    return shapeOf(name, sha);
  });

  app.post(`${base}/branches`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const by = whoMay(request, world, repository, 'write');
    const { new_branch_name: name, old_ref_name = repository.defaultBranch } = bodyOf(request, newBranch);
    const sha = await shaOf(repository.directory, old_ref_name);
    if (!sha) throw new Refusal(404, 'The old branch does not exist');
    await world.alone(repository, async () => {
      if (await branchSha(repository.directory, name)) throw new Refusal(409, 'The branch already exists.');
      await git(repository.directory, 'update-ref', `refs/heads/${name}`, sha);
      await pushed(repository, [{ ref: `refs/heads/${name}`, before: null, after: sha }], by);
    });
    return reply.code(201).send(shapeOf(name, sha));
  });

  app.delete(`${base}/branches/*`, async (request, reply) => {
    const repository = repositoryOf(request, world);
    const by = whoMay(request, world, repository, 'write');
    const name = restOf(request);
    if (name === repository.defaultBranch) throw new Refusal(403, 'can not delete default branch');
    await world.alone(repository, async () => {
      const before = await branchSha(repository.directory, name);
      if (!before) throw notFound();
      await git(repository.directory, 'update-ref', '-d', `refs/heads/${name}`);
      await pushed(repository, [{ ref: `refs/heads/${name}`, before, after: null }], by);
    });
    return reply.code(204).send();
  });

  app.get(`${base}/commits`, async (request, reply) => {
    const { directory, defaultBranch } = repositoryOf(request, world);
    const { sha = defaultBranch, not } = request.query as { sha?: string; not?: string };
    const [from, without] = await Promise.all([shaOf(directory, sha), not ? shaOf(directory, not) : undefined]);
    if (!from) throw notFound();
    const range = [from, ...(without ? [`^${without}`] : [])];
    const shas = (await git(directory, 'rev-list', ...range)).split('\n').filter(Boolean);
    return page(request, reply, shas, { url: world.url }).map(commit => ({ sha: commit }));
  });
}
