/** What is pressed at Telegram. It keeps for a day what nobody has asked beyond. */
import { z } from 'zod';
import type { Chat, Press } from '../../chat.ts';
import { OutsideError } from '../../outside.ts';
import { oneLine, within } from '../text.ts';
import type { Bot } from './api.ts';

/** More than this Telegram does not let us wait. */
const longestWaitMs = 50_000;
/** Beyond the wait itself, for the answer to arrive. */
const graceMs = 10_000;
/** Of what is shown to whoever has pressed. */
const longestAnswer = 200;
const longestName = 100;

const updateAnswer = z.object({ update_id: z.number().int(), callback_query: z.unknown() });
const queryAnswer = z.object({
  id: z.string(),
  from: z.object({
    id: z.number(),
    first_name: z.string(),
    last_name: z.string().optional(),
    username: z.string().optional(),
  }),
  message: z.object({
    message_id: z.number(),
    /** Seconds; 0 where the message can no longer be seen. */
    date: z.number(),
    chat: z.object({ id: z.number(), username: z.string().optional() }),
  }),
  data: z.string(),
});
type Query = z.infer<typeof queryAnswer>;

export function createPresses(bot: Bot, chat: string): Required<Pick<Chat, 'presses' | 'answerPress'>> {
  /** A client that was tampered with can press what was never shown, but not in a chat that it is not in. */
  const isOurs = ({ id, username }: Query['message']['chat']) =>
    String(id) === chat || (username !== undefined && `@${username}`.toLowerCase() === chat.toLowerCase());

  return {
    async presses(cursor, { waitMs, signal }) {
      const nothing = { presses: [], cursor };
      if (signal.aborted) return nothing;
      const timeout = Math.floor(Math.min(Math.max(waitMs, 0), longestWaitMs) / 1_000);
      const wanted = { ...offsetOf(cursor), timeout, allowed_updates: ['callback_query'] };
      try {
        const updates = await bot.call('getUpdates', wanted, updateAnswer.array(), {
          timeoutMs: timeout * 1_000 + graceMs,
          signal,
        });
        const last = updates.at(-1);
        if (!last) return nothing;
        const queries = updates.flatMap(({ callback_query }) => queryAnswer.safeParse(callback_query).data ?? []);
        const presses = queries.filter(({ message }) => isOurs(message.chat)).flatMap(toPress);
        return { presses, cursor: String(last.update_id + 1) };
      } catch (error) {
        if (signal.aborted) return nothing;
        throw error;
      }
    },
    async answerPress({ id }, text, { keepsButtons = false } = {}) {
      const { query, message } = parts(id);
      const answer = { callback_query_id: query, text: within(longestAnswer, oneLine(text)) };
      const answered = await Promise.allSettled([
        bot.call('answerCallbackQuery', answer, z.unknown()),
        // Without buttons nobody presses again; where that fails, whoever does is told so.
        ...(keepsButtons
          ? []
          : [bot.call('editMessageReplyMarkup', { chat_id: chat, message_id: message }, z.unknown())]),
      ]);
      if (answered[0].status === 'rejected') throw answered[0].reason;
    },
  };
}

/** What to begin with; everything that waits where the cursor is none of ours. */
const offsetOf = (cursor: string | null) =>
  cursor !== null && /^\d{1,15}$/.test(cursor) ? { offset: Number(cursor) } : {};

const dataForm = /^(approve|reject):([A-Za-z0-9_.-]{1,48})$/;

function toPress({ id, from, message, data }: Query): Press[] {
  const [, verb, token] = dataForm.exec(data) ?? [];
  if (verb === undefined || token === undefined) return [];
  return [
    {
      // Answering takes the message as well, perhaps after a restart.
      id: `${id}:${message.message_id}`,
      verb: verb as Press['verb'],
      token,
      by: { id: String(from.id), name: nameOf(from) },
      at: message.date > 0 ? message.date * 1_000 : Date.now(),
    },
  ];
}

function nameOf({ first_name, last_name, username }: Query['from']): string {
  const name = oneLine([first_name, last_name].filter(Boolean).join(' '));
  return within(longestName, username === undefined ? name : `${name} (@${username})`);
}

function parts(id: string): { query: string; message: number } {
  const [, query, message] = /^([^:]+):(\d+)$/.exec(id) ?? [];
  if (query === undefined) throw new OutsideError('invalid', 'This is no press at Telegram.');
  return { query, message: Number(message) };
}
