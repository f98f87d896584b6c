/** Data that takes deliveries over HTTP: a forge of each kind, two of one kind, a tracker, and tasks that wait at a forge. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { defaultSettings, type Settings } from '../../src/app/settings.ts';
import { Secret } from '../../src/domain/secret.ts';
import { addWebhooks } from '../../src/http/webhooks.ts';
import { createReceiver } from '../../src/operations/webhook.ts';
import { openSqliteStore } from '../../src/persistence/sqlite/store.ts';
import type { Store } from '../../src/persistence/store.ts';
import { createLogger } from '../../src/service/log.ts';
import { type Recorded, secretOf, signedAt, signingSecret } from '../integrations/webhooks/deliveries.ts';
import { forgeKinds, forgeTask, type PlayedOutside, waitingOutside } from '../support/forge-tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { type Answer, openService } from './place.ts';
import { playedSite } from './played.ts';

let made = 0;

/** The same under an id of its own: a signature is over the body alone. */
export const anew = (delivery: Recorded): Recorded => {
  const id = `anew-${++made}`;
  return { ...delivery, headers: { ...delivery.headers, 'x-gitea-delivery': id, 'x-github-delivery': id } };
};

/** The task of the recorded deliveries of one piece of work. */
export const branch = 'feature/ORCH-017-delivery-log';

const forge = (name: string, kind: 'gitea' | 'github' | 'gitlab', ...secrets: string[]) => ({
  ...{ name, kind, url: `https://${name}.example.org`, account: 'signalbox-bot' },
  token: new Secret('TOKEN', 'token-of-our-account'),
  webhookSecrets: secrets.map(secret => new Secret('SECRET', secret)),
});

export const forges = {
  home: forge('home', 'gitea', secretOf.gitea),
  berg: forge('berg', 'gitea', secretOf.forgejo),
  hub: forge('hub', 'github', secretOf.github),
  lab: forge('lab', 'gitlab', secretOf.gitlab, signingSecret),
};

export const receivingSettings: Settings = {
  ...defaultSettings,
  forges,
  trackers: {
    plan: {
      ...{
        name: 'plan',
        kind: 'plane',
        url: 'https://plan.example.org',
        workspace: 'acme',
        forge: null,
        perMinute: null,
      },
      token: new Secret('TOKEN', 'token-of-our-account'),
      webhookSecrets: [new Secret('SECRET', secretOf.plane)],
    },
  },
  remotes: [
    { project: 'shop', forge: 'home', repository: 'acme/shop' },
    { project: 'shop-at-berg', forge: 'berg', repository: 'acme/shop' },
    { project: 'octo', forge: 'hub', repository: 'octo-org/octo-repo' },
    { project: 'lab', forge: 'lab', repository: 'gitlab-org/gitlab-test' },
  ],
};

export interface ReceivingOptions {
  settings?: Settings;
  outside?: PlayedOutside;
  /** Puts something between the runtime and its store. */
  over?(store: Store): Store;
}

export type Receiving = Awaited<ReturnType<typeof openReceiving>>;

export async function openReceiving({ settings = receivingSettings, outside, over = it => it }: ReceivingOptions = {}) {
  // One of the recorded deliveries is signed for a few minutes only.
  vi.useFakeTimers({ toFake: ['Date'], now: signedAt });
  onTestFinished(() => void vi.useRealTimers());
  const file = join(temporaryDirectory(), 'signalbox.db');
  const store = openSqliteStore({ file });
  const { system, site } = await playedSite({ kinds: forgeKinds(outside ?? waitingOutside()), store: over(store) });
  const configured = Object.assign(site, { settings });
  const lines: string[] = [];
  const out = { write: (line: string) => lines.push(line) };
  const logger = await createLogger({ level: 'debug', isReadable: false, secrets: () => [], out });
  const service = await openService(configured, {
    logger,
    more: server => addWebhooks(server, createReceiver(configured)),
  });
  onTestFinished(async () => {
    await system.runtime.stop({ drainMs: 0 });
    await store.close();
  });
  const { ask } = service;

  /** Sends a delivery with its own headers and no others. */
  function post({ body, headers, provider }: Recorded, name?: string): Promise<Answer> {
    const path = `/webhook/${provider.kind}${name === undefined ? '' : `/${name}`}`;
    return ask('POST', path, body, { authorization: undefined, 'content-type': undefined, ...headers } as never);
  }

  return {
    ...service,
    system,
    lines,
    post,
    configure: (change: Partial<Settings>) => Object.assign(configured, { settings: { ...settings, ...change } }),
    /** A task that waits for its builds at a forge. */
    async task(id: string, on = branch, repository?: string, at?: string) {
      await system.runtime.create('task', id, forgeTask(on, repository, at));
      await system.settle();
    },
    /** What a delivery is on record as. */
    shown: async (id: unknown) => (await ask('GET', `/deliveries/${encodeURIComponent(String(id))}`)).json,
    listed: async (query = '') => (await ask('GET', `/deliveries?limit=1000${query}`)).json.items as Shown[],
    /** Every transition that a task has made, by type and outcome. */
    async heard(id: string) {
      const log = await system.runtime.log(id, { after: 0, limit: 10_000 });
      return log.filter(({ source }) => source.startsWith('webhook:')).map(({ type, outcome }) => `${type} ${outcome}`);
    },
    /** Everything that lies on the disk, as bytes. */
    bytes() {
      const beside = readdirSync(dirname(file)).filter(name => name.startsWith(basename(file)));
      return beside.map(name => readFileSync(join(dirname(file), name), 'latin1')).join('');
    },
  };
}

export interface Shown {
  id: string;
  outcome: string;
  reason: string | null;
  reading: Record<string, unknown> | null;
  events: { actor: string; type: string; outcome: string; reason: string | null }[];
  candidates: string[];
  chosenBy: object | null;
}
