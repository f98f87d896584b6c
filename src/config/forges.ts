/** What may be written of forges and trackers, and what the program sees of them. */
import { z } from 'zod';
import type { Secret } from '../domain/secret.ts';
import { type Around, secretAt, secretsAt } from './secrets.ts';
import { count, object, oneOf, text } from './words.ts';

export const forgeKinds = ['gitea', 'github', 'gitlab'] as const;
export const trackerKinds = ['plane', ...forgeKinds] as const;

/** A server that holds repositories. */
export interface ForgeConfig {
  name: string;
  kind: (typeof forgeKinds)[number];
  /** Without a slash at its end. */
  url: string;
  token: Secret;
  /** One, or the new and the old while it is being changed; none: its webhooks are answered 503. */
  webhookSecrets: Secret[];
  /** Our own login there; null: it is asked. */
  account: string | null;
}

/** A place where work items are kept. */
export interface TrackerConfig {
  name: string;
  kind: (typeof trackerKinds)[number];
  /** Of Plane; null for the issues of a forge. */
  url: string | null;
  workspace: string | null;
  token: Secret | null;
  webhookSecrets: Secret[];
  /** The forge whose issues these are; null for Plane. */
  forge: string | null;
  /** Requests a minute that we make; null for as many as it takes. */
  perMinute: number | null;
}

const url = () => z.url({ protocol: /^https?$/, error: 'write an address such as https://git.example.org' });
const secret = (what: string) => z.string({ error: `write ${what} as "\${NAME}", a variable of the environment` });
const webhookSecret = () =>
  z
    .union([secret('the secret'), z.array(secret('a secret')).min(1).max(2)], {
      error: `write the secret as "\${NAME}", or a list of the new and the old one`,
    })
    .optional()
    .describe('With which its webhooks are signed, from a variable; a list of two while it is being changed.');

export const forgeSchema = object({
  kind: oneOf(forgeKinds).describe('gitea (Forgejo too), github or gitlab.'),
  url: url().optional().describe('Where it is. Default for github and gitlab: github.com and gitlab.com.'),
  token: secret('the token').describe('Of the account that Signalbox works under there, from a variable.'),
  webhookSecret: webhookSecret(),
  account: text().optional().describe('The login of that account. Default: it is asked.'),
});

export const trackerSchema = object({
  kind: oneOf(trackerKinds).describe('plane, or gitea, github, gitlab for the issues of a forge.'),
  url: url().optional().describe('Where Plane is.'),
  workspace: text().optional().describe("Plane's workspace, as its address names it."),
  token: secret('the token').optional().describe("Plane's API key, from a variable."),
  webhookSecret: webhookSecret(),
  forge: text().optional().describe('The forge whose issues these are, by its name in `forges`.'),
  requestsPerMinute: count()
    .optional()
    .describe(
      'Requests a minute that it allows our token. Default: 60 for Plane, which is what it allows; none for a forge.',
    ),
});

/** What Plane allows a key unless its administrator says otherwise. */
const planePerMinute = 60;

const usualUrls = { github: 'https://github.com', gitlab: 'https://gitlab.com', gitea: undefined };

export function forgeOf(name: string, forge: z.output<typeof forgeSchema>, around: Around): ForgeConfig {
  const at = ['forges', name];
  const address = forge.url ?? usualUrls[forge.kind];
  if (address === undefined) around.complain([...at, 'url'], 'say where it is, such as https://git.example.org');
  return {
    name,
    kind: forge.kind,
    url: (address ?? '').replace(/\/+$/, ''),
    token: secretAt([...at, 'token'], forge.token, around),
    webhookSecrets: secretsAt([...at, 'webhookSecret'], forge.webhookSecret, around),
    account: forge.account ?? null,
  };
}

export function trackerOf(name: string, tracker: z.output<typeof trackerSchema>, around: Around): TrackerConfig {
  const at = ['trackers', name];
  const needs = tracker.kind === 'plane' ? (['url', 'workspace', 'token'] as const) : (['forge'] as const);
  for (const field of needs) {
    if (tracker[field] === undefined) around.complain([...at, field], `a tracker of kind ${tracker.kind} needs this`);
  }
  return {
    name,
    kind: tracker.kind,
    url: tracker.url?.replace(/\/+$/, '') ?? null,
    workspace: tracker.workspace ?? null,
    token: tracker.token === undefined ? null : secretAt([...at, 'token'], tracker.token, around),
    webhookSecrets: secretsAt([...at, 'webhookSecret'], tracker.webhookSecret, around),
    forge: tracker.forge ?? null,
    perMinute: tracker.requestsPerMinute ?? (tracker.kind === 'plane' ? planePerMinute : null),
  };
}
