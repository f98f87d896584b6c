/** What may be written of chats and of what is told in them. */
import { z } from 'zod';
import { severities } from '../domain/notice.ts';
import { Secret } from '../domain/secret.ts';
import type { NotifierRule } from '../machines/notifier.ts';
import type { Path } from './document.ts';
import { type Around, secretAt } from './secrets.ts';
import { amount, duration, numeric, object, oneOf, text } from './words.ts';

export const chatKinds = ['telegram', 'slack', 'discord', 'email', 'webhook'] as const;

/** Where people hear of what happens. */
export interface ChatConfig {
  name: string;
  kind: (typeof chatKinds)[number];
  /** Of the server, the webhook, or `smtp://host:port`. Slack's and Discord's are secrets themselves. */
  url: Secret;
  token: Secret | null;
  to: string[];
  from: string | null;
  user: string | null;
}

const secret = (what: string) => z.string({ error: `write ${what} as "\${NAME}", a variable of the environment` });
const someone = (what: string) =>
  z
    .union([text(), z.number().transform(String), z.array(z.union([text(), z.number().transform(String)])).min(1)], {
      error: `write ${what}, or a list`,
    })
    .optional();

export const chatSchema = object({
  kind: oneOf(chatKinds),
  url: text()
    .optional()
    .describe(
      'Of Slack and Discord the address of the incoming webhook, from a variable; of mail smtp:// or smtps://; of a webhook where it goes.',
    ),
  token: secret('the token')
    .optional()
    .describe(
      "Telegram's bot, the password of a mail account, or the secret with which a webhook is signed; from a variable.",
    ),
  to: someone('the chat').describe('The chat of Telegram, the receivers of mail.'),
  from: text().optional().describe('The sender of mail.'),
  user: text().optional().describe('The account of the mail server.'),
});

export const notifySchema = object({
  chat: text().describe('The chat in `chats`.'),
  events: z
    .array(text(), { error: 'write a list such as [task.*, breaker.opened]' })
    .default([])
    .describe('Which events; `task.*` means all that begin so. Default: all.'),
  severity: oneOf(severities).default('warning').describe('This and what is more severe. Default warning.'),
  projects: z
    .array(text(), { error: 'write a list of projects' })
    .default([])
    .describe('Of which projects. Default: all.'),
  cooldown: z
    .union(
      [duration(), amount(value => (numeric(value) === 0 ? 0 : undefined), 'write a duration such as 10m, or 0')],
      {
        error: 'write a duration such as 10m, or 0',
      },
    )
    .default(600_000)
    .describe('The same about the same thing is not told again before this has passed. Default 10m; 0 tells all.'),
});

const needs = {
  telegram: ['token', 'to'],
  slack: ['url'],
  discord: ['url'],
  email: ['url', 'to', 'from'],
  webhook: ['url', 'token'],
} as const;
const usualUrls: Partial<Record<ChatConfig['kind'], string>> = { telegram: 'https://api.telegram.org' };

export function chatOf(name: string, chat: z.output<typeof chatSchema>, around: Around): ChatConfig {
  const at: Path = ['chats', name];
  for (const field of needs[chat.kind]) {
    if (chat[field] === undefined) around.complain([...at, field], `a chat of kind ${chat.kind} needs this`);
  }
  const address = chat.url ?? usualUrls[chat.kind] ?? '';
  if (address !== '' && !/^(https?|smtps?):\/\//.test(address)) {
    around.complain([...at, 'url'], 'write an address such as https://… or smtps://mail.example.org');
  }
  // Whoever has the address of such a webhook may write there: it is a secret as a token is.
  const isSecret = (chat.kind === 'slack' || chat.kind === 'discord') && chat.url !== undefined;
  return {
    name,
    kind: chat.kind,
    url: isSecret ? secretAt([...at, 'url'], address, around) : new Secret('', address),
    token: chat.token === undefined ? null : secretAt([...at, 'token'], chat.token, around),
    to: chat.to === undefined ? [] : [chat.to].flat(),
    from: chat.from ?? null,
    user: chat.user ?? null,
  };
}

export const notifyOf = ({ cooldown, ...rest }: z.output<typeof notifySchema>): NotifierRule => ({
  ...rest,
  cooldownMs: cooldown,
});
