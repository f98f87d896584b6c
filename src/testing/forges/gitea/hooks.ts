/** The webhooks of a repository on a fake Gitea. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { whoMay } from './accounts.ts';
import { bodyOf, notFound, page, repositoryShape, userShape } from './answers.ts';
import { commitShape } from './commits.ts';
import { type Deliveries, eventsFor } from './deliveries.ts';
import { branchSha } from './git.ts';
import { repositoryOf } from './lookup.ts';
import { type FakeHook, type FakeRepository, fullName, type World } from './world.ts';

const config = z.object({ url: z.url(), content_type: z.enum(['json', 'form']), secret: z.string().optional() });
const newHook = z.object({
  type: z.literal(['gitea', 'forgejo', 'gogs']),
  config,
  events: z.array(z.string()).optional(),
  active: z.boolean().optional(),
  authorization_header: z.string().optional(),
});
const changedHook = newHook.omit({ type: true }).extend({ config: config.partial() }).partial();

const hookShape = (hook: FakeHook) => ({
  id: hook.id,
  type: 'gitea',
  branch_filter: '',
  // The secret is never shown.
  config: { content_type: hook.contentType, url: hook.url },
  events: hook.events,
  authorization_header: hook.authorizationHeader,
  active: hook.isActive,
});

export function addHookRoutes(app: FastifyInstance, world: World, deliveries: Deliveries): void {
  const base = '/api/v1/repos/:owner/:name/hooks';
  /** Hooks are for those who administrate the repository. */
  const allowed = (request: FastifyRequest): FakeRepository => {
    const repository = repositoryOf(request, world);
    whoMay(request, world, repository, 'admin');
    return repository;
  };
  const find = (request: FastifyRequest, repository: FakeRepository): FakeHook => {
    const hook = repository.hooks.find(it => it.id === Number((request.params as { id: string }).id));
    if (!hook) throw notFound();
    return hook;
  };

  app.get(base, (request, reply) =>
    page(request, reply, allowed(request).hooks, { url: world.url, link: false }).map(hookShape),
  );
  app.post(base, async (request, reply) => {
    const repository = allowed(request);
    const body = bodyOf(request, newHook);
    const hook: FakeHook = {
      ...{ id: world.nextId(), url: body.config.url, contentType: body.config.content_type },
      ...{ secret: body.config.secret ?? '', events: eventsFor(body.events ?? []), isActive: body.active ?? false },
      authorizationHeader: body.authorization_header ?? '',
    };
    repository.hooks.push(hook);
    return reply.code(201).send(hookShape(hook));
  });
  app.get(`${base}/:id`, request => hookShape(find(request, allowed(request))));
  app.patch(`${base}/:id`, request => {
    const hook = find(request, allowed(request));
    const body = bodyOf(request, changedHook);
    hook.url = body.config?.url ?? hook.url;
    hook.contentType = body.config?.content_type ?? hook.contentType;
    // A secret is not taken, and what is not sent is taken away: so is the real one.
    hook.events = eventsFor(body.events ?? []);
    hook.authorizationHeader = body.authorization_header ?? '';
    hook.isActive = body.active ?? hook.isActive;
    return hookShape(hook);
  });
  app.delete(`${base}/:id`, async (request, reply) => {
    const repository = allowed(request);
    const hook = find(request, repository);
    repository.hooks = repository.hooks.filter(it => it !== hook);
    return reply.code(204).send();
  });
  app.post(`${base}/:id/tests`, async (request, reply) => {
    const repository = allowed(request);
    const hook = find(request, repository);
    const payload = await testPayload(repository, world);
    const by = whoMay(request, world, repository, 'admin');
    const sender = userShape(by, world);
    if (payload)
      deliveries.sendTo(hook, { wanted: 'push', event: 'push', payload: { ...payload, pusher: sender, sender } });
    return reply.code(204).send();
  });
}

/** A push of nothing: before and after are the same. Of an empty repository there is none. */
async function testPayload(repository: FakeRepository, world: World) {
  const sha = await branchSha(repository.directory, repository.defaultBranch);
  if (!sha) return undefined;
  // Which files it has changed is not looked up here.
  const unknown = { added: null, removed: null, modified: null };
  const commit = { ...(await commitShape(repository, world, sha)), ...unknown };
  return {
    ...{ ref: `refs/heads/${repository.defaultBranch}`, before: sha, after: sha },
    compare_url: `${world.url}/${fullName(repository)}/compare/${sha}...${sha}`,
    ...{ commits: [commit], total_commits: 1, head_commit: commit },
    repository: repositoryShape(repository, world),
  };
}
