/** A GitLab for the conformance suite: what people do there, over the same API with their own tokens. */
import { randomUUID } from 'node:crypto';
import { createGitlabForge } from '../../../src/integrations/forges/gitlab.ts';
import { type FakeGitlab, startFakeGitlab } from '../../../src/testing/forges/gitlab.ts';
import { createAsk } from './ask.ts';
import type { People, Place } from './conformance.ts';
import type { Delivery } from './receiver.ts';

export async function openFakeGitlab() {
  const fake = await startFakeGitlab({ accounts: ['signalbox-bot', 'maria'] });
  const withToken = (token: string) => createGitlabForge({ name: 'codehost', url: fake.url, token });
  const place: Place = {
    kind: 'gitlab',
    forge: withToken(fake.tokenOf('signalbox-bot')),
    reviewer: withToken(fake.tokenOf('maria')),
    withToken,
    people: createPeople(fake),
    foreignStates: { running: 'pending', canceled: 'failure', skipped: 'success' },
    webhook: { isSigned: ({ headers }, secret) => headers['x-gitlab-token'] === secret, eventOf },
    close: fake.close,
  };
  return { fake, place };
}

function eventOf({ headers, body }: Delivery) {
  const isApproval = JSON.parse(body).object_attributes?.action === 'approved';
  const events = {
    'Push Hook': 'push',
    'Merge Request Hook': isApproval ? 'review' : 'pullRequest',
    'Note Hook': 'comment',
    'Pipeline Hook': 'status',
  } as const;
  return events[String(headers['x-gitlab-event']) as keyof typeof events];
}

function createPeople(fake: FakeGitlab): People {
  const ask = createAsk(`${fake.url}/api/v4`)(fake.tokenOf('maria'));
  const at = (repository: string, rest = '') => `/projects/${encodeURIComponent(repository)}${rest}`;
  const idOf = async (repository: string) => (await ask<{ id: number }>('GET', at(repository))).id;
  return {
    async makeRepository(files) {
      const name = `acme/r-${randomUUID().slice(0, 12)}`;
      await fake.createRepository(name, files, { 'signalbox-bot': 'admin', maria: 'admin' });
      return name;
    },
    async fork(repository) {
      const fork = await ask<{ path_with_namespace: string }>('POST', at(repository, '/fork'));
      return fork.path_with_namespace;
    },
    async openFromFork(repository, { fork, head, base, title }) {
      const wanted = { source_branch: head, target_branch: base, title, target_project_id: await idOf(repository) };
      return (await ask<{ iid: number }>('POST', at(fork, '/merge_requests'), wanted)).iid;
    },
    async review(repository, number, { verdict, body }) {
      const path = at(repository, `/merge_requests/${number}`);
      if (verdict === 'reject') await fake.requestChanges(repository, number, 'maria');
      else if (verdict === 'approve') await ask('POST', `${path}/approve`);
      else await ask('POST', `${path}/discussions`, { body });
    },
    closePullRequest: (repository, number) =>
      ask('PUT', at(repository, `/merge_requests/${number}`), { state_event: 'close' }),
    comment: (repository, number, body) => ask('POST', at(repository, `/merge_requests/${number}/notes`), { body }),
    deleteComment: async (repository, id) => fake.deleteNote(repository, id),
    async comments(repository, number) {
      const path = at(repository, `/merge_requests/${number}/notes?per_page=100`);
      return (await ask<{ body: string }[]>('GET', path)).map(({ body }) => body);
    },
    makeLabel: (repository, name) => ask('POST', at(repository, '/labels'), { name }),
    labels: async (repository, number) =>
      (await ask<{ labels: string[] }>('GET', at(repository, `/issues/${number}`))).labels,
    closeIssue: (repository, number) => ask('PUT', at(repository, `/issues/${number}`), { state_event: 'close' }),
    setStatus(repository, sha, { context, state }) {
      const word = state === 'failure' ? 'failed' : state;
      return ask('POST', at(repository, `/statuses/${sha}`), { name: context, state: word });
    },
    async countStatuses(repository, sha) {
      const path = at(repository, `/repository/commits/${sha}/statuses?all=true&per_page=100`);
      return (await ask<unknown[]>('GET', path)).length;
    },
    async hooks(repository) {
      const found = await ask<{ id: number; url: string }[]>('GET', at(repository, '/hooks'));
      return found.map(({ id, url }) => ({ id, url }));
    },
    disableHook: async (repository, id) => fake.disableHook(repository, id),
  };
}
