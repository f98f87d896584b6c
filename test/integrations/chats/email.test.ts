/** Mail keeps the contract, against a real mail server on this machine. */
import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { ChatOptions } from '../../../src/integrations/chat.ts';
import { createChat } from '../../../src/integrations/chats/index.ts';
import { isPassing } from '../../../src/integrations/outside.ts';
import { type Arrived, chatConformance, failureOf } from './conformance.ts';
import { headerOf } from './mail.ts';
import { type Handed, type MailServerOptions, startMailServer } from './mail-server.ts';
import { hostile, noticeOf, read, url } from './notices.ts';

const account = { user: 'signalbox', password: 'p4ss-word-of-the-account' };

async function mailPlace(server: MailServerOptions = {}, given: Partial<ChatOptions> = {}) {
  const { port, handed, next, weather, close } = await startMailServer(server);
  const options: ChatOptions = {
    ...{ name: 'alerts', url: `smtp://127.0.0.1:${port}`, to: ['maria@example.com'] },
    ...{ from: 'Signalbox <signalbox@example.com>', user: null, token: null },
    ...given,
  };
  return {
    port,
    handed,
    next,
    chat: await createChat('email', options),
    make: (other: Partial<ChatOptions>) => createChat('email', { ...options, ...other }),
    arrived: () => handed.map(toArrived),
    secrets: [account.password],
    down() {
      weather.isDown = true;
    },
    failNext: () => next.push({ code: 451, words: 'Try again later' }),
    slow(ms: number) {
      weather.greetingMs = ms;
    },
    close,
  };
}

/** What a mail program reads: the subject, and of the two texts the one in HTML. */
function toArrived(mail: Handed): Arrived {
  const tags = mail.html.match(/<[^<>]+>/g) ?? [];
  const html = mail.html.replace(/<[^<>]+>/g, '').replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => signs[name]!);
  return {
    seen: [...headerOf(mail, 'subject'), mail.text, html].join('\n'),
    mark: headerOf(mail, 'message-id').join(),
    made: [...tags, ...mail.headers.map(([name]) => name), mail.from, ...mail.to],
  };
}
const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

const start = async (server?: MailServerOptions, given?: Partial<ChatOptions>) => {
  const place = await mailPlace(server, given);
  onTestFinished(place.close);
  return place;
};

chatConformance('mail', mailPlace, () => {
  test('says from whom it is, to all receivers, and what it is about', async () => {
    const { chat, handed } = await start({}, { to: ['maria@example.com', 'ops@example.com'] });
    await chat.send(noticeOf({ severity: 'critical' }));
    const [mail] = handed as [Handed];
    expect(mail).toMatchObject({ from: 'signalbox@example.com', to: ['maria@example.com', 'ops@example.com'] });
    expect(headerOf(mail, 'subject')).toEqual(['[signalbox] shop-12 waits for an approval']);
    expect(headerOf(mail, 'x-signalbox-notice')).toEqual([noticeOf().id]);
    expect(headerOf(mail, 'message-id')).toEqual([`<signalbox.${noticeOf().id}@example.com>`]);
    expect(headerOf(mail, 'auto-submitted')).toEqual(['auto-generated']);
    expect(headerOf(mail, 'importance')).toEqual(['High']);
    expect(mail.text).toContain('The review asks for a person.\nTwo files changed.');
    expect(mail.html).toContain(`<a href="${url.replace('&', '&amp;')}">`);
  });

  test('keeps what is about the same together, and nothing else', async () => {
    const { chat, handed } = await start();
    await chat.send(noticeOf({ id: 'one' }));
    await chat.send(noticeOf({ id: 'two', title: 'shop-12 is done' }));
    await chat.send(noticeOf({ id: 'three', subject: 'shop-13' }));
    const threads = handed.map(mail => headerOf(mail, 'references').join());
    expect(threads[0]).toMatch(/^<signalbox\.about-[0-9a-f]{32}@example\.com>$/);
    expect(threads[1]).toBe(threads[0]);
    expect(threads[2]).not.toBe(threads[0]);
    expect(handed.map(mail => headerOf(mail, 'in-reply-to').join())).toEqual(threads);
  });

  test.each(Object.entries(hostile))('has no other header or receiver for %s', async (_, text) => {
    const { chat, handed } = await start();
    await chat.send(noticeOf());
    await chat.send(noticeOf({ title: text, text, subject: text, event: text, command: text, url: null }));
    const [harmless, other] = handed as [Handed, Handed];
    expect(other.headers.map(([name]) => name)).toEqual(harmless.headers.map(([name]) => name));
    expect(other.to).toEqual(['maria@example.com']);
    expect(read(headerOf(other, 'subject').join())).toContain(read(text).slice(0, 20));
  });

  signingBehaviour();
  refusalBehaviour();
});

