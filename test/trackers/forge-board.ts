/** A repository of a fake forge whose issues are work, a chat of the fake Telegram, and people in both. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startFakeTelegram } from '../../src/testing/chats/telegram.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { type ForgeKind, openForge, repository, type Spot } from './forge-people.ts';
import { makeRepository, smallPipeline } from './plane-board.ts';
import { createSharedClock, liveAtTracker } from './played.ts';

const secret = 'with-which-webhooks-are-signed';
const room = { id: -100_500, type: 'supergroup' } as const;
const accounts = ['root', 'signalbox', 'maria', 'bob', 'reader', 'stranger', 'renovate[bot]'];
const rights = {
  root: 'admin',
  signalbox: 'admin',
  maria: 'write',
  bob: 'write',
  reader: 'read',
  'renovate[bot]': 'write',
} as const;

export interface ForgeBoardOptions {
  kind?: ForgeKind;
  project?: object;
  more?: object;
  labels?: readonly string[];
}

export async function openForgeBoard(wanted: ForgeBoardOptions = {}) {
  const { kind = 'gitea', project = {}, more = {}, labels = ['agent'] } = wanted;
  const clock = createSharedClock();
  const { fake, ask, people, pushBranch } = await openForge(kind, { accounts, rights });
  onTestFinished(() => fake.close());
  const telegram = await startFakeTelegram({ chats: [room as never] });
  onTestFinished(() => telegram.close());
  for (const name of labels) await people.makeLabel(name);
  const directory = temporaryDirectory();
  makeRepository(join(directory, 'shop'));
  const env = { FORGE_TOKEN: fake.tokenOf('signalbox'), FORGE_SECRET: secret, TELEGRAM_TOKEN: telegram.token };
  const from = (name: string) => `\${${name}}`;
  const config = {
    forges: { home: { kind, url: fake.url, token: from('FORGE_TOKEN'), webhookSecret: from('FORGE_SECRET') } },
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
  const life = await liveAtTracker({ clock, directory, env, settled: fake.settled });
  await people.addHook({ url: life.webhooks(kind), secret });
  /** Somebody does something, a little later than what was before. */
  const act = async (what: () => Promise<unknown>) => {
    clock.advance(2_000);
    await what();
    await life.settle();
  };
  let branches = 0;
  return {
    ...life,
    ...{ kind, fake, telegram, directory, env, ask, people, room },
    /** Makes a pull request that the next task takes for its own. */
    async openPullRequest(): Promise<number> {
      const head = `work-${++branches}`;
      await pushBranch(head, 'signalbox');
      const number = await people.openPullRequest('signalbox', head);
      life.work.pullRequest = { result: 'pushed', pullRequest: { number, url: `${fake.url}/pulls/${number}` } };
      return number;
    },
    /** Makes an issue for agents; answers its number and the task of it. */
    async begin(title = 'Totals are wrong'): Promise<{ number: number; task: string }> {
      // Not everybody may label while he opens one.
      const number = await people.openIssue('maria', { title, body: '', labels: ['agent'] });
      await life.settle();
      return { number, task: `SH-${number}` };
    },
    say: (at: Spot, body: string, by = 'maria') => act(() => people.comment(by, at, body)),
    label: (number: number, names: readonly string[], by = 'maria') => act(() => people.label(by, number, names)),
    close: (number: number, by = 'maria') => act(() => people.close(by, number)),
    edit: (number: number, what: { title?: string; body?: string }, by = 'maria') =>
      act(() => people.editIssue(by, number, what)),
    /** Nobody is told of it. */
    async react(at: Spot & { comment: string }, word: '+1' | '-1' | 'eyes' | 'heart', by = 'maria') {
      clock.advance(2_000);
      await people.react(by, at, word);
    },
    /** What our own account has said of words that changed nothing. */
    async replies(at: Spot): Promise<string[]> {
      const ours = (await people.comments(at)).filter(({ by }) => by === 'signalbox');
      return ours.flatMap(({ body }) => /This changed nothing: `?([^`\n]+)/.exec(body)?.[1] ?? []);
    },
  };
}

export type ForgeBoard = Awaited<ReturnType<typeof openForgeBoard>>;
