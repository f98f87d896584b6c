/** Discord, by a webhook. Its address is the secret: whoever knows it may write to the channel. */
import { z } from 'zod';
import type { Chat, ChatOptions, Notice } from '../chat.ts';
import type { Answer } from '../http/client.ts';
import type { Meaning } from '../http/failure.ts';
import { OutsideError } from '../outside.ts';
import { addressOf, createChatHttp, secretsOf } from './http.ts';
import { joiner, within } from './text.ts';
import { answeringOf, heldBackOf, markOf, reasonOf, signOf, titleOf } from './words.ts';

const longestMessage = 2_000;
const longestTitle = 400;
/** No preview of any link. */
const suppressEmbeds = 1 << 2;

const webhookAnswer = z.object({ name: z.string().nullish() });
const refusalAnswer = z.object({
  message: z.string(),
  code: z.number().optional(),
  retry_after: z.number().optional(),
});

/** What Discord means by its codes, for whoever has to fix it. */
const advices: Readonly<Record<number, string>> = {
  10003: 'The channel is gone: make a webhook for another one.',
  10015: 'The webhook was taken away: make a new one.',
  50027: 'The address is wrong: copy it again.',
  220001: 'The channel is a forum: give a thread with ?thread_id=… at the end of the address.',
};

export function createDiscordChat(options: ChatOptions): Chat {
  const address = addressOf(options);
  const http = createChatHttp(options, {
    base: address.href,
    // Discord wants to know by whom it is asked.
    headers: { 'user-agent': 'DiscordBot (signalbox, 1)' },
    secrets: secretsOf(address),
    meaning: meaningOf,
  });
  /** Before this, Discord has said, it will refuse. It bars whoever asks on nevertheless. */
  let closedUntil = 0;

  return {
    kind: 'discord',
    name: options.name,
    async send(notice) {
      if (Date.now() < closedUntil) {
        throw new OutsideError('limited', `${options.name} takes no more for now.`, { retryAt: closedUntil });
      }
      const { headers } = await http.ask('POST', '', { query: { wait: true }, body: messageOf(notice) });
      closedUntil = closedUntilOf(headers, Date.now());
    },
    async check() {
      const { name } = await http.get('', webhookAnswer);
      return `the webhook ${name || 'without a name'} at ${address.host}`;
    },
  };
}

/** Until when the limit of this webhook is used up; 0 when it is not. */
function closedUntilOf(headers: Headers, now: number): number {
  const afterS = Number(headers.get('x-ratelimit-reset-after'));
  const isUsedUp = headers.get('x-ratelimit-remaining') === '0' && afterS > 0;
  // A longer wait than an hour is a mistake.
  return isUsedUp ? now + Math.min(Math.ceil(afterS * 1_000), 3_600_000) : 0;
}

function meaningOf({ json, status }: Answer): Meaning {
  const refused = refusalAnswer.safeParse(json).data;
  if (!refused) return {};
  const { message, code, retry_after } = refused;
  const advice = code !== undefined && Object.hasOwn(advices, code) ? advices[code] : undefined;
  return {
    words: message,
    ...(advice ? { advice } : {}),
    // More exact than the header, which counts whole seconds.
    ...(status === 429 && retry_after !== undefined ? { retryAfterMs: Math.ceil(retry_after * 1_000) } : {}),
  };
}

/** The title is escaped; the reason stands in a block of code, where nothing is a mention, a link or a format. */
function messageOf(notice: Notice) {
  const title = `**${within(longestTitle, `${signOf(notice)} ${titleOf(notice)}`, escaped)}**`;
  const last = [heldBackOf(notice), [answerOf(notice), markOf(notice)].filter(Boolean).join(' ')].filter(Boolean);
  const [before, after] = ['```\n', '\n```'];
  const room = longestMessage - [title, before + after, ...last].join('\n').length;
  const reason = within(room, reasonOf(notice), text => text.replaceAll('`', `\`${joiner}`));
  return {
    content: [title, ...(reason ? [before + reason + after] : []), ...last].join('\n'),
    allowed_mentions: { parse: [] },
    flags: suppressEmbeds,
  };
}

function answerOf(notice: Notice): string {
  const answering = answeringOf(notice);
  if (!answering) return '';
  return 'link' in answering ? `<${answering.link}>` : `\`${answering.command.replaceAll('`', "'")}\``;
}

/** A backslash takes the meaning from every sign; what follows an `@` would be a mention even so. */
const escaped = (text: string) => text.replace(/[!-/:-@[-`{-~]/g, sign => (sign === '@' ? sign + joiner : `\\${sign}`));
