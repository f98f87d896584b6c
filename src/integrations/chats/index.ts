/** All chats: a client is loaded when a configuration names its kind, and not before. */
import type { Chat, ChatKind, ChatOptions } from '../chat.ts';

const makers: Readonly<Record<ChatKind, (options: ChatOptions) => Promise<Chat>>> = {
  telegram: async options => (await import('./telegram.ts')).createTelegramChat(options),
  slack: async options => (await import('./slack.ts')).createSlackChat(options),
  discord: async options => (await import('./discord.ts')).createDiscordChat(options),
  email: async options => (await import('./email.ts')).createEmailChat(options),
  webhook: async options => (await import('./webhook.ts')).createWebhookChat(options),
};

/** Throws `invalid` for options that such a chat cannot be made from. */
export const createChat = (kind: ChatKind, options: ChatOptions): Promise<Chat> => makers[kind](options);
