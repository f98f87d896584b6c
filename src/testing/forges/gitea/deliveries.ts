/** Sends webhooks, signed as Gitea signs them, one after the other for each hook. */
import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { FakeHook, FakeRepository } from './world.ts';

export interface News {
  /** What a hook must have asked for, such as `pull_request_review`. */
  wanted: string;
  /** `X-Gitea-Event`; the type says more. */
  event: string;
  type?: string;
  payload: object;
}

export interface Deliveries {
  /** To every hook of the repository that wants it. */
  send(repository: FakeRepository, news: News): void;
  sendTo(hook: FakeHook, news: News): void;
  /** Until everything that was sent has arrived, or has been given up. */
  settled(): Promise<void>;
}

const timeoutMs = 5_000;

/** All events that `events` of a request switches on. */
export function eventsFor(wanted: readonly string[]): string[] {
  const groups: Record<string, readonly string[]> = {
    issues: ['issues', 'issue_assign', 'issue_label', 'issue_milestone', 'issue_comment'],
    issues_only: ['issues'],
    pull_request: [
      ...['pull_request', 'pull_request_assign', 'pull_request_label', 'pull_request_milestone'],
      ...['pull_request_comment', 'pull_request_review', 'pull_request_review_request', 'pull_request_sync'],
    ],
    pull_request_only: ['pull_request'],
  };
  const single = [
    ...['create', 'push', 'delete', 'fork', 'repository', 'wiki', 'release', 'package', 'status'],
    ...['workflow_run', 'workflow_job', 'issue_assign', 'issue_label', 'issue_milestone', 'issue_comment'],
    ...['pull_request_assign', 'pull_request_label', 'pull_request_milestone', 'pull_request_comment'],
    ...['pull_request_review', 'pull_request_review_request', 'pull_request_sync'],
  ];
  const asked = wanted.length === 0 ? ['push'] : wanted;
  return [...new Set(asked.flatMap(name => groups[name] ?? (single.includes(name) ? [name] : [])))];
}

export function createDeliveries(): Deliveries {
  const last = new Map<number, Promise<void>>();

  function sendTo(hook: FakeHook, news: News): void {
    // What is told is what was true when it happened.
    const body = JSON.stringify(news.payload, null, 2);
    const before = last.get(hook.id) ?? Promise.resolve();
    last.set(
      hook.id,
      before.then(() => deliver(hook, news, body)),
    );
  }

  return {
    sendTo,
    send(repository, news) {
      const interested = repository.hooks.filter(hook => hook.isActive && hook.events.includes(news.wanted));
      for (const hook of interested) sendTo(hook, news);
    },
    async settled() {
      await Promise.race([Promise.all(last.values()), pause(timeoutMs, undefined, { ref: false })]);
    },
  };
}

async function deliver(hook: FakeHook, { event, type = event }: News, body: string): Promise<void> {
  const signed = (algorithm: string) =>
    hook.secret === '' ? '' : createHmac(algorithm, hook.secret).update(body).digest('hex');
  const [sha1, sha256] = [signed('sha1'), signed('sha256')];
  const id = randomUUID();
  const ofEach = (brand: string) => ({
    [`x-${brand}-delivery`]: id,
    [`x-${brand}-event`]: event,
    [`x-${brand}-event-type`]: type,
  });
  const isForm = hook.contentType === 'form';
  try {
    const response = await fetch(hook.url, {
      method: 'POST',
      headers: {
        'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
        'user-agent': 'Go-http-client/1.1',
        ...ofEach('gitea'),
        ...ofEach('gogs'),
        ...ofEach('github'),
        'x-gitea-signature': sha256,
        'x-gogs-signature': sha256,
        'x-gitea-hook-installation-target-type': 'repository',
        'x-github-hook-installation-target-type': 'repository',
        'x-hub-signature': `sha1=${sha1}`,
        'x-hub-signature-256': `sha256=${sha256}`,
        ...(hook.authorizationHeader ? { authorization: hook.authorizationHeader } : {}),
      },
      body: isForm ? new URLSearchParams({ payload: body }).toString() : body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
  } catch {
    // Gitea does not send anything twice: what nobody has heard is lost.
  }
}
