/** The methods of the Bot API that a client of ours calls, answered as they are documented. */
import { parseHtml, Unparsable } from './entities.ts';
import type { FakeButton, FakeChat, TelegramMessage, Update, World } from './world.ts';

/** A refusal, in Telegram's words. */
export class Refusal extends Error {
  readonly status: number;
  readonly parameters: object | undefined;
  constructor(status: number, words: string, parameters?: object) {
    super(words);
    this.status = status;
    this.parameters = parameters;
  }
}

interface Parameters {
  chat_id?: string | number;
  message_id?: number;
  text?: string;
  parse_mode?: string;
  link_preview_options?: { is_disabled?: boolean };
  reply_markup?: { inline_keyboard?: FakeButton[][] };
  callback_query_id?: string;
  offset?: number;
  timeout?: number;
  allowed_updates?: string[];
}

export type Method = (world: World, parameters: Parameters) => unknown;

const longestText = 4_096;
const longestData = 64;
const longestAnswer = 200;

export const methods: Readonly<Record<string, Method>> = {
  getMe: () => ({ id: 42, is_bot: true, first_name: 'Signalbox', username: 'signalbox_bot' }),
  getChat: (world, { chat_id }) => ({ ...chatOf(world, chat_id), type: 'supergroup' }),
  sendMessage,
  editMessageReplyMarkup(world, { chat_id, message_id, reply_markup }) {
    const chat = chatOf(world, chat_id);
    const message = world.messages.find(it => it.id === message_id && it.chat.id === chat.id);
    if (!message) throw new Refusal(400, 'Bad Request: message to edit not found');
    const buttons = (reply_markup?.inline_keyboard ?? []).flat();
    if (buttons.length === message.buttons.length) throw new Refusal(400, 'Bad Request: message is not modified');
    message.buttons = buttons;
    return true;
  },
  answerCallbackQuery(world, { callback_query_id = '', text = '' }) {
    if (!world.openQueries.delete(callback_query_id)) {
      throw new Refusal(400, 'Bad Request: query is too old and response timeout expired or query ID is invalid');
    }
    if (text.length > longestAnswer) throw new Refusal(400, 'Bad Request: MESSAGE_TOO_LONG');
    world.answers.push({ query: callback_query_id, text });
    return true;
  },
  getUpdates,
};

function chatOf(world: World, id: string | number | undefined): FakeChat {
  if (world.barred) throw new Refusal(world.barred.status, world.barred.words);
  if (world.supergroup !== null) {
    const parameters = { migrate_to_chat_id: world.supergroup };
    throw new Refusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', parameters);
  }
  const chat = world.chats.find(it => String(it.id) === String(id) || `@${it.username}` === id);
  if (!chat) throw new Refusal(400, 'Bad Request: chat not found');
  return chat;
}

function sendMessage(world: World, parameters: Parameters) {
  const chat = chatOf(world, parameters.chat_id);
  const { text, entities } = parsed(parameters);
  if (text.trim() === '') throw new Refusal(400, 'Bad Request: message text is empty');
  if (text.length > longestText) throw new Refusal(400, 'Bad Request: message is too long');
  const buttons = (parameters.reply_markup?.inline_keyboard ?? []).flat();
  const isWrong = ({ text: label, callback_data }: FakeButton) =>
    label === '' || Buffer.byteLength(callback_data) < 1 || Buffer.byteLength(callback_data) > longestData;
  if (buttons.some(isWrong)) throw new Refusal(400, 'Bad Request: BUTTON_DATA_INVALID');
  const message: TelegramMessage = {
    ...{ id: world.messages.length + 1, chat, date: Math.floor(Date.now() / 1_000), text, entities, buttons },
    hasPreview: parameters.link_preview_options?.is_disabled !== true && entities.some(({ type }) => type === 'url'),
  };
  world.messages.push(message);
  return { message_id: message.id, date: message.date, chat, text };
}

function parsed({ text = '', parse_mode }: Parameters) {
  try {
    if (parse_mode !== 'HTML') throw new Refusal(400, 'Bad Request: unsupported parse_mode');
    return parseHtml(text);
  } catch (error) {
    if (error instanceof Unparsable) throw new Refusal(400, `Bad Request: can't parse entities: ${error.message}`);
    throw error;
  }
}

/** Who asks beyond an update has it behind him. Of two who wait, the one who came first is sent away. */
async function getUpdates(world: World, { offset = 0, timeout = 0, allowed_updates }: Parameters): Promise<Update[]> {
  if (world.hasWebhook) {
    const what = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
    throw new Refusal(409, `Conflict: ${what}`);
  }
  world.waiting?.end();
  world.updates = world.updates.filter(({ update_id }) => update_id >= offset);
  const wanted = () => world.updates.filter(it => !allowed_updates || allowed_updates.some(type => type in it));
  if (wanted().length > 0 || timeout === 0) return wanted().slice(0, 100);
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      if (world.waiting === waiting) world.waiting = null;
    };
    const waiting = {
      wake() {
        done();
        resolve(wanted());
      },
      end() {
        done();
        const what = 'terminated by other getUpdates request; make sure that only one bot instance is running';
        reject(new Refusal(409, `Conflict: ${what}`));
      },
    };
    const timer = setTimeout(() => waiting.wake(), timeout * 1_000);
    world.waiting = waiting;
  });
}
