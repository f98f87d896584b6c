/** Gitea and Forgejo for the conformance suite: what people do there, over the same API with their own tokens. */
import { createHmac, randomUUID } from 'node:crypto';
import type { Patience } from '../../../src/integrations/forges/gitea/merge.ts';
import { createGiteaForge } from '../../../src/integrations/forges/gitea.ts';
import type { People, Place } from './conformance.ts';

export interface Server {
  url: string;
  /** Of us, of the reviewer, and of somebody who may do everything. */
  tokens: { bot: string; reviewer: string; admin: string };
  /** In which organisation repositories are made. */
  owner: string;
  /** How long it may take to work out whether something merges. */
  patience: Patience;
  close(): Promise<void>;
}

export type Ask = <T>(token: string, method: string, path: string, body?: unknown) => Promise<T>;

/** A place with the way to everything that the suite does not ask for. */
export interface GiteaPlace extends Place {
  ask: Ask;
  tokens: Server['tokens'];
}

function createAsk(url: string): Ask {
  return async <T>(token: string, method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `token ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
}

export async function giteaPlace({ url, tokens, owner, patience, close }: Server): Promise<GiteaPlace> {
  const ask = createAsk(url);
  const withToken = (token: string) => createGiteaForge({ name: 'codehost', url, token, mergePatience: patience });
  const forge = withToken(tokens.bot);
  const reviewer = withToken(tokens.reviewer);
  const logins = [(await forge.account()).login, (await reviewer.account()).login];
  return {
    kind: 'gitea',
    ask,
    tokens,
    forge,
    reviewer,
    withToken,
    people: createPeople(ask, { tokens, owner, logins }),
    foreignStates: { error: 'failure', warning: 'success' },
    webhook: {
      isSigned: ({ headers, body }, secret) =>
        headers['x-gitea-signature'] === createHmac('sha256', secret).update(body).digest('hex'),
      eventOf: ({ headers }) =>
        (
          ({
            push: 'push',
            pull_request: 'pullRequest',
            pull_request_comment: 'comment',
            issue_comment: 'comment',
            pull_request_review_approved: 'review',
            status: 'status',
          }) as const
        )[String(headers['x-gitea-event-type'])],
    },
    close,
  };
}

const reviewEvents = { approve: 'APPROVED', reject: 'REQUEST_CHANGES', comment: 'COMMENT' } as const;

function createPeople(
  ask: Ask,
  { tokens, owner, logins }: Pick<Server, 'tokens' | 'owner'> & { logins: string[] },
): People {
  const { admin, reviewer } = tokens;
  const get = <T>(path: string) => ask<T>(admin, 'GET', path);
  return {
    async makeRepository(files) {
      const name = `r-${randomUUID().slice(0, 12)}`;
      const path = `/repos/${owner}/${name}`;
      await ask(admin, 'POST', `/orgs/${owner}/repos`, { name, auto_init: true, default_branch: 'main' });
      // Hooks are for those who administrate a repository.
      for (const login of logins) await ask(admin, 'PUT', `${path}/collaborators/${login}`, { permission: 'admin' });
      const readme = await get<{ sha: string }>(`${path}/contents/README.md`);
      const changes = Object.entries(files).map(([file, content]) => ({
        operation: file === 'README.md' ? 'update' : 'create',
        path: file,
        content: Buffer.from(content).toString('base64'),
        ...(file === 'README.md' ? { sha: readme.sha } : {}),
      }));
      await ask(admin, 'POST', `${path}/contents`, { branch: 'main', message: 'Begin', files: changes });
      return `${owner}/${name}`;
    },
    async fork(repository) {
      return (await ask<{ full_name: string }>(reviewer, 'POST', `/repos/${repository}/forks`, {})).full_name;
    },
    async openFromFork(repository, { fork, head, base, title }) {
      const wanted = { head: `${fork.split('/')[0]}:${head}`, base, title };
      return (await ask<{ number: number }>(reviewer, 'POST', `/repos/${repository}/pulls`, wanted)).number;
    },
    async review(repository, number, { verdict, body }) {
      await ask(reviewer, 'POST', `/repos/${repository}/pulls/${number}/reviews`, {
        event: reviewEvents[verdict],
        body,
      });
    },
    async closePullRequest(repository, number) {
      await ask(admin, 'PATCH', `/repos/${repository}/pulls/${number}`, { state: 'closed' });
    },
    async comment(repository, number, body) {
      await ask(reviewer, 'POST', `/repos/${repository}/issues/${number}/comments`, { body });
    },
    async deleteComment(repository, id) {
      await ask(admin, 'DELETE', `/repos/${repository}/issues/comments/${id}`);
    },
    async comments(repository, number) {
      const found = await get<{ body: string }[]>(`/repos/${repository}/issues/${number}/comments`);
      return found.map(comment => comment.body);
    },
    async makeLabel(repository, name) {
      await ask(admin, 'POST', `/repos/${repository}/labels`, { name, color: '#d73a4a' });
    },
    async labels(repository, number) {
      const found = await get<{ name: string }[]>(`/repos/${repository}/issues/${number}/labels`);
      return found.map(label => label.name);
    },
    async closeIssue(repository, number) {
      await ask(admin, 'PATCH', `/repos/${repository}/issues/${number}`, { state: 'closed' });
    },
    async setStatus(repository, sha, status) {
      await ask(admin, 'POST', `/repos/${repository}/statuses/${sha}`, status);
    },
    async countStatuses(repository, sha) {
      return (await get<unknown[]>(`/repos/${repository}/commits/${sha}/statuses?limit=50`)).length;
    },
    async hooks(repository) {
      const found = await get<{ id: number; config: { url: string } }[]>(`/repos/${repository}/hooks`);
      return found.map(hook => ({ id: hook.id, url: hook.config.url }));
    },
    async disableHook(repository, id) {
      await ask(admin, 'PATCH', `/repos/${repository}/hooks/${id}`, { active: false, events: ['push'] });
    },
  };
}
