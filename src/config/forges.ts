/** What may be written of forges and trackers, and what the program sees of them. */
import { z } from 'zod';
import { Secret } from '../domain/secret.ts';
import { onlyNames, variablesIn } from '../domain/variables.ts';
import type { Path } from './document.ts';
import { object, oneOf, text } from './words.ts';

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
}

/** What of a tracker a project takes up. */
export interface PickConfig {
  labels: string[];
  states: string[];
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
});

export const pickSchema = object({
  labels: z.array(text(), { error: 'write a list of labels' }).default([]).describe('Items with one of these labels.'),
  states: z.array(text(), { error: 'write a list of states' }).default([]).describe('Items in one of these states.'),
});

/** What the rest of the configuration says around a forge or tracker. */
export interface Around {
  /** What stands in the file at a path, before variables were filled in. */
  written(path: Path): string;
  complain(path: Path, message: string): void;
}

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
  };
}

function secretsAt(at: Path, value: string | string[] | undefined, around: Around): Secret[] {
  if (value === undefined) return [];
  return Array.isArray(value)
    ? value.map((one, index) => secretAt([...at, String(index)], one, around))
    : [secretAt(at, value, around)];
}

/** Secrets come from the environment and from nowhere else: a file is shown, copied and committed. */
function secretAt(at: Path, value: string, around: Around): Secret {
  const written = around.written(at);
  const [variable = ''] = variablesIn(written);
  if (variable === '' || !onlyNames(written)) {
    around.complain(at, `a secret stands in no file; export it and write "\${NAME}" with the name of its variable`);
  }
  return new Secret(variable, value);
}
