/** Connects the repositories of a forge: looks whether they can be worked with, and has their news sent here. */
import type { ForgeConfig } from '../config/schema.ts';
import type { Forge } from '../integrations/forge.ts';
import { type ForgeProject, lookAtRepository, type Wrong, wrongBecause } from './forge-look.ts';
import { clientOf } from './forges.ts';

/** Registering a webhook may take a forge a while. */
const timeLimitMs = 20_000;

export interface ConnectOrder {
  projects: readonly ForgeProject[];
  /** Under which the forge reaches us, the path included. */
  hookUrl: string;
  secret: string;
  /** The forge has an older secret: no forge tells which. */
  hasNewSecret: boolean;
  /** Resolves whether a delivery of this repository has come since then; null where nobody takes deliveries now. */
  arrived: ((repository: string, since: number) => Promise<boolean>) | null;
  now(): number;
}

/**
 * - `arrived`, `missing`: a test delivery was asked for, and came or did not.
 * - `unasked`: the forge cannot be asked for one.
 * - `unattended`: nobody works here who could take it.
 */
export type TestDelivery = 'arrived' | 'missing' | 'unasked' | 'unattended';

export interface Connected extends ForgeProject {
  /** What became of the webhook; null where it was not come that far. */
  webhook: 'made' | 'changed' | 'there' | null;
  delivery: TestDelivery | null;
  problem: Wrong | null;
}

/** Can be repeated: what is there already stays as it is. Never throws for what the forge answers. */
export async function connectForge(config: ForgeConfig, order: ConnectOrder): Promise<Connected[]> {
  const forge = await clientOf(config, timeLimitMs);
  const connected: (Connected & { askedAt: number })[] = [];
  // One after another: a forge that counts requests is not to be rushed.
  for (const project of order.projects) connected.push(await connectOne(forge, config, project, order));
  return Promise.all(
    connected.map(async ({ askedAt, ...one }) => {
      if (one.delivery !== 'missing' || order.arrived === null) return one;
      return (await order.arrived(one.repository, askedAt))
        ? { ...one, delivery: 'arrived' as const }
        : { ...one, problem: notArrived(order.hookUrl) };
    }),
  );
}

async function connectOne(
  forge: Forge,
  config: ForgeConfig,
  at: ForgeProject,
  { hookUrl: url, secret, hasNewSecret, arrived, now }: ConnectOrder,
): Promise<Connected & { askedAt: number }> {
  const askedAt = now();
  const none = { ...at, webhook: null, delivery: null, askedAt };
  const wrong = await lookAtRepository(forge, config, at.repository);
  if (wrong !== null) return { ...none, problem: wrong };
  let webhook: Connected['webhook'] = null;
  try {
    const hook = await forge.keepHook(at.repository, { url, secret, hasNewSecret });
    webhook = hook.was;
    if (arrived === null) return { ...none, webhook, delivery: 'unattended', problem: null };
    const isAsked = await forge.testHook(at.repository, hook.id);
    return { ...none, webhook, delivery: isAsked ? 'missing' : 'unasked', problem: null };
  } catch (error) {
    return { ...none, webhook, problem: wrongBecause(error, config, at.repository) };
  }
}

const notArrived = (url: string): Wrong => ({
  why: `the forge was asked for a test delivery, and none came to ${url}`,
  remedy:
    'see whether the forge may send there (Gitea: webhook.ALLOWED_HOST_LIST), what a proxy in between says, and the deliveries that the forge lists for the webhook',
});
