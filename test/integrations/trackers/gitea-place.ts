/** The issues of Gitea and Forgejo for the conformance suite: what people do there, over the same API with their own tokens. */
import { randomUUID } from 'node:crypto';
import type { ItemRef } from '../../../src/integrations/tracker.ts';
import { createGiteaTracker } from '../../../src/integrations/trackers/gitea.ts';
import type { People, TrackerPlace } from './conformance.ts';
import { forgeIssues, labels as known } from './markdown.ts';

export interface GiteaServer {
  url: string;
  /** Of us, of Maria, of somebody who may do everything, and of somebody who may not write anywhere. */
  tokens: { bot: string; maria: string; admin: string; stranger: string };
  /** Whether it keeps what is said to depend on what; where nobody says so it is tried. */
  hasDependencies?: boolean;
  close(): Promise<void>;
}

type Ask = <T>(token: string, method: string, path: string, body?: unknown) => Promise<T>;

/** A place with the way to everything that the suite does not ask for. */
export interface GiteaTrackerPlace extends TrackerPlace {
  ask: Ask;
  tokens: GiteaServer['tokens'];
}

function createAsk(url: string): Ask {
  return async <T>(token: string, method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `${token.includes(' ') ? '' : 'token '}${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
}

/** Makes an account that nobody has given any rights, and answers its token. */
export async function makeStranger(url: string, admin: string): Promise<string> {
  const ask = createAsk(url);
  const [username, password] = [`stranger-${randomUUID().slice(0, 8)}`, randomUUID()];
  const account = { username, password, email: `${username}@example.test`, must_change_password: false };
  await ask(admin, 'POST', '/admin/users', account);
  const signIn = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const token = { name: 'tests', scopes: ['all'] };
  return (await ask<{ sha1: string }>(signIn, 'POST', `/users/${username}/tokens`, token)).sha1;
}

export async function giteaTrackerPlace(server: GiteaServer): Promise<GiteaTrackerPlace> {
  const { url, tokens, close } = server;
  const ask = createAsk(url);
  const withToken = (token: string) => createGiteaTracker({ name: 'codehost', url, workspace: '', token });
  const tracker = withToken(tokens.bot);
  const maria = withToken(tokens.maria);
  const logins = { us: (await tracker.account()).login, maria: (await maria.account()).login };
  const people = createPeople(ask, server, logins);
  const hasDependencies = server.hasDependencies ?? (await keepsDependencies(ask, server, people));
  return {
    kind: 'gitea',
    ...{ ask, tokens, tracker, maria, withToken, close },
    stranger: withToken(tokens.stranger),
    people: hasDependencies ? people : { ...people, block: null },
    ...forgeIssues,
  };
}

interface Label {
  id: number;
  name: string;
}

/** There are builds that take a dependency and forget it. */
async function keepsDependencies(ask: Ask, { tokens }: GiteaServer, people: People): Promise<boolean> {
  const project = await people.makeProject();
  const [item, first] = [
    await people.openItem(project, { title: 'One' }),
    await people.openItem(project, { title: 'Two' }),
  ];
  await people.block!(item, first);
  return (await ask<unknown[]>(tokens.maria, 'GET', `/repos/${project}/issues/${item.id}/dependencies`)).length > 0;
}

function createPeople(ask: Ask, { tokens }: GiteaServer, { us, maria }: Record<'us' | 'maria', string>): People {
  const her = <T>(method: string, path: string, body?: unknown) => ask<T>(tokens.maria, method, path, body);
  const at = ({ project, id }: ItemRef, rest = '') => `/repos/${project}/issues/${id}${rest}`;
  const commentAt = ({ project }: ItemRef, id: string, rest = '') => `/repos/${project}/issues/comments/${id}${rest}`;
  const idsOf = async (project: string, names: readonly string[]) => {
    const found = await her<Label[]>('GET', `/repos/${project}/labels`);
    return found.filter(({ name }) => names.includes(name)).map(({ id }) => id);
  };
  return {
    async makeProject() {
      const name = `t-${randomUUID().slice(0, 12)}`;
      const path = `/repos/acme/${name}`;
      await ask(tokens.admin, 'POST', '/orgs/acme/repos', { name, auto_init: true, default_branch: 'main' });
      // Only who administrates is told what others may do.
      for (const [login, permission] of [
        [us, 'admin'],
        [maria, 'write'],
      ]) {
        await ask(tokens.admin, 'PUT', `${path}/collaborators/${login}`, { permission });
      }
      for (const label of known) await her('POST', `${path}/labels`, { name: label, color: '#d73a4a' });
      return `acme/${name}`;
    },
    async openItem(project, { title, body = '', labels = [] }) {
      const wanted = { title, body, labels: await idsOf(project, labels) };
      const { number } = await her<{ number: number }>('POST', `/repos/${project}/issues`, wanted);
      return { project, id: String(number) };
    },
    moveItem: (ref, state) => her('PATCH', at(ref), { state }),
    label: async (ref, names) => her('PUT', at(ref, '/labels'), { labels: await idsOf(ref.project, names) }),
    assign: (ref, isOurs) => her('PATCH', at(ref), { assignees: isOurs ? [us] : [] }),
    labels: async ref => (await her<Label[]>('GET', at(ref, '/labels'))).map(({ name }) => name),
    state: async ref => (await her<{ state: string }>('GET', at(ref))).state,
    async comment(ref, body, by = 'maria') {
      return String((await ask<{ id: number }>(tokens[by], 'POST', at(ref, '/comments'), { body })).id);
    },
    editComment: (ref, id, body) => her('PATCH', commentAt(ref, id), { body }),
    deleteComment: (ref, id) => ask(tokens.admin, 'DELETE', commentAt(ref, id)),
    comments: async ref => (await her<{ body: string }[]>('GET', at(ref, '/comments'))).map(({ body }) => body),
    remove: ref => ask(tokens.admin, 'DELETE', at(ref)),
    block(ref, { project, id }) {
      const [owner, repo] = project.split('/');
      return her('POST', at(ref, '/dependencies'), { owner, repo, index: Number(id) });
    },
    thumbUp: (ref, id) => her('POST', commentAt(ref, id, '/reactions'), { content: '+1' }),
  };
}
