/** What people do with issues and pull requests of each forge, over its own API and with their own tokens. */
import { join } from 'node:path';
import { execa } from 'execa';
import { startFakeGitea } from '../../src/testing/forges/gitea.ts';
import { startFakeGithub } from '../../src/testing/forges/github.ts';
import { startFakeGitlab } from '../../src/testing/forges/gitlab.ts';
import { temporaryDirectory } from '../support/temporary.ts';

export const repository = 'acme/shop';

/** An issue, or a pull request: at GitLab each has numbers of its own. */
export interface Spot {
  number: number;
  isPull?: boolean;
}

type Word = '+1' | '-1' | 'eyes' | 'heart';

export interface ForgePeople {
  makeLabel(name: string): Promise<unknown>;
  addHook(hook: { url: string; secret: string }): Promise<unknown>;
  openIssue(by: string, wanted: { title: string; body: string; labels: readonly string[] }): Promise<number>;
  editIssue(by: string, number: number, wanted: { title?: string; body?: string }): Promise<unknown>;
  /** From a branch that is there. */
  openPullRequest(by: string, head: string): Promise<number>;
  comment(by: string, at: Spot, body: string): Promise<unknown>;
  comments(at: Spot): Promise<{ by: string; body: string }[]>;
  label(by: string, number: number, names: readonly string[]): Promise<unknown>;
  close(by: string, number: number): Promise<unknown>;
  react(by: string, at: Spot & { comment: string }, word: Word): Promise<unknown>;
}

const forges = { gitea: startFakeGitea, github: startFakeGithub, gitlab: startFakeGitlab };
export type ForgeKind = keyof typeof forges;
export const forgeKinds = Object.keys(forges) as ForgeKind[];

const peopleOf: Record<ForgeKind, (ask: Ask) => ForgePeople> = {
  gitea: ask => ({ ...commonPeople(ask, labelIds(ask)), addHook: hook => addHook(ask, 'gitea', hook) }),
  github: ask => ({ ...commonPeople(ask, async names => names), addHook: hook => addHook(ask, 'web', hook) }),
  gitlab: gitlabPeople,
};

const bases: Record<ForgeKind, string> = { gitea: '/api/v1', github: '/api/v3', gitlab: '/api/v4' };
const places: Record<ForgeKind, string> = {
  gitea: `/repos/${repository}`,
  github: `/repos/${repository}`,
  gitlab: `/projects/${encodeURIComponent(repository)}`,
};

