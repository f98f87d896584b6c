/** The clients of the chats that the configuration names. */
import type { ChatConfig } from '../../config/schema.ts';
import { own } from '../../domain/own.ts';
import type { Chat } from '../../integrations/chat.ts';
import { createChat } from '../../integrations/chats/index.ts';
import { type Clients, createClients } from '../clients.ts';

export type Chats = Clients<Chat>;

export const clientOfChat = ({ name, kind, url, token, to, from, user }: ChatConfig): Promise<Chat> =>
  createChat(kind, { name, url: url.reveal(), token: token?.reveal() ?? null, to, from, user });

/** `configured` is asked each time: what is in force may change. */
export const createChats = (configured: () => Record<string, ChatConfig>): Chats =>
  createClients('chat', name => own(configured(), name), { of: config => config, create: clientOfChat });
