/** Slack keeps the contract, against the fake that is shipped. */
import { expect, test } from 'vitest';
import type { ChatOptions } from '../../../src/integrations/chat.ts';
import { createChat } from '../../../src/integrations/chats/index.ts';
import { type SlackMessage, startFakeSlack } from '../../../src/testing/chats/slack.ts';
import { type Arrived, chatConformance, failureOf } from './conformance.ts';
import { noticeOf, url } from './notices.ts';

async function slackPlace() {
  const fake = await startFakeSlack();
  const options: ChatOptions = { name: 'alerts', url: fake.url, token: null, to: [], from: null, user: null };
  return {
    fake,
    chat: await createChat('slack', options),
    make: (other: Partial<ChatOptions>) => createChat('slack', { ...options, ...other }),
    arrived: () => fake.messages.map(toArrived),
    secrets: [fake.url, new URL(fake.url).pathname, fake.url.split('/').at(-1)!],
    ...fake,
    failNext: () => fake.failNext(1, 500),
    limitNext: (seconds: number) => fake.limitNext(1, seconds),
    slow: fake.latency,
  };
}

const toArrived = ({ seen, links, mentions, formatted, code }: SlackMessage): Arrived => ({
  seen,
  mark: /· (\S{8})$/.exec(seen)?.[1] ?? '',
  made: [...links, ...mentions, ...formatted, ...code],
});

chatConformance('Slack', slackPlace, start => {
  test('makes a link of the address alone, shows no preview, and calls nobody', async () => {
    const { chat, fake } = await start();
    await chat.send(noticeOf({ text: '@channel <!channel> https://evil.example' }));
    expect(fake.messages).toMatchObject([
      { links: [url], mentions: [], body: { unfurl_links: false, unfurl_media: false } },
    ]);
  });

  test('has something to say in a notification', async () => {
    const { chat, fake } = await start();
    await chat.send(noticeOf());
    expect(fake.messages[0]!.notification).toContain('shop-12 waits for an approval');
  });

  test.each([
    [404, 'no_service', 'notFound', /make a new one/],
    [404, 'channel_not_found', 'notFound', /another one/],
    [410, 'channel_is_archived', 'notFound', /archived/],
    [403, 'action_prohibited', 'forbidden', /administers/],
    [403, 'invalid_token', 'forbidden', /copy it again/],
    [400, 'user_not_found', 'invalid', /user_not_found/],
  ] as const)('says what %i %s means', async (status, word, failure, words) => {
    const { chat, fake, arrived } = await start();
    fake.refuse({ status, word });
    expect(await failureOf(chat.send(noticeOf()))).toMatchObject({ failure, message: expect.stringMatching(words) });
    expect(await failureOf(chat.check())).toMatchObject({ failure });
    expect(arrived()).toEqual([]);
  });

  test('takes no other page for an answer', async () => {
    const { make } = await start();
    const chat = await make({ fetch: async () => new Response('<html>Sign in</html>') });
    expect(await failureOf(chat.send(noticeOf()))).toMatchObject({ failure: 'invalid' });
    expect(await failureOf(chat.check())).toMatchObject({ failure: 'invalid' });
  });

  test.each(['', 'hooks.slack.com/services/T/B/x', 'ftp://hooks.slack.com/x'])(
    'refuses the address %j',
    async wrong => {
      const { make } = await start();
      expect(await failureOf(make({ url: wrong }))).toMatchObject({ failure: 'invalid' });
    },
  );
});
