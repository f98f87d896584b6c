/** The issues of GitLab for the conformance suite: what people do there, over the same API with their own tokens. */
import { randomUUID } from 'node:crypto';
import type { ItemRef } from '../../../src/integrations/tracker.ts';
import { createGitlabTracker } from '../../../src/integrations/trackers/gitlab.ts';
import { type FakeGitlab, startFakeGitlab } from '../../../src/testing/forges/gitlab.ts';
import { type Ask, createAsk } from '../forges/ask.ts';
import type { People, TrackerPlace } from './conformance.ts';
import { forgeIssues, labels as known } from './markdown.ts';

export interface GitlabTrackerPlace extends TrackerPlace {
  fake: FakeGitlab;
  /** As Maria. */
  ask: Ask;
}

export async function openFakeGitlab(): Promise<GitlabTrackerPlace> {
  const fake = await startFakeGitlab({ accounts: ['signalbox-bot', 'maria', 'paul'] });
  const withToken = (token: string) => createGitlabTracker({ name: 'codehost', url: fake.url, workspace: '', token });
  const tracker = withToken(fake.tokenOf('signalbox-bot'));
  const asks = createAsk(`${fake.url}/api/v4`);
  const ask = asks(fake.tokenOf('maria'));
  const us = Number((await tracker.account()).id);
  return {
    kind: 'gitlab',
    ...{ fake, ask, tracker, withToken, close: fake.close },
    maria: withToken(fake.tokenOf('maria')),
    stranger: withToken(fake.tokenOf('paul')),
    people: createPeople(fake, { us, maria: ask, stranger: asks(fake.tokenOf('paul')) }),
    ...forgeIssues,
    // Who was assigned stands in notes for people only.
    tells: { edits: false, history: false },
  };
}

export const pathOf = ({ project, id }: ItemRef, rest = ''): string =>
  `/projects/${encodeURIComponent(project)}/issues/${id}${rest}`;

interface Issue {
  iid: number;
  state: string;
  labels: string[];
}

function createPeople(fake: FakeGitlab, asks: { us: number; maria: Ask; stranger: Ask }): People {
  const { us, maria: ask } = asks;
  return {
    async makeProject() {
      const project = `acme/t-${randomUUID().slice(0, 12)}`;
      const members = { 'signalbox-bot': 'write', maria: 'admin', paul: 'read' } as const;
      await fake.createRepository(project, { 'README.md': '# One\n' }, members);
      for (const name of known) await ask('POST', `/projects/${encodeURIComponent(project)}/labels`, { name });
      return project;
    },
    async openItem(project, { title, body = '', labels = [] }) {
      const wanted = { title, description: body, labels: labels.join(',') };
      const { iid } = await ask<Issue>('POST', `/projects/${encodeURIComponent(project)}/issues`, wanted);
      return { project, id: String(iid) };
    },
    moveItem: (ref, state) => ask('PUT', pathOf(ref), { state_event: state === 'closed' ? 'close' : 'reopen' }),
    label: (ref, labels) => ask('PUT', pathOf(ref), { labels: labels.join(',') }),
    assign: (ref, isOurs) => ask('PUT', pathOf(ref), { assignee_ids: isOurs ? [us] : [] }),
    labels: async ref => (await ask<Issue>('GET', pathOf(ref))).labels,
    state: async ref => ((await ask<Issue>('GET', pathOf(ref))).state === 'closed' ? 'closed' : 'open'),
    async comment(ref, body, by = 'maria') {
      return String((await asks[by]<{ id: number }>('POST', pathOf(ref, '/notes'), { body })).id);
    },
    editComment: (ref, id, body) => ask('PUT', pathOf(ref, `/notes/${id}`), { body }),
    deleteComment: (ref, id) => ask('DELETE', pathOf(ref, `/notes/${id}`)),
    async comments(ref) {
      return (await ask<{ body: string }[]>('GET', pathOf(ref, '/notes?per_page=100&sort=asc'))).map(
        ({ body }) => body,
      );
    },
    remove: ref => ask('DELETE', pathOf(ref)),
    block: (ref, { id }) =>
      ask('POST', pathOf(ref, '/links'), { target_issue_iid: Number(id), link_type: 'is_blocked_by' }),
    thumbUp: (ref, id) => ask('POST', pathOf(ref, `/notes/${id}/award_emoji`), { name: 'thumbsup' }),
  };
}
