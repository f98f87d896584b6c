/** A repository of the fake Gitea whose issues are work, a chat of the fake Telegram, and people in both. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startFakeTelegram } from '../../src/testing/chats/telegram.ts';
import { startFakeGitea } from '../../src/testing/forges/gitea.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { makeRepository, smallPipeline } from './plane-board.ts';
import { createSharedClock, liveAtTracker } from './played.ts';

export const repository = 'acme/shop';
const secret = 'with-which-webhooks-of-gitea-are-signed';
const room = { id: -100_500, type: 'supergroup' } as const;

export interface GiteaBoardOptions {
  project?: object;
  more?: object;
  labels?: readonly string[];
}

export async function openGiteaBoard({ project = {}, more = {}, labels = ['agent'] }: GiteaBoardOptions = {}) {
  const clock = createSharedClock();
  const logins = ['root', 'signalbox', 'maria', 'bob', 'reader', 'stranger', 'renovate[bot]'];
  const gitea = await startFakeGitea({ accounts: logins, organisations: ['acme'] });
  onTestFinished(() => gitea.close());
  const telegram = await startFakeTelegram({ chats: [room as never] });
  onTestFinished(() => telegram.close());
  const rights = {
    signalbox: 'admin',
    maria: 'write',
    bob: 'write',
    reader: 'read',
    'renovate[bot]': 'write',
  } as const;
  await gitea.createRepository(repository, { 'README.md': '# Shop\n' }, rights);
  const ask = async <T>(by: string, method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${gitea.url}/api/v1/repos/${repository}${path}`, {
      method,
      headers: { authorization: `token ${gitea.tokenOf(by)}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  for (const name of labels) await ask('root', 'POST', '/labels', { name, color: '#d73a4a' });
  const directory = temporaryDirectory();
  makeRepository(join(directory, 'shop'));
  const env = { GITEA_TOKEN: gitea.tokenOf('signalbox'), GITEA_SECRET: secret, TELEGRAM_TOKEN: telegram.token };
  const from = (name: string) => `\${${name}}`;
  const config = {
    forges: {
      home: { kind: 'gitea', url: gitea.url, token: from('GITEA_TOKEN'), webhookSecret: from('GITEA_SECRET') },
    },
    chats: { ops: { kind: 'telegram', url: telegram.url, token: from('TELEGRAM_TOKEN'), to: room.id } },
    notify: [{ chat: 'ops', cooldown: 0 }],
    agents: { bot: { kind: 'command', program: ['true'] } },
    agent: 'bot',
    pipeline: './pipeline.yaml',
    projects: {
      shop: {
        ...{ repository: './shop', target: 'main', prefix: 'SH', forge: 'home', remote: repository, tracker: 'home' },
        pick: { labels: ['agent'] },
        ...project,
      },
    },
    ...more,
  };
  writeFileSync(join(directory, 'pipeline.yaml'), JSON.stringify(smallPipeline));
  writeFileSync(join(directory, 'signalbox.config.json'), JSON.stringify(config));
  const life = await liveAtTracker({ clock, directory, env, settled: gitea.settled });
  const hook = { url: life.webhooks('gitea'), content_type: 'json', secret };
  const events = ['issues', 'issue_comment', 'issue_label', 'pull_request', 'pull_request_comment', 'issue_assign'];
  await ask('root', 'POST', '/hooks', { type: 'gitea', config: hook, events, active: true });
  const labelled = async (names: readonly string[]) => {
    const all = await ask<{ id: number; name: string }[]>('root', 'GET', '/labels');
    return all.filter(({ name }) => names.includes(name)).map(({ id }) => id);
  };
  let branches = 0;
  const board = {
    ...life,
    ...{ gitea, telegram, directory, env, ask, room },
    /** Makes a pull request that the next task takes for its own. */
    async openPullRequest(): Promise<number> {
      const head = `work-${++branches}`;
      await ask('signalbox', 'POST', '/branches', { new_branch_name: head, old_branch_name: 'main' });
      await gitea.commit(repository, { branch: head, files: { [head]: 'work\n' }, by: 'signalbox' });
      const { number } = await ask<{ number: number }>('signalbox', 'POST', '/pulls', {
        head,
        base: 'main',
        title: head,
      });
      life.work.pullRequest = { result: 'pushed', pullRequest: { number, url: `${gitea.url}/pulls/${number}` } };
      return number;
    },
    /** Makes an issue for agents; answers its number and the task of it. */
    async begin(title = 'Totals are wrong', by = 'maria'): Promise<{ number: number; task: string }> {
      const wanted = { title, body: '', labels: await labelled(['agent']) };
      const { number } = await ask<{ number: number }>(by, 'POST', '/issues', wanted);
      await life.settle();
      return { number, task: `SH-${number}` };
    },
    async say(number: number, body: string, by = 'maria') {
      clock.advance(2_000);
      await ask(by, 'POST', `/issues/${number}/comments`, { body });
      await life.settle();
    },
    async label(number: number, names: readonly string[], by = 'maria') {
      clock.advance(2_000);
      await ask(by, 'PUT', `/issues/${number}/labels`, { labels: await labelled(names) });
      await life.settle();
    },
    async close(number: number, by = 'maria') {
      clock.advance(2_000);
      await ask(by, 'PATCH', `/issues/${number}`, { state: 'closed' });
      await life.settle();
    },
    async react(comment: string, content: string, by = 'maria') {
      clock.advance(2_000);
      await ask(by, 'POST', `/issues/comments/${comment}/reactions`, { content });
    },
    /** What our own account has said of words that changed nothing. */
    async replies(number: number): Promise<string[]> {
      const all = await ask<{ body: string; user: { login: string } }[]>('root', 'GET', `/issues/${number}/comments`);
      const ours = all.filter(({ user }) => user.login === 'signalbox').map(({ body }) => body);
      return ours.flatMap(body => /This changed nothing: `?([^`\n]+)/.exec(body)?.[1] ?? []);
    },
  };
  return board;
}

export type GiteaBoard = Awaited<ReturnType<typeof openGiteaBoard>>;
