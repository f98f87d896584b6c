/** What people hear of in chats, and what they decide there by a button. */
import { expect, onTestFinished, test } from 'vitest';
import { startFakeTelegram } from '../../src/testing/chats/telegram.ts';
import { openPlanePlace, workAtPlane } from './place.ts';

const maria = { id: 4711, first_name: 'Maria' };
const stranger = { id: 13, first_name: 'Mallory' };

async function openChatPlace(more: object = {}) {
  const telegram = await startFakeTelegram({ chats: [{ id: -100, title: 'Ops' }] });
  onTestFinished(() => telegram.close());
  const place = await openPlanePlace({
    more: {
      chats: { ops: { kind: 'telegram', url: telegram.url, token: `\${${'TELEGRAM_TOKEN'}}`, to: '-100' } },
      notify: [{ chat: 'ops', severity: 'info', cooldown: 0 }],
      people: { maria: { accounts: { plan: 'maria', ops: '4711' } } },
      ...more,
    },
  });
  Object.assign(place.env, { TELEGRAM_TOKEN: telegram.token });
  return { telegram, place };
}

test('an approval is asked for in a chat, and given there by a button; a stranger gives none', async () => {
  const { telegram, place } = await openChatPlace();
  const { until, settled, runtime, lines } = await workAtPlane(place);
  const { key } = place.plane.createItem('ET', { title: 'Totals are <b>wrong</b>', labels: ['agent'], by: 'maria' });
  await until(key, ({ standing }) => standing === 'person');
  await settled(() => telegram.messages.length === 1);
  const [message] = telegram.messages;
  expect(message!.text).toContain(`${key} waits for an approval`);
  expect(message!.text).toContain(`signalbox task approve ${key}`);
  // As text, not as markup.
  expect(message!.text).toContain('<b>wrong');

  await settled(() => telegram.isWaitedFor());
  telegram.press(message!.id, stranger, 'Approve');
  await settled(() => telegram.answers.length === 1);
  expect(telegram.answers[0]!.text).toMatch(/nobody in .*people.* has the account/);
  expect((await until(key, () => true)).standing).toBe('person');

  telegram.press(message!.id, maria, 'Approve');
  await until(key, ({ standing }) => standing === 'done');
  await settled(() => telegram.answers.length === 2);
  expect(telegram.answers[1]!.text).toBe('Done.');
  const log = await runtime.log(key, { after: 0, limit: 500 });
  expect(log.find(({ type }) => type === 'task.approve')!.event).toMatchObject({ by: 'maria', question: 1 });
  await settled(() => telegram.messages.length === 2);
  expect(telegram.messages[1]!.text).toContain(`${key} is done`);
  expect(lines.join('')).not.toContain(telegram.token);
  expect((await runtime.verify()).differences).toEqual([]);
});

test('a chat that is away holds up nothing, and hears everything once it is back', async () => {
  const { telegram, place } = await openChatPlace();
  telegram.down();
  const { until, settled, ask } = await workAtPlane(place);
  const { key } = place.plane.createItem('ET', { title: 'Totals are wrong', labels: ['agent'], by: 'maria' });
  await until(key, ({ standing }) => standing === 'person');
  place.plane.comment(key, '<p>:approved:</p>', 'maria');
  await until(key, ({ standing }) => standing === 'done');
  const { chats } = await ask<{ chats: { waiting: { actions: number } }[] }>('GET', '/chats');
  expect(chats[0]!.waiting.actions).toBeGreaterThan(0);
  telegram.up();
  await settled(() => telegram.messages.length === 2);
});
