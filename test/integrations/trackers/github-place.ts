/** The issues of GitHub for the conformance suite: what people do there, over the same API with their own tokens. */
import { randomUUID } from 'node:crypto';
import type { ItemRef } from '../../../src/integrations/tracker.ts';
import { createGithubTracker } from '../../../src/integrations/trackers/github.ts';
import { type FakeGithub, startFakeGithub } from '../../../src/testing/forges/github.ts';
import { type Ask, createAsk } from '../forges/ask.ts';
import type { People, TrackerPlace } from './conformance.ts';
import { forgeIssues, labels as known } from './markdown.ts';

export interface GithubTrackerPlace extends TrackerPlace {
  fake: FakeGithub;
  /** As Maria. */
  ask: Ask;
}

export async function openFakeGithub(): Promise<GithubTrackerPlace> {
  const fake = await startFakeGithub({ accounts: ['signalbox-bot', 'maria', 'paul'] });
  const make = (token: string) => createGithubTracker({ name: 'codehost', url: fake.url, workspace: '', token });
  const of = (login: string) => make(fake.tokenOf(login));
  const nonsense = await make('nonsense');
  const asks = createAsk(`${fake.url}/api/v3`);
  const ask = asks(fake.tokenOf('maria'));
  return {
    kind: 'github',
    ...{ fake, ask, close: fake.close },
    tracker: await of('signalbox-bot'),
    maria: await of('maria'),
    stranger: await of('paul'),
    withToken: () => nonsense,
    people: createPeople(fake, { maria: ask, stranger: asks(fake.tokenOf('paul')) }),
    ...forgeIssues,
  };
}

interface Issue {
  id: number;
  number: number;
  state: string;
}

function createPeople(fake: FakeGithub, asks: { maria: Ask; stranger: Ask }): People {
  const { maria: ask } = asks;
  const at = ({ project, id }: ItemRef, rest = '') => `/repos/${project}/issues/${id}${rest}`;
  const commentAt = ({ project }: ItemRef, id: string, rest = '') => `/repos/${project}/issues/comments/${id}${rest}`;
  return {
    async makeProject() {
      const project = `acme/t-${randomUUID().slice(0, 12)}`;
      await fake.createRepository(project, { 'README.md': '# One\n' }, { 'signalbox-bot': 'write', maria: 'write' });
      for (const name of known) await ask('POST', `/repos/${project}/labels`, { name });
      return project;
    },
    async openItem(project, { title, body = '', labels = [] }) {
      const { number } = await ask<Issue>('POST', `/repos/${project}/issues`, { title, body, labels });
      return { project, id: String(number) };
    },
    moveItem: (ref, state) => ask('PATCH', at(ref), { state }),
    label: (ref, labels) => ask('PUT', at(ref, '/labels'), { labels }),
    assign: (ref, isOurs) => ask('PATCH', at(ref), { assignees: isOurs ? ['signalbox-bot'] : [] }),
    labels: async ref => (await ask<{ name: string }[]>('GET', at(ref, '/labels'))).map(({ name }) => name),
    state: async ref => (await ask<Issue>('GET', at(ref))).state,
    async comment(ref, body, by = 'maria') {
      return String((await asks[by]<{ id: number }>('POST', at(ref, '/comments'), { body })).id);
    },
    editComment: (ref, id, body) => ask('PATCH', commentAt(ref, id), { body }),
    deleteComment: (ref, id) => ask('DELETE', commentAt(ref, id)),
    async comments(ref) {
      return (await ask<{ body: string }[]>('GET', at(ref, '/comments?per_page=100'))).map(({ body }) => body);
    },
    remove: async ({ project, id }) => fake.deleteIssue(project, Number(id)),
    async block(ref, by) {
      const { id } = await ask<Issue>('GET', at(by));
      await ask('POST', at(ref, '/dependencies/blocked_by'), { issue_id: id });
    },
    thumbUp: (ref, id) => ask('POST', commentAt(ref, id, '/reactions'), { content: '+1' }),
  };
}
