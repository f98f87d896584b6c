/** Discord keeps the contract, against the fake that is shipped. */
import { afterEach, expect, test, vi } from 'vitest';
import type { ChatOptions } from '../../../src/integrations/chat.ts';
import { createChat } from '../../../src/integrations/chats/index.ts';
import { type DiscordMessage, startFakeDiscord } from '../../../src/testing/chats/discord.ts';
import { type Arrived, chatConformance, failureOf } from './conformance.ts';
import { noticeOf, url } from './notices.ts';

async function discordPlace() {
  const fake = await startFakeDiscord({ name: 'Signalbox alerts' });
  const options: ChatOptions = { name: 'alerts', url: fake.url, token: null, to: [], from: null, user: null };
  return {
    fake,
    chat: await createChat('discord', options),
    make: (other: Partial<ChatOptions>) => createChat('discord', { ...options, ...other }),
    arrived: () => fake.messages.map(toArrived),
    secrets: [fake.url, new URL(fake.url).pathname, fake.url.split('/').at(-1)!],
    down: fake.down,
    failNext: () => fake.failNext(1, 502),
    limitNext: (seconds: number) => fake.limitNext(1, seconds),
    slow: fake.latency,
    close: fake.close,
  };
}

/** Code is where people expect what a program has said: that there is a passage of it counts, not what it says. */
const toArrived = ({ seen, links, mentions, formatted, previews, code }: DiscordMessage): Arrived => ({
  seen,
  mark: /· (\S{8})$/.exec(seen)?.[1] ?? '',
  made: [...links, ...mentions, ...previews, ...formatted.map(() => 'formatted'), ...code.map(() => 'code')],
});

afterEach(() => {
  vi.useRealTimers();
});

chatConformance('Discord', discordPlace, start => {
  test('makes a link of the address alone, shows no preview, and calls nobody', async () => {
    const { chat, fake } = await start();
    await chat.send(noticeOf({ text: '@everyone <@123> https://evil.example', title: '@here https://evil.example' }));
    expect(fake.messages).toMatchObject([{ links: [url], mentions: [], previews: [] }]);
    // Whatever a text might still be taken for.
    expect(fake.messages[0]!.sent).toMatchObject({ allowed_mentions: { parse: [] }, flags: 4 });
  });

  test('names the webhook', async () => {
    const { chat } = await start();
    expect(await chat.check()).toMatch(/^the webhook Signalbox alerts at 127\.0\.0\.1/);
  });

  limitBehaviour(start);

  test('says that the webhook is gone', async () => {
    const { chat, fake } = await start();
    fake.remove();
    const gone = { failure: 'notFound', message: expect.stringContaining('make a new one') };
    expect(await failureOf(chat.send(noticeOf()))).toMatchObject(gone);
    expect(await failureOf(chat.check())).toMatchObject(gone);
  });

  test('says that the address is wrong', async () => {
    const { make, fake } = await start();
    const chat = await make({ url: `${fake.url.slice(0, -4)}0000` });
    const wrong = { failure: 'unauthorized', message: expect.stringContaining('copy it again') };
    expect(await failureOf(chat.send(noticeOf()))).toMatchObject(wrong);
  });

  test('keeps the thread that the address names', async () => {
    const asked: string[] = [];
    const { make, fake } = await start();
    const chat = await make({
      url: `${fake.url}?thread_id=7`,
      fetch: (input, init) => {
        asked.push(new URL(String(input)).search);
        return fetch(input, init);
      },
    });
    await chat.send(noticeOf());
    expect(asked).toEqual(['?thread_id=7&wait=true']);
  });
});

function limitBehaviour(start: () => ReturnType<typeof discordPlace>): void {
  test('asks no more when it was told that there is no more, until it is over', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { chat, fake } = await start();
    fake.budget({ remaining: 0, resetAfterS: 1.25 });
    await chat.send(noticeOf());
    const asked = fake.asked;
    const failed = await failureOf(chat.send(noticeOf()));
    expect(failed).toMatchObject({ failure: 'limited', retryAt: Date.now() + 1_250 });
    expect(fake.asked).toBe(asked);
    vi.setSystemTime(failed.retryAt!);
    await chat.send(noticeOf());
    expect(fake.messages).toHaveLength(2);
  });

  test('waits as long as the answer says, not as long as its header', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { chat, fake } = await start();
    fake.limitNext(1, 0.47);
    expect(await failureOf(chat.send(noticeOf()))).toMatchObject({ failure: 'limited', retryAt: Date.now() + 470 });
  });
}
