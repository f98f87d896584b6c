/** Webhooks of a fake GitLab: a switch for each event, sent for real with the secret as a token. */
import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { whoMay } from '../gitea/accounts.ts';
import { Refusal } from '../gitea/answers.ts';
import { branchSha } from '../gitea/git.ts';
import type { FakeHook, FakeRepository, World } from '../gitea/world.ts';
import { bodyOf, paramOf } from '../request.ts';
import { type GitlabServer, missing, page, project, projectOf } from './server.ts';
import { projectShape, userShape } from './shapes.ts';

const names: Readonly<Record<string, string>> = {
  push_events: 'Push Hook',
  tag_push_events: 'Tag Push Hook',
  merge_requests_events: 'Merge Request Hook',
  note_events: 'Note Hook',
  issues_events: 'Issue Hook',
  pipeline_events: 'Pipeline Hook',
  job_events: 'Job Hook',
};

export function addHookRoutes(server: GitlabServer): void {
  const { app, world } = server;
  const hooks = `${project}/hooks`;
  const projectOfAdmin = (request: FastifyRequest) => {
    const repository = projectOf(request, world);
    const by = whoMay(request, world, repository, 'admin');
    return { repository, by };
  };
  const find = (request: FastifyRequest) => {
    const found = projectOfAdmin(request);
    const hook = found.repository.hooks.find(({ id }) => String(id) === paramOf(request, 'id'));
    if (!hook) throw missing('Hook');
    return { ...found, hook };
  };

  app.get(hooks, (request, reply) => page(request, reply, projectOfAdmin(request).repository.hooks.map(hookShape)));
  app.get(`${hooks}/:id`, request => hookShape(find(request).hook));

  app.post(hooks, (request, reply) => {
    const { repository } = projectOfAdmin(request);
    const { url, token = '' } = bodyOf(request);
    if (!url) throw new Refusal(400, 'url is missing');
    const hook: FakeHook = {
      ...{ id: world.nextId(), url: String(url), secret: String(token), contentType: 'json' },
      ...{ events: switchedOn(request, { push_events: true }), isActive: true, authorizationHeader: '' },
    };
    repository.hooks.push(hook);
    reply.code(201);
    return hookShape(hook);
  });

  app.put(`${hooks}/:id`, request => {
    const { hook } = find(request);
    const { url, token } = bodyOf(request);
    if (url) hook.url = String(url);
    if (token !== undefined) hook.secret = String(token);
    hook.events = switchedOn(request, Object.fromEntries(hook.events.map(event => [event, true])));
    return hookShape(hook);
  });

  app.delete(`${hooks}/:id`, (request, reply) => {
    const { repository, hook } = find(request);
    repository.hooks = repository.hooks.filter(it => it !== hook);
    return reply.code(204).send();
  });

  app.post(`${hooks}/:id/test/:trigger`, async (request, reply) => {
    const { repository, hook, by } = find(request);
    const event = paramOf(request, 'trigger');
    if (!names[event]) throw new Refusal(400, 'trigger does not have a valid value');
    const sha = await branchSha(repository.directory, repository.defaultBranch);
    const ref = `refs/heads/${repository.defaultBranch}`;
    const payload = { object_kind: 'push', ref, before: sha, after: sha, checkout_sha: sha, commits: [] };
    const isTaken = await deliver(world, hook, event, {
      ...payload,
      ...aboutProject(repository, world),
      user_username: userShape(by).username,
    });
    if (!isTaken) throw new Refusal(422, 'Hook execution failed');
    // A hook that was switched off for its failures works again.
    hook.isActive = true;
    reply.code(201);
    return { message: '201 Created' };
  });
}

/** The switches that are on, after those in the request. */
function switchedOn(request: FastifyRequest, before: Record<string, boolean>): string[] {
  const asked = Object.entries(bodyOf(request)).filter(([key]) => key.endsWith('_events'));
  const after = { ...before, ...Object.fromEntries(asked) };
  return Object.keys(after).filter(key => after[key] === true);
}

const hookShape = (hook: FakeHook) => ({
  id: hook.id,
  url: hook.url,
  enable_ssl_verification: true,
  alert_status: hook.isActive ? 'executable' : 'disabled',
  ...Object.fromEntries(Object.keys(names).map(event => [event, hook.events.includes(event)])),
});

export const aboutProject = (repository: FakeRepository, world: World) => {
  const { id, name, path_with_namespace, default_branch, web_url } = projectShape(repository, world);
  return { project_id: id, project: { id, name, path_with_namespace, default_branch, web_url } };
};

/** Whether the receiver has taken it. */
async function deliver(world: World, hook: FakeHook, event: string, payload: object): Promise<boolean> {
  const id = randomUUID();
  const response = await fetch(hook.url, {
    method: 'POST',
    body: JSON.stringify(payload),
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitLab/18.5.0-fake',
      'idempotency-key': id,
      'x-gitlab-event': names[event] ?? event,
      'x-gitlab-event-uuid': randomUUID(),
      'x-gitlab-webhook-uuid': `hook-${hook.id}`,
      'x-gitlab-instance': world.url,
      ...(hook.secret ? { 'x-gitlab-token': hook.secret } : {}),
    },
  }).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok ?? false;
}

/** Sends in the background; `idle` waits until everything has been sent. */
export function createTell(world: World): { tell: GitlabServer['tell']; idle(): Promise<void> } {
  const sending = new Set<Promise<unknown>>();
  return {
    tell(repository, event, payload) {
      for (const hook of repository.hooks) {
        if (!hook.isActive || !hook.events.includes(event)) continue;
        const whole = { ...payload, ...aboutProject(repository, world) };
        const sent = deliver(world, hook, event, whole).finally(() => sending.delete(sent));
        sending.add(sent);
      }
    },
    async idle() {
      while (sending.size > 0) await Promise.all(sending);
    },
  };
}
