/** Who may send webhooks, by what the configuration says now; and who we are there ourselves. */
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { own } from '../domain/own.ts';
import type { OwnAccounts, WebhookProvider } from '../integrations/webhook.ts';
import { webhookProviders } from '../integrations/webhooks/index.ts';
import type { Sender } from './deliveries.ts';
import type { Forges } from './forges.ts';
import { sourcesOf, type Trackers } from './outside/trackers.ts';
import type { Settings } from './settings.ts';

type Kind = WebhookProvider['kind'];

const isKind = (kind: string): kind is Kind => Object.hasOwn(webhookProviders, kind);

/** Everybody of the configuration who may send, whether there is a secret or not. */
export function sendersOf(settings: Settings): Sender[] {
  const { forges, trackers, remotes } = settings;
  const revealed = (secrets: readonly { reveal(): string }[]) => secrets.map(secret => secret.reveal());
  return [
    ...Object.values(forges).map(({ kind, name, webhookSecrets }) => ({
      kind,
      name,
      secrets: revealed(webhookSecrets),
      repositories: [
        ...new Set([
          ...remotes.filter(({ forge }) => forge === name).map(({ repository }) => repository),
          ...sourcesOf(settings).flatMap(source => (source.name === name ? [source.place] : [])),
        ]),
      ],
    })),
    ...Object.values(trackers)
      .filter(({ kind }) => kind === 'plane')
      .map(({ name, webhookSecrets }) => ({
        kind: 'plane' as const,
        name,
        secrets: revealed(webhookSecrets),
        repositories: [],
      })),
  ];
}

/**
 * Those who may have sent what came in under this kind and, where there are several, name. Throws `noSender` for one that is
 * not configured, `webhookUnconfigured` where there is no secret: nothing is ever taken unsigned.
 */
export function sendersFor(settings: Settings, kind: string, name: string | null): Sender[] {
  const ofKind = isKind(kind) ? sendersOf(settings).filter(sender => sender.kind === kind) : [];
  const meant = name === null ? ofKind : ofKind.filter(sender => sender.name === name);
  if (!isKind(kind) || (name !== null && meant.length === 0)) {
    const what = isKind(kind) ? `no ${kind} called ${quote(name ?? '')}` : `nobody of the kind ${quote(kind)}`;
    throw new SignalboxError('not_found', 'noSender', `There is ${what} whose webhooks are taken.`);
  }
  const signed = meant.filter(({ secrets }) => secrets.length > 0);
  if (signed.length > 0) return signed;
  throw new SignalboxError(
    'unavailable',
    'webhookUnconfigured',
    `No webhook secret is configured for ${name ?? kind}; nothing is taken unsigned.`,
    { remedy: { say: 'set `webhookSecret` of the forge or tracker in the configuration' } },
  );
}

/** Our own accounts: as configured, or as the forge has said. */
export interface Accounts {
  /** What is known by now. Where it is not, the forge is asked, and nobody waits for that. */
  of(name: string): OwnAccounts;
}

export function createAccounts(settings: () => Settings, forges: Forges, trackers: Trackers): Accounts {
  /** By what the configuration said when it was asked: by another token we are somebody else. */
  const known = new WeakMap<object, OwnAccounts>();
  const asked = new WeakSet<object>();
  const ask = (config: object, account: () => Promise<{ id: number | string; login: string }>) => {
    if (asked.has(config)) return;
    asked.add(config);
    account()
      .then(({ id, login }) => known.set(config, { logins: [login], ids: [id] }))
      // Asked again with the next delivery.
      .catch(() => asked.delete(config));
  };
  return {
    of(name) {
      const { forges: ofForges, trackers: ofTrackers } = settings();
      const forge = own(ofForges, name);
      const config = forge ?? own(ofTrackers, name);
      if (config === undefined) return nobody;
      if (forge !== undefined && forge.account !== null) return { logins: [forge.account], ids: [] };
      const client = () => (forge === undefined ? trackers.get(name) : forges.get(name));
      if (!known.has(config)) ask(config, async () => (await client()).account());
      return known.get(config) ?? nobody;
    },
  };
}

const nobody: OwnAccounts = { logins: [], ids: [] };