/** A fake with the repository, and the people there; `root` and whoever is `admin` may do everything. */
export async function openForge(
  kind: ForgeKind,
  { accounts, rights }: { accounts: string[]; rights: Record<string, 'read' | 'write' | 'admin'> },
) {
  const fake = await forges[kind]({ accounts, ...(kind === 'gitea' && { organisations: ['acme'] }) });
  await fake.createRepository(repository, { 'README.md': '# Shop\n' }, rights);
  const ask: Ask = async (by, method, path, body) => {
    const response = await fetch(`${fake.url}${bases[kind]}${places[kind]}${path}`, {
      method,
      headers: { authorization: `Bearer ${fake.tokenOf(by)}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    ...{ fake, ask, people: peopleOf[kind](ask) },
    /** Makes a branch with a commit of its own. */
    pushBranch: (branch: string, by: string) => pushBranch(`${fake.url}/${repository}.git`, branch, fake.tokenOf(by)),
  };
}

export type Ask = <T>(by: string, method: string, path: string, body?: object) => Promise<T>;

async function pushBranch(url: string, branch: string, token: string) {
  const cwd = join(temporaryDirectory(), 'clone');
  const signedIn = `http.extraHeader=Authorization: Basic ${Buffer.from(`oauth2:${token}`).toString('base64')}`;
  const who = ['-c', 'user.name=maria', '-c', 'user.email=maria@example.org'];
  await execa('git', ['-c', signedIn, 'clone', '--quiet', url, cwd]);
  await execa('git', [...who, 'commit', '--quiet', '--allow-empty', '-m', 'Work'], { cwd });
  await execa('git', ['-c', signedIn, 'push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`], { cwd });
}

function addHook(ask: Ask, type: string, { url, secret }: { url: string; secret: string }) {
  const events = ['issues', 'issue_comment', 'issue_label', 'issue_assign', 'pull_request', 'pull_request_comment'];
  const wanted = { type, config: { url, content_type: 'json', secret }, events, active: true };
  return ask('signalbox', 'POST', '/hooks', wanted);
}

/** Gitea calls labels by numbers. */
const labelIds = (ask: Ask) => async (names: readonly string[]) => {
  const all = await ask<{ id: number; name: string }[]>('root', 'GET', '/labels');
  return all.filter(({ name }) => names.includes(name)).map(({ id }) => id);
};

type Labels = (names: readonly string[]) => Promise<readonly (string | number)[]>;

/** What Gitea and GitHub take in the same words. */
function commonPeople(ask: Ask, labelled: Labels): Omit<ForgePeople, 'addHook'> {
  const numbered = async (asked: Promise<{ number: number }>) => (await asked).number;
  return {
    makeLabel: name => ask('signalbox', 'POST', '/labels', { name, color: '#d73a4a' }),
    openIssue: async (by, { labels, ...rest }) =>
      numbered(ask(by, 'POST', '/issues', { ...rest, labels: await labelled(labels) })),
    editIssue: (by, number, wanted) => ask(by, 'PATCH', `/issues/${number}`, wanted),
    openPullRequest: (by, head) => numbered(ask(by, 'POST', '/pulls', { head, base: 'main', title: head })),
    comment: (by, { number }, body) => ask(by, 'POST', `/issues/${number}/comments`, { body }),
    async comments({ number }) {
      const path = `/issues/${number}/comments?per_page=100`;
      const all = await ask<{ body: string; user: { login: string } }[]>('root', 'GET', path);
      return all.map(({ body, user }) => ({ body, by: user.login }));
    },
    label: async (by, number, names) => ask(by, 'PUT', `/issues/${number}/labels`, { labels: await labelled(names) }),
    close: (by, number) => ask(by, 'PATCH', `/issues/${number}`, { state: 'closed' }),
    react: (by, { comment }, content) => ask(by, 'POST', `/issues/comments/${comment}/reactions`, { content }),
  };
}

const emoji: Record<Word, string> = { '+1': 'thumbsup', '-1': 'thumbsdown_tone2', eyes: 'eyes', heart: 'heart' };

function gitlabPeople(ask: Ask): ForgePeople {
  const at = ({ number, isPull = false }: Spot) => `/${isPull ? 'merge_requests' : 'issues'}/${number}`;
  const numbered = async (asked: Promise<{ iid: number }>) => (await asked).iid;
  return {
    makeLabel: name => ask('signalbox', 'POST', '/labels', { name, color: '#d73a4a' }),
    addHook: ({ url, secret }) =>
      ask('signalbox', 'POST', '/hooks', {
        ...{ url, token: secret, push_events: false },
        ...{ issues_events: true, note_events: true, merge_requests_events: true },
      }),
    openIssue: (by, { title, body, labels }) =>
      numbered(ask(by, 'POST', '/issues', { title, description: body, labels: labels.join(',') })),
    editIssue: (by, number, { title, body }) =>
      ask(by, 'PUT', `/issues/${number}`, {
        ...(title !== undefined && { title }),
        ...(body !== undefined && { description: body }),
      }),
    openPullRequest: (by, head) =>
      numbered(ask(by, 'POST', '/merge_requests', { source_branch: head, target_branch: 'main', title: head })),
    comment: (by, spot, body) => ask(by, 'POST', `${at(spot)}/notes`, { body }),
    async comments(spot) {
      const path = `${at(spot)}/notes?per_page=100&sort=asc`;
      const all = await ask<{ body: string; author: { username: string } }[]>('root', 'GET', path);
      return all.map(({ body, author }) => ({ body, by: author.username }));
    },
    label: (by, number, names) => ask(by, 'PUT', `/issues/${number}`, { labels: names.join(',') }),
    close: (by, number) => ask(by, 'PUT', `/issues/${number}`, { state_event: 'close' }),
    react: (by, { comment, ...spot }, word) =>
      ask(by, 'POST', `${at(spot)}/notes/${comment}/award_emoji`, { name: emoji[word] }),
  };
}
