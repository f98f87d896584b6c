/** Slack, by an incoming webhook. Its address is the secret: whoever knows it may write to the channel. */
import type { Chat, ChatOptions, Notice } from '../chat.ts';
import type { Answer } from '../http/client.ts';
import type { Meaning } from '../http/failure.ts';
import { OutsideError } from '../outside.ts';
import { addressOf, createChatHttp, secretsOf } from './http.ts';
import { within } from './text.ts';
import { answeringOf, heldBackOf, markOf, reasonOf, signOf, titleOf } from './words.ts';

const longestHeader = 150;
const longestSection = 3_000;

/** What Slack means by its short words, for whoever has to fix it. */
const advices: Readonly<Record<string, string>> = {
  no_service: 'The webhook is switched off, taken away, or never was: make a new one.',
  no_service_id: 'The address is not whole: copy it again.',
  no_team: 'The workspace is not there, or no longer.',
  team_disabled: 'The workspace is not active.',
  invalid_token: 'The address is wrong: copy it again.',
  channel_not_found: 'The channel is gone: make a webhook for another one.',
  channel_is_archived: 'The channel is archived: make a webhook for another one.',
  action_prohibited: 'The workspace does not let this webhook write there: ask whoever administers it.',
  posting_to_general_channel_denied: 'The workspace does not let this webhook write there: use another channel.',
};

/** Said of a message without any text. Slack has then found the webhook, and nobody has heard of it. */
const saidOfNothing = /^(?:no_text|missing_text_or_fallback_or_attachments|invalid_payload|invalid_blocks)/;

export function createSlackChat(options: ChatOptions): Chat {
  const address = addressOf(options);
  const http = createChatHttp(options, { base: address.href, secrets: secretsOf(address), meaning: meaningOf });
  return {
    kind: 'slack',
    name: options.name,
    async send(notice) {
      const { text, status } = await http.ask('POST', '', { body: messageOf(notice) });
      if (text.trim() === 'ok') return;
      const what = 'something else than ok: its address is not that of an incoming webhook';
      throw new OutsideError('invalid', `${options.name} answered ${what}.`, { status });
    },
    async check() {
      const answer = await http.ask('POST', '', { body: {}, expect: [400] });
      const name = `an incoming webhook at ${address.host}`;
      if (saidOfNothing.test(answer.text.trim())) return name;
      throw new OutsideError('invalid', `${options.name} does not answer like ${name}.`, { status: answer.status });
    },
  };
}

/** It answers with one word, in plain text. */
function meaningOf({ text }: Answer): Meaning {
  const word = /^[a-z_]{2,60}$/.exec(text.trim())?.[0];
  if (word === undefined) return {};
  const advice = Object.hasOwn(advices, word) ? advices[word] : undefined;
  return { words: word, ...(advice ? { advice } : {}) };
}

/** What comes from outside stands in `plain_text` alone, where nothing is a mention, a link or a format. */
function messageOf(notice: Notice) {
  const title = within(longestHeader, `${signOf(notice)} ${titleOf(notice)}`, escaped);
  const reason = within(longestSection, reasonOf(notice), escaped);
  const plainText = (text: string) => ({ type: 'plain_text', text, emoji: false });
  const heldBack = heldBackOf(notice);
  const last = [heldBack, [answerOf(notice), markOf(notice)].filter(Boolean).join(' ')].filter(Boolean).join('\n');
  return {
    // Shown where blocks are not, as in the notification on a telephone.
    text: title,
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: plainText(title) },
      ...(reason ? [{ type: 'section', text: plainText(reason) }] : []),
      { type: 'context', elements: [{ type: 'mrkdwn', text: last, verbatim: true }] },
    ],
  };
}

function answerOf(notice: Notice): string {
  const answering = answeringOf(notice);
  if (!answering) return '';
  if ('link' in answering) return `<${escaped(answering.link).replaceAll('|', '%7C')}>`;
  return `\`${escaped(answering.command).replaceAll('`', "'")}\``;
}

/** The three signs that Slack takes for its own. */
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
