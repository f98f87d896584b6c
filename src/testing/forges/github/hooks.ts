/** Webhooks of a fake GitHub: kept by their owner, and sent for real, signed and with the headers of GitHub. */
import { createHmac, randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { whoMay } from '../gitea/accounts.ts';
import { notFound } from '../gitea/answers.ts';
import { repositoryOf } from '../gitea/lookup.ts';
import type { FakeHook, FakeRepository, World } from '../gitea/world.ts';
import { bodyOf, paramOf } from '../request.ts';
import { type GithubServer, invalid, page, repo } from './server.ts';
import { repositoryShape } from './shapes.ts';

export function addHookRoutes(server: GithubServer, send: Sender): void {
  const { app, world } = server;
  const one = `${repo}/hooks/:id`;

  const find = (request: FastifyRequest) => {
    const repository = repositoryOf(request, world);
    whoMay(request, world, repository, 'admin');
    const hook = repository.hooks.find(({ id }) => id === Number(paramOf(request, 'id')));
    if (!hook) throw notFound();
    return { repository, hook };
  };
  const ping = (repository: FakeRepository, hook: FakeHook) =>
    send(hook, 'ping', { zen: 'Keep it real.', hook_id: hook.id, repository: repositoryShape(repository, world) });

  app.get(`${repo}/hooks`, (request, reply) => {
    const repository = repositoryOf(request, world);
    whoMay(request, world, repository, 'admin');
    return page(request, reply, repository.hooks.map(hookShape), world.url);
  });

  app.post(`${repo}/hooks`, (request, reply) => {
    const repository = repositoryOf(request, world);
    whoMay(request, world, repository, 'admin');
    const { config, events = ['push'], active = true } = bodyOf(request);
    const { url, secret = '', content_type = 'form' } = (config ?? {}) as Record<string, string>;
    if (!url) throw invalid('url is missing');
    if (repository.hooks.some(hook => hook.url === url)) throw invalid('Hook already exists on this repository');
    const hook: FakeHook = {
      ...{ id: world.nextId(), url, secret, contentType: content_type, authorizationHeader: '' },
      ...{ events: events as string[], isActive: Boolean(active) },
    };
    repository.hooks.push(hook);
    ping(repository, hook);
    reply.code(201);
    return hookShape(hook);
  });

  app.patch(one, request => {
    const { hook } = find(request);
    const { config, events, active } = bodyOf(request);
    const { url, secret, content_type } = (config ?? {}) as Record<string, string>;
    // A config that comes without its secret takes the secret away.
    if (config) Object.assign(hook, { url, secret: secret ?? '', contentType: content_type ?? 'form' });
    if (events) hook.events = events as string[];
    if (active !== undefined) hook.isActive = Boolean(active);
    return hookShape(hook);
  });

  app.delete(one, (request, reply) => {
    const { repository, hook } = find(request);
    repository.hooks = repository.hooks.filter(it => it !== hook);
    return reply.code(204).send();
  });

  app.post(`${one}/pings`, (request, reply) => {
    const { repository, hook } = find(request);
    ping(repository, hook);
    return reply.code(204).send();
  });
}

const hookShape = (hook: FakeHook) => ({
  id: hook.id,
  name: 'web',
  active: hook.isActive,
  events: hook.events,
  config: {
    url: hook.url,
    content_type: hook.contentType,
    insecure_ssl: '0',
    ...(hook.secret ? { secret: '********' } : {}),
  },
});

export type Sender = (hook: FakeHook, event: string, payload: Record<string, unknown>) => void;

/** Sends in the background; `idle` waits until everything has been sent. */
export function createSender(): { send: Sender; idle(): Promise<void> } {
  const going = new Set<Promise<void>>();
  return {
    send(hook, event, payload) {
      const sent = deliver(hook, event, payload).finally(() => going.delete(sent));
      going.add(sent);
    },
    async idle() {
      while (going.size > 0) await Promise.all(going);
    },
  };
}

async function deliver(hook: FakeHook, event: string, payload: Record<string, unknown>): Promise<void> {
  const json = JSON.stringify(payload);
  const isJson = hook.contentType === 'json';
  const body = isJson ? json : new URLSearchParams({ payload: json }).toString();
  const signed = hook.secret
    ? { 'x-hub-signature-256': `sha256=${createHmac('sha256', hook.secret).update(body).digest('hex')}` }
    : {};
  // Nobody tries again: what does not arrive is lost, as it is on GitHub.
  const response = await fetch(hook.url, {
    method: 'POST',
    body,
    headers: {
      'content-type': isJson ? 'application/json' : 'application/x-www-form-urlencoded',
      'user-agent': 'GitHub-Hookshot/fake',
      'x-github-event': event,
      'x-github-delivery': randomUUID(),
      'x-github-hook-id': String(hook.id),
      'x-github-hook-installation-target-type': 'repository',
      ...signed,
    },
  }).catch(() => undefined);
  await response?.body?.cancel();
}

/** Tells the hooks of a repository that want to hear of it. */
export const createTell =
  (world: World, send: Sender): GithubServer['tell'] =>
  (repository, event, payload) => {
    for (const hook of repository.hooks) {
      if (!hook.isActive || !(hook.events.includes(event) || hook.events.includes('*'))) continue;
      send(hook, event, { ...payload, repository: repositoryShape(repository, world) });
    }
  };
