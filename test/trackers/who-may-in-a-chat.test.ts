/** Who may press a button in a chat. */
import { expect, test, vi } from 'vitest';
import { openForgeBoard } from './forge-board.ts';

test('a button in a chat is pressed by people whom the configuration knows by their id, and by nobody else', async () => {
  const board = await openForgeBoard({
    more: {
      people: {
        maria: { accounts: { ops: 7 } },
        bob: { accounts: { ops: 8 }, may: ['reject'] },
        // Whoever calls himself so is not she.
        ann: {},
      },
    },
  });
  const { telegram } = board;
  const { task } = await board.begin();
  /** The message with buttons that comes after another one. */
  const asked = async (after: number) => {
    const find = () => telegram.messages.find(({ id, buttons }) => id > after && buttons.length > 0);
    return (await vi.waitUntil(find)).id;
  };
  const press = async (message: number, by: { id: number; first_name: string; username?: string }, label: string) => {
    const before = telegram.answers.length;
    const { text } = telegram.messages.find(({ id }) => id === message)!.buttons.find(it => it.text.includes(label))!;
    telegram.press(message, by, text);
    await vi.waitUntil(() => telegram.answers.length > before);
    await board.settle();
    return telegram.answers.at(-1)!.text;
  };
  const message = await asked(0);
  const approving = telegram.messages.at(-1)!.buttons[0]!.callback_data;
  const unknown = /nobody in people has the account/;
  expect(await press(message, { id: 9, first_name: 'stranger' }, 'Approve')).toMatch(unknown);
  expect(await press(message, { id: 10, first_name: 'ann' }, 'Approve')).toMatch(unknown);
  expect(await press(message, { id: 11, first_name: 'x', username: 'maria' }, 'Approve')).toMatch(unknown);
  expect(await press(message, { id: 8, first_name: 'Bob' }, 'Approve')).toMatch(/bob may reject, and not approve/);
  expect(await board.decisions(task)).toEqual([]);
  expect(await press(message, { id: 8, first_name: 'Bob' }, 'Reject')).toBe('Done.');
  expect(await board.decisions(task)).toEqual(['task.reject applied']);
  // A button answers the question that it was shown for; hers was on the screen of an old client still.
  const shown = { message_id: message, date: Math.floor(Date.now() / 1_000), chat: { ...board.room } };
  const from = { id: 7, is_bot: false, first_name: 'Maria' };
  telegram.update({ callback_query: { id: '777', from, chat_instance: '1', data: approving, message: shown } });
  await vi.waitUntil(async () => (await board.wordsOf(task)).at(-1)?.outcome === 'ignored');
  expect((await board.wordsOf(task)).at(-1)!.why).toBe(`it was said before ${task} asked what it asks now`);
  expect(await press(await asked(message), { id: 7, first_name: 'Maria' }, 'Approve')).toBe('Done.');
  expect((await board.decisions(task)).at(-1)).toBe('task.approve applied');
  expect(board.system().faults).toEqual([]);
  expect(await board.system().runtime.deadLetters()).toEqual({ events: [], outbox: [] });
}, 30_000);
