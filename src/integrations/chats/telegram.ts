/** Telegram, by a bot: notices with buttons, and what is pressed. */
import type { Chat, ChatOptions } from '../chat.ts';
import { OutsideError } from '../outside.ts';
import { chatAnswer, createBot, meAnswer, sentAnswer } from './telegram/api.ts';
import { messageOf } from './telegram/message.ts';
import { createPresses } from './telegram/presses.ts';

export function createTelegramChat(options: ChatOptions): Chat {
  const { name, to } = options;
  const [chat, ...others] = to;
  if (chat === undefined || others.length > 0) {
    throw new OutsideError('invalid', `${name} has to name one chat of Telegram: its number, or @ and its name.`);
  }
  const bot = createBot(options);
  return {
    kind: 'telegram',
    name,
    async send(notice) {
      await bot.call('sendMessage', { chat_id: chat, ...messageOf(notice) }, sentAnswer);
    },
    async check() {
      const { username } = await bot.call('getMe', {}, meAnswer);
      const { title, username: chatName } = await bot.call('getChat', { chat_id: chat }, chatAnswer);
      return `@${username} in ${title ?? (chatName === undefined ? `chat ${chat}` : `@${chatName}`)}`;
    },
    ...createPresses(bot, chat),
  };
}
