/** What a fake Telegram knows: its chats, what was sent to them, and what waits to be asked for. */
import type { Entity } from './entities.ts';

export interface FakeChat {
  id: number;
  title: string;
  username?: string;
}

export interface FakeButton {
  text: string;
  callback_data: string;
}

export interface TelegramMessage {
  id: number;
  chat: FakeChat;
  /** Seconds. */
  date: number;
  /** What people see. */
  text: string;
  /** What it is made of: `bold`, `pre`, and what was found in it, such as `mention` and `url`. */
  entities: Entity[];
  buttons: FakeButton[];
  /** Whether the first link in it is shown with a preview. */
  hasPreview: boolean;
}

export interface FakePerson {
  id: number;
  first_name: string;
  last_name?: string;
  username?: string;
}

export interface FakeQuery {
  id: string;
  from: FakePerson;
  message: { message_id: number; date: number; chat: FakeChat };
  data: string;
}

export interface Update {
  update_id: number;
  callback_query?: unknown;
  message?: unknown;
}

/** Somebody who waits for updates. */
export interface Waiting {
  /** Lets him have what there is. */
  wake(): void;
  /** Sends him away for another one who asks. */
  end(): void;
}

export interface World {
  readonly token: string;
  readonly chats: FakeChat[];
  readonly messages: TelegramMessage[];
  readonly answers: { query: string; text: string }[];
  /** What may still be answered. */
  readonly openQueries: Set<string>;
  updates: Update[];
  nextUpdateId: number;
  waiting: Waiting | null;
  hasWebhook: boolean;
  /** The words with which everything that is sent is refused; null when it is not. */
  barred: { status: number; words: string } | null;
  supergroup: number | null;
}

export function addUpdate(world: World, update: Omit<Update, 'update_id'>): void {
  world.updates.push({ update_id: world.nextUpdateId, ...update });
  world.nextUpdateId += 1;
  world.waiting?.wake();
}
