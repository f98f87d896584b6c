/** Buttons at Telegram: who has pressed which, once and again, and what he is told. */
import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { Chat, Notice } from '../../../src/integrations/chat.ts';
import { failureOf } from './conformance.ts';
import { noticeOf } from './notices.ts';
import { group, telegramPlace } from './telegram-place.ts';

const maria = { id: 7, first_name: 'Maria', last_name: 'López', username: 'maria' };

const buttons: Notice['buttons'] = [
  { label: 'Approve', verb: 'approve', token: 'a'.repeat(48) },
  { label: 'Reject', verb: 'reject', token: 'shop-12.7_x' },
];

const ask = (chat: Chat, cursor: string | null = null, waitMs = 0) =>
  chat.presses!(cursor, { waitMs, signal: new AbortController().signal });

async function start() {
  const place = await telegramPlace();
  onTestFinished(place.close);
  return place;
}

test('shows buttons, and tells who has pressed which', async () => {
  const { chat, fake } = await start();
  await chat.send(noticeOf({ buttons }));
  expect(fake.messages[0]!.buttons.map(({ text }) => text)).toEqual(['Approve', 'Reject']);
  const waiting = ask(chat, null, 20_000);
  fake.press(1, maria, 'Approve');
  const { presses, cursor } = await waiting;
  const at = fake.messages[0]!.date * 1_000;
  const by = { id: '7', name: 'Maria López (@maria)' };
  expect(presses).toMatchObject([{ verb: 'approve', token: 'a'.repeat(48), by, at }]);
  expect(cursor).not.toBeNull();
});

test('gives again what was not asked beyond, and nothing else', async () => {
  const { chat, fake } = await start();
  await chat.send(noticeOf({ buttons }));
  fake.press(1, maria, 'Approve');
  const first = await ask(chat);
  expect(await ask(chat)).toEqual(first);
  fake.press(1, maria, 'Reject');
  const { presses, cursor } = await ask(chat, first.cursor);
  expect(presses).toMatchObject([{ verb: 'reject', token: 'shop-12.7_x' }]);
  expect(await ask(chat, cursor)).toEqual({ presses: [], cursor });
  // What is behind us is gone, whatever we ask for.
  expect((await ask(chat)).presses).toEqual([]);
});

test('passes over what is no press of ours, and never stops at it', async () => {
  const { chat, make, fake } = await start();
  await (await make({ to: ['@elsewhere'] })).send(noticeOf({ buttons }));
  await chat.send(noticeOf({ buttons }));
  fake.press(1, maria, 'Approve');
  const query = { id: '1', from: maria, message: { message_id: 2, date: 1, chat: group } };
  for (const data of ['merge:x', 'approve:', 'approve:a b', `approve:${'a'.repeat(49)}`, 'approve:x\nreject:y']) {
    fake.update({ callback_query: { ...query, data } });
  }
  fake.update({ callback_query: { ...query, message: undefined, data: 'approve:x' } });
  fake.update({ callback_query: 'nonsense' });
  fake.press(2, maria, 'Reject');
  const { presses, cursor } = await ask(chat);
  expect(presses).toMatchObject([{ verb: 'reject' }]);
  expect((await ask(chat, cursor)).presses).toEqual([]);
});

test('finds the presses of a chat by its name', async () => {
  const { make, fake } = await start();
  const chat = await make({ to: ['@Elsewhere'] });
  await make({ to: ['@elsewhere'] }).then(chat => chat.send(noticeOf({ buttons })));
  fake.press(1, { id: 8, first_name: 'A\u202Eb' }, 'Approve');
  expect((await ask(chat)).presses).toMatchObject([{ by: { id: '8', name: 'Ab' } }]);
});

test('stops waiting when nobody wants to know any more', async () => {
  const { chat } = await start();
  const controller = new AbortController();
  const waiting = chat.presses!('1000', { waitMs: 20_000, signal: controller.signal });
  controller.abort();
  expect(await waiting).toEqual({ presses: [], cursor: '1000' });
  expect(await chat.presses!(null, { waitMs: 20_000, signal: controller.signal })).toEqual({
    presses: [],
    cursor: null,
  });
});

test('says what to do when another program asks, or a webhook is told', async () => {
  const { chat, make, fake } = await start();
  const first = failureOf(ask(chat, null, 20_000));
  await expect.poll(() => fake.isWaitedFor()).toBe(true);
  await ask(await make({}));
  expect(await first).toMatchObject({ failure: 'conflict', message: expect.stringContaining('stop it') });
  fake.setWebhook(true);
  const told = { failure: 'conflict', message: expect.stringContaining('deleteWebhook') };
  expect(await failureOf(ask(chat))).toMatchObject(told);
});

test('answers a press once, and takes the buttons away', async () => {
  const { chat, make, fake } = await start();
  await chat.send(noticeOf({ buttons }));
  const query = fake.press(1, maria, 'Approve');
  const [press] = (await ask(chat)).presses;
  // Another process may answer than the one that heard of it.
  await (await make({})).answerPress!(press!, `Approved.\n${'x'.repeat(300)}`);
  expect(fake.answers).toMatchObject([{ query, text: expect.stringMatching(/^Approved\. x+…$/) }]);
  expect(fake.messages[0]!.buttons).toEqual([]);
});

test('takes the buttons away where it is too late for an answer, and says so', async () => {
  const { chat, fake } = await start();
  await chat.send(noticeOf({ buttons }));
  fake.press(1, maria, 'Approve');
  fake.forgetPresses();
  const [press] = (await ask(chat)).presses;
  expect(await failureOf(chat.answerPress!(press!, 'Approved.'))).toMatchObject({ failure: 'notFound' });
  expect(fake.messages[0]!.buttons).toEqual([]);
});

test('leaves the buttons to others where one who may not has pressed', async () => {
  const { chat, fake } = await start();
  await chat.send(noticeOf({ buttons }));
  fake.press(1, maria, 'Approve');
  const [press] = (await ask(chat)).presses;
  await chat.answerPress!(press!, 'You may not.', { keepsButtons: true });
  expect(fake.answers).toHaveLength(1);
  expect(fake.messages[0]!.buttons).not.toEqual([]);
});

test('answers where the buttons are gone already', async () => {
  const { chat, fake } = await start();
  await chat.send(noticeOf({ buttons }));
  fake.press(1, maria, 'Approve');
  fake.press(1, maria, 'Approve');
  const { presses } = await ask(chat);
  for (const press of presses) await chat.answerPress!(press, 'Approved.');
  expect(fake.answers).toHaveLength(2);
});

test('has its token in no error of a press', async () => {
  const { chat, fake } = await start();
  fake.down();
  const failed = [
    await failureOf(ask(chat)),
    await failureOf(chat.answerPress!({ id: '1:2', verb: 'approve', token: 'x', by: { id: '', name: '' }, at: 0 }, '')),
  ];
  expect(failed).toMatchObject([{ failure: 'unreachable' }, { failure: 'unreachable' }]);
  for (const error of failed) expect(inspect(error, { depth: 9 })).not.toContain(fake.token);
});

test('refuses a button that carries too much', async () => {
  const { chat } = await start();
  const heavy = [{ label: 'Approve', verb: 'approve' as const, token: 'a'.repeat(60) }];
  expect(await failureOf(chat.send(noticeOf({ buttons: heavy })))).toMatchObject({ failure: 'invalid' });
});
