/**
 * A Telegram for tests: the Bot API over real HTTP on this machine, with one bot and its chats. People in them press
 * buttons when a test says so.
 */
import { randomBytes } from 'node:crypto';
import { createFakeServer, type Weather } from './server.ts';
import { methods, Refusal } from './telegram/methods.ts';
import { addUpdate, type FakeChat, type FakePerson, type TelegramMessage, type World } from './telegram/world.ts';

export type { FakeChat, FakePerson, TelegramMessage };

export interface FakeTelegram extends Weather {
  readonly url: string;
  readonly token: string;
  readonly messages: readonly TelegramMessage[];
  /** What was said to whoever has pressed a button. */
  readonly answers: readonly { query: string; text: string }[];
  /** Somebody presses the button with this label. Answers the id of the press at Telegram. */
  press(messageId: number, by: FakePerson, label: string): string;
  /** Puts something into the queue that is no press, or one that was tampered with. */
  update(update: { message?: unknown; callback_query?: unknown }): void;
  /** Telegram waits for answers to presses no longer. */
  forgetPresses(): void;
  /** Everything sent is refused so, as when a person blocks the bot; null ends that. */
  bar(refusal: { status: number; words: string } | null): void;
  /** The group becomes a supergroup of this number. */
  upgrade(id: number): void;
  setWebhook(isSet: boolean): void;
  /** Whether somebody waits for updates. */
  isWaitedFor(): boolean;
  close(): Promise<void>;
}

export async function startFakeTelegram({ chats }: { chats: readonly FakeChat[] }): Promise<FakeTelegram> {
  const { app, weather, listen } = createFakeServer((status, retryAfterS) =>
    retryAfterS === undefined
      ? refused(status, status >= 500 ? 'Bad Gateway' : 'made to fail')
      : refused(status, `Too Many Requests: retry after ${retryAfterS}`, { retry_after: retryAfterS }),
  );
  const world: World = {
    ...{ token: `42:${randomBytes(24).toString('base64url')}`, chats: [...chats], messages: [], answers: [] },
    ...{ openQueries: new Set(), updates: [], nextUpdateId: 1_000, waiting: null },
    ...{ hasWebhook: false, barred: null, supergroup: null },
  };
  app.post<{ Params: { '*': string } }>('/*', async (request, reply) => {
    const [bot, name = ''] = request.params['*'].split('/');
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    const isKnown = bot === `bot${world.token}`;
    try {
      if (!isKnown && /^bot\d+:/.test(bot ?? '')) throw new Refusal(401, 'Unauthorized');
      if (!isKnown || !method) throw new Refusal(404, 'Not Found');
      return { ok: true, result: await method(world, request.body ?? {}) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, body } = refused(error.status, error.message, error.parameters);
      return reply.code(status).send(body);
    }
  });
  return {
    ...weather,
    url: await listen(),
    token: world.token,
    messages: world.messages,
    answers: world.answers,
    press: (messageId, by, label) => press(world, { messageId, by, label }),
    update: update => addUpdate(world, update),
    forgetPresses: () => world.openQueries.clear(),
    bar(refusal) {
      world.barred = refusal;
    },
    upgrade(id) {
      world.supergroup = id;
    },
    setWebhook(isSet) {
      world.hasWebhook = isSet;
    },
    isWaitedFor: () => world.waiting !== null,
    async close() {
      world.waiting?.end();
      await app.close();
    },
  };
}

const refused = (status: number, description: string, parameters?: object) => ({
  status,
  body: { ok: false, error_code: status, description, ...(parameters ? { parameters } : {}) },
});

function press(world: World, { messageId, by, label }: { messageId: number; by: FakePerson; label: string }): string {
  const message = world.messages.find(({ id }) => id === messageId);
  const button = message?.buttons.find(({ text }) => text === label);
  if (!message || !button) throw new Error(`Message ${messageId} has no button ${label}.`);
  const id = String(world.nextUpdateId * 1_000_003);
  world.openQueries.add(id);
  addUpdate(world, {
    callback_query: {
      ...{ id, from: { is_bot: false, ...by }, chat_instance: '1', data: button.callback_data },
      message: { message_id: message.id, date: message.date, chat: { ...message.chat, type: 'supergroup' } },
    },
  });
  return id;
}
