/** The clients of the chats that the configuration names, each made when it is first needed. */
import type { ChatConfig } from '../../config/schema.ts';
import { own } from '../../domain/own.ts';
import type { Chat } from '../../integrations/chat.ts';
import { createChat } from '../../integrations/chats/index.ts';
import { OutsideError } from '../../integrations/outside.ts';

export interface Chats {
  /** The client of a chat. Throws `unreachable` when it is not configured: it may be again. */
  get(name: string): Promise<Chat>;
}

export const clientOfChat = ({ name, kind, url, token, to, from, user }: ChatConfig): Promise<Chat> =>
  createChat(kind, { name, url: url.reveal(), token: token?.reveal() ?? null, to, from, user });

/** `configured` is asked each time: what is in force may change. */
export function createChats(configured: () => Record<string, ChatConfig>): Chats {
  const clients = new WeakMap<ChatConfig, Promise<Chat>>();
  return {
    async get(name) {
      const config = own(configured(), name);
      if (config === undefined) {
        throw new OutsideError(
          'unreachable',
          `there is no chat ${name} in the configuration any more; name it there again`,
        );
      }
      const client = clients.get(config) ?? clientOfChat(config);
      clients.set(config, client);
      return client;
    },
  };
}