function signingBehaviour(): void {
  const signedIn = { user: account.user, token: account.password };

  test('signs in over STARTTLS where it is offered', async () => {
    const { chat, handed } = await start({ account }, signedIn);
    expect(await chat.check()).toBe('Signalbox <signalbox@example.com> at 127.0.0.1');
    await chat.send(noticeOf());
    expect(handed).toMatchObject([{ isSecure: true, user: account.user }]);
  });

  test('uses TLS from the start where the address says so', async () => {
    const { make, port, handed } = await start({ account, isSecure: true }, signedIn);
    await (await make({ url: `smtps://127.0.0.1:${port}` })).send(noticeOf());
    expect(handed).toMatchObject([{ isSecure: true, user: account.user }]);
  });

  test('signs in without TLS on this machine alone', async () => {
    const { chat, make, port, handed } = await start({ account, hasTls: false }, signedIn);
    await chat.send(noticeOf());
    expect(handed).toMatchObject([{ isSecure: false, user: account.user }]);
    // The same server, by an address that does not say that it is here.
    const elsewhere = await make({ url: `smtp://0.0.0.0:${port}` });
    expect(await failureOf(elsewhere.send(noticeOf()))).toMatchObject({
      failure: 'invalid',
      message: expect.stringContaining('offers no STARTTLS'),
    });
    expect(handed).toHaveLength(1);
  });

  test('believes no server elsewhere without a good certificate', async () => {
    const { make, port, handed } = await start({ account }, signedIn);
    const elsewhere = await make({ url: `smtp://0.0.0.0:${port}` });
    const failed = await failureOf(elsewhere.send(noticeOf()));
    expect(failed).toMatchObject({ failure: 'unreachable', message: expect.stringMatching(/certificate/) });
    expect(handed).toEqual([]);
  });

  test('says that it may not sign in, without the password', async () => {
    const { make } = await start({ account });
    const wrong = await make({ user: account.user, token: 'n0t-the-password' });
    const told = Buffer.from(`\0${account.user}\0n0t-the-password`).toString('base64');
    for (const failed of [await failureOf(wrong.send(noticeOf())), await failureOf(wrong.check())]) {
      expect(failed).toMatchObject({ failure: 'unauthorized', message: expect.stringContaining('Invalid login') });
      expect(inspect(failed, { depth: 9 })).not.toContain('n0t-the-password');
      expect(inspect(failed, { depth: 9 })).not.toContain(told);
    }
  });

  test('says that it has to sign in', async () => {
    const { chat } = await start({ account });
    expect(await failureOf(chat.send(noticeOf()))).toMatchObject({ failure: 'unauthorized' });
  });
}

function refusalBehaviour(): void {
  test.each([
    [421, 'unreachable'],
    [450, 'unreachable'],
    [452, 'unreachable'],
    [503, 'unreachable'],
    [550, 'invalid'],
    [552, 'invalid'],
    [554, 'invalid'],
  ] as const)('takes %i for %s', async (code, failure) => {
    const { chat, next } = await start();
    next.push({ code, words: 'No' });
    const failed = await failureOf(chat.send(noticeOf()));
    expect(failed).toMatchObject({ failure, message: expect.stringContaining(String(code)) });
    expect(isPassing(failed)).toBe(failure === 'unreachable');
  });

  const refusals = {
    'gone@example.com': { code: 550, words: 'No such user' },
    'grey@example.com': { code: 450, words: 'Greylisted' },
  };

  test.each([
    ['invalid', ['gone@example.com']],
    ['unreachable', ['grey@example.com']],
    ['unreachable', ['gone@example.com', 'grey@example.com']],
    ['unreachable', ['grey@example.com', 'gone@example.com']],
    ['invalid', ['maria@example.com', 'gone@example.com']],
    ['unreachable', ['maria@example.com', 'grey@example.com', 'gone@example.com']],
  ] as const)('is %s when of %j some are refused', async (failure, to) => {
    const { chat, handed } = await start({ refusals }, { to: [...to] });
    expect(await failureOf(chat.send(noticeOf()))).toMatchObject({ failure });
    expect(handed.map(mail => mail.to)).toEqual(to[0] === 'maria@example.com' ? [['maria@example.com']] : []);
  });

  test.each([
    { from: null },
    { to: [] },
    { url: 'mail.example.com:25' },
    { url: 'https://mail.example.com' },
    { url: 'smtp://' },
    { url: '' },
  ])('is made from no options like %j', async wrong => {
    const { make } = await start();
    expect(await failureOf(make(wrong))).toMatchObject({ failure: 'invalid' });
  });
}
