/** A GitHub for the conformance suite: what people do there, over the same API with their own tokens. */
import { createHmac, randomUUID } from 'node:crypto';
import { createGithubForge } from '../../../src/integrations/forges/github.ts';
import { startFakeGithub } from '../../../src/testing/forges/github.ts';
import { createAsk } from './ask.ts';
import type { People, Place } from './conformance.ts';
import type { Files } from './git.ts';

const events = {
  push: 'push',
  pull_request: 'pullRequest',
  issue_comment: 'comment',
  pull_request_review: 'review',
  status: 'status',
} as const;

export async function openFakeGithub() {
  const fake = await startFakeGithub({ accounts: ['signalbox-bot', 'maria'] });
  const withToken = (token: string) => createGithubForge({ name: 'codehost', url: fake.url, token });
  const ours = await withToken(fake.tokenOf('signalbox-bot'));
  const makeRepository = async (files: Files) => {
    const name = `acme/r-${randomUUID().slice(0, 12)}`;
    await fake.createRepository(name, files, { 'signalbox-bot': 'admin', maria: 'admin' });
    return name;
  };
  const unknown = await withToken('0'.repeat(40));
  const place: Place = {
    kind: 'github',
    forge: ours,
    reviewer: await withToken(fake.tokenOf('maria')),
    withToken: () => unknown,
    people: createPeople(createAsk(`${fake.url}/api/v3`), { token: fake.tokenOf('maria'), makeRepository }),
    foreignStates: { error: 'failure' },
    webhook: {
      isSigned: ({ headers, body }, secret) =>
        headers['x-hub-signature-256'] === `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      eventOf: ({ headers }) => events[String(headers['x-github-event']) as keyof typeof events],
    },
    close: fake.close,
  };
  return { fake, place };
}

const reviewEvents = { approve: 'APPROVE', reject: 'REQUEST_CHANGES', comment: 'COMMENT' } as const;

function createPeople(
  askOf: ReturnType<typeof createAsk>,
  { token, makeRepository }: { token: string; makeRepository: People['makeRepository'] },
): People {
  const ask = askOf(token);
  return {
    makeRepository,
    fork: async repository => (await ask<{ full_name: string }>('POST', `/repos/${repository}/forks`)).full_name,
    async openFromFork(repository, { fork, head, base, title }) {
      const wanted = { head: `${fork.split('/')[0]}:${head}`, base, title };
      return (await ask<{ number: number }>('POST', `/repos/${repository}/pulls`, wanted)).number;
    },
    async review(repository, number, { verdict, body }) {
      const path = `/repos/${repository}/pulls/${number}/reviews`;
      await ask('POST', path, { event: reviewEvents[verdict], body });
    },
    closePullRequest: (repository, number) => ask('PATCH', `/repos/${repository}/pulls/${number}`, { state: 'closed' }),
    comment: (repository, number, body) => ask('POST', `/repos/${repository}/issues/${number}/comments`, { body }),
    deleteComment: (repository, id) => ask('DELETE', `/repos/${repository}/issues/comments/${id}`),
    async comments(repository, number) {
      const path = `/repos/${repository}/issues/${number}/comments?per_page=100`;
      return (await ask<{ body: string }[]>('GET', path)).map(({ body }) => body);
    },
    makeLabel: (repository, name) => ask('POST', `/repos/${repository}/labels`, { name }),
    async labels(repository, number) {
      const path = `/repos/${repository}/issues/${number}/labels`;
      return (await ask<{ name: string }[]>('GET', path)).map(({ name }) => name);
    },
    closeIssue: (repository, number) => ask('PATCH', `/repos/${repository}/issues/${number}`, { state: 'closed' }),
    setStatus: (repository, sha, status) => ask('POST', `/repos/${repository}/statuses/${sha}`, status),
    countStatuses: async (repository, sha) =>
      (await ask<unknown[]>('GET', `/repos/${repository}/commits/${sha}/statuses?per_page=100`)).length,
    async hooks(repository) {
      const found = await ask<{ id: number; config: { url: string } }[]>('GET', `/repos/${repository}/hooks`);
      return found.map(({ id, config: { url } }) => ({ id, url }));
    },
    disableHook: (repository, id) => ask('PATCH', `/repos/${repository}/hooks/${id}`, { active: false }),
  };
}
