/** A chat at the fake Telegram. */
import type { ChatOptions } from '../../../src/integrations/chat.ts';
import { createChat } from '../../../src/integrations/chats/index.ts';
import { startFakeTelegram, type TelegramMessage } from '../../../src/testing/chats/telegram.ts';
import type { Arrived } from './conformance.ts';

export const group = { id: -100_123, title: 'Ops' };
const elsewhere = { id: -100_456, title: 'Elsewhere', username: 'elsewhere' };

export async function telegramPlace() {
  const fake = await startFakeTelegram({ chats: [group, elsewhere] });
  const options: ChatOptions = {
    ...{ name: 'alerts', url: fake.url, token: fake.token, to: [String(group.id)], from: null, user: null },
  };
  return {
    fake,
    chat: await createChat('telegram', options),
    make: (other: Partial<ChatOptions>) => createChat('telegram', { ...options, ...other }),
    arrived: () => fake.messages.map(toArrived),
    secrets: [fake.token, fake.token.split(':')[1]!],
    ...fake,
    failNext: () => fake.failNext(1, 502),
    limitNext: (seconds: number) => fake.limitNext(1, seconds),
    slow: fake.latency,
  };
}

const toArrived = ({ text, entities, hasPreview }: TelegramMessage): Arrived => ({
  seen: text,
  mark: /· (\S{8})$/.exec(text)?.[1] ?? '',
  made: [...entities.map(({ type }) => type), ...(hasPreview ? ['preview'] : [])],
});
