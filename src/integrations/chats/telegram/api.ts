/** How Telegram is asked. The token of the bot is part of every address, so no address is ever shown. */
import { z } from 'zod';
import type { ChatOptions } from '../../chat.ts';
import type { Answer, Asking } from '../../http/client.ts';
import type { Meaning } from '../../http/failure.ts';
import { OutsideError, type OutsideFailure } from '../../outside.ts';
import { addressOf, createChatHttp } from '../http.ts';

export const meAnswer = z.object({ username: z.string() });
export const chatAnswer = z.object({ title: z.string().optional(), username: z.string().optional() });
export const sentAnswer = z.object({ message_id: z.number() });

export interface Bot {
  readonly name: string;
  /** Calls a method of the API. Throws what it refuses as `OutsideError`. */
  call<T>(
    method: string,
    parameters: Readonly<Record<string, unknown>>,
    result: z.ZodType<T>,
    asking?: Pick<Asking, 'timeoutMs' | 'signal'>,
  ): Promise<T>;
}

const tokenForm = /^\d+:[A-Za-z0-9_-]+$/;

export function createBot(options: ChatOptions): Bot {
  const { name, token } = options;
  if (token === null || !tokenForm.test(token)) {
    throw new OutsideError('invalid', `The token of ${name} is none of a bot: it must read as BotFather has given it.`);
  }
  const { href } = addressOf(options);
  const http = createChatHttp(options, {
    base: `${href.replace(/\/+$/, '')}/bot${token}`,
    secrets: [token, encodeURIComponent(token)],
    meaning: meaningOf,
  });
  return {
    name,
    async call(method, parameters, result, asking = {}) {
      const answer = await http.ask('POST', `/${method}`, { ...asking, body: parameters });
      return http.read(answer, z.object({ ok: z.literal(true), result }), method).result;
    },
  };
}

const refusalAnswer = z.object({
  description: z.string(),
  parameters: z.object({ retry_after: z.number().optional(), migrate_to_chat_id: z.number().optional() }).optional(),
});

interface Said {
  says: RegExp;
  failure: OutsideFailure;
  advice?: string;
}

/** Telegram has few statuses and many words. */
const sayings: readonly Said[] = [
  {
    says: /terminated by other getUpdates/i,
    failure: 'conflict',
    advice: 'Another program asks for what this bot is told: stop it, or give Signalbox a bot of its own.',
  },
  {
    says: /webhook is active/i,
    failure: 'conflict',
    advice:
      'This bot tells a webhook what happens: delete that with deleteWebhook, or give Signalbox a bot of its own.',
  },
  {
    says: /blocked by the user|initiate conversation/i,
    failure: 'forbidden',
    advice: 'The person has to start the bot, or to unblock it.',
  },
  { says: /kicked|not a member/i, failure: 'forbidden', advice: 'Somebody has to add the bot to the chat again.' },
  { says: /not enough rights|no rights|need administrator|WRITE_FORBIDDEN/i, failure: 'forbidden' },
  {
    says: /chat not found|PEER_ID_INVALID/i,
    failure: 'notFound',
    advice: 'The number of the chat is wrong, or the bot was never in it.',
  },
  // Somebody has pressed too long ago to be answered.
  { says: /query is too old|query ID is invalid/i, failure: 'notFound' },
];

function meaningOf({ json, status }: Answer): Meaning {
  // A token that never was one is no path of theirs.
  if (status === 404) return { failure: 'unauthorized', advice: 'There is no bot with this token.' };
  const refused = refusalAnswer.safeParse(json).data;
  if (!refused) return {};
  const { description: words, parameters: { retry_after, migrate_to_chat_id } = {} } = refused;
  if (status === 429 && retry_after !== undefined) return { words, retryAfterMs: retry_after * 1_000 };
  if (migrate_to_chat_id !== undefined) {
    return { words, failure: 'notFound', advice: `The chat has the number ${migrate_to_chat_id} from now on.` };
  }
  const said = status < 500 ? sayings.find(({ says }) => says.test(words)) : undefined;
  return { words, ...(said ? { failure: said.failure } : {}), ...(said?.advice ? { advice: said.advice } : {}) };
}
