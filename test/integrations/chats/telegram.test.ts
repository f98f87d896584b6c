/** Telegram keeps the contract, against the fake that is shipped. */
import { expect, test } from 'vitest';
import { chatConformance, failureOf } from './conformance.ts';
import { noticeOf } from './notices.ts';
import { telegramPlace } from './telegram-place.ts';

chatConformance('Telegram', telegramPlace, start => {
  test('says which bot it is, and in which chat', async () => {
    const { chat, make } = await start();
    expect(await chat.check()).toBe('@signalbox_bot in Ops');
    expect(await (await make({ to: ['@elsewhere'] })).check()).toBe('@signalbox_bot in Elsewhere');
  });

  test('shows what is not code in bold alone, and the reason as code', async () => {
    const { chat, fake } = await start();
    await chat.send(noticeOf({ text: 'see README.md, @maria' }));
    expect(fake.messages[0]!.entities).toEqual([
      { type: 'bold', text: '⚠️ shop-12 waits for an approval' },
      { type: 'pre', text: 'see README.md, @maria' },
    ]);
  });

  test('makes a link of the address alone, without a preview', async () => {
    const { chat, fake } = await start();
    const url = 'https://signalbox.example.com/tasks/shop-12?a=1&b=2';
    await chat.send(noticeOf({ url, title: 'see evil.com', text: 'https://evil.example' }));
    expect(fake.messages[0]!.entities.filter(({ type }) => type === 'url')).toEqual([{ type: 'url', text: url }]);
    expect(fake.messages[0]!.hasPreview).toBe(false);
  });

  refusalBehaviour(start);
});

function refusalBehaviour(start: () => ReturnType<typeof telegramPlace>): void {
  test.each([
    [403, 'Forbidden: bot was blocked by the user', 'forbidden', /unblock/],
    [403, 'Forbidden: bot was kicked from the supergroup chat', 'forbidden', /add the bot/],
    [400, 'Bad Request: not enough rights to send text messages to the chat', 'forbidden', /rights/],
  ] as const)('takes %i %s for %s', async (status, words, failure, message) => {
    const { chat, fake } = await start();
    fake.bar({ status, words });
    expect(await failureOf(chat.send(noticeOf()))).toMatchObject({ failure, message: expect.stringMatching(message) });
    expect(await failureOf(chat.check())).toMatchObject({ failure });
  });

  test('says that there is no such chat', async () => {
    const chat = await (await start()).make({ to: ['-1'] });
    const gone = { failure: 'notFound', message: expect.stringContaining('chat not found') };
    expect(await failureOf(chat.send(noticeOf()))).toMatchObject(gone);
    expect(await failureOf(chat.check())).toMatchObject(gone);
  });

  test('says which number a group has after it became a supergroup', async () => {
    const { chat, fake } = await start();
    fake.upgrade(-100_789);
    const moved = { failure: 'notFound', message: expect.stringContaining('-100789') };
    expect(await failureOf(chat.send(noticeOf()))).toMatchObject(moved);
  });

  test('says that nobody has this token', async () => {
    const { make } = await start();
    const chat = await make({ token: '42:other' });
    expect(await failureOf(chat.check())).toMatchObject({ failure: 'unauthorized' });
  });

  test.each([{ token: null }, { token: 'f00' }, { token: '4/../2:x' }, { to: [] }, { to: ['1', '2'] }])(
    'is made from no options like %j',
    async wrong => {
      const { make } = await start();
      expect(await failureOf(make(wrong))).toMatchObject({ failure: 'invalid' });
    },
  );
}
