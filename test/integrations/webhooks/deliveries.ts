/** Deliveries as their senders make them, kept byte for byte, and the secrets that they are signed with. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../../src/domain/json.ts';
import type { OutsideEvent, Reading } from '../../../src/domain/reading.ts';
import type { Checked, OwnAccounts, Parsed, RawDelivery, WebhookProvider } from '../../../src/integrations/webhook.ts';
import { eventsOf } from '../../../src/integrations/webhooks/events.ts';
import { webhookProviders } from '../../../src/integrations/webhooks/index.ts';

const folder = new URL('../../fixtures/webhooks/', import.meta.url).pathname;

export const secretOf = {
  gitea: 'fixture-gitea-secret',
  forgejo: 'fixture-forgejo-secret',
  plane: 'plane_wh_0123456789abcdef0123456789abcdef',
  plane_v2: 'plane_wh_0123456789abcdef0123456789abcdef',
  github: 'fixture-github-secret',
  gitlab: 'fixture-gitlab-token',
} as const;
export const signingSecret = 'whsec_Zml4dHVyZS1naXRsYWItc2lnbmluZy1rZXktMzJieXQ=';

/** The moment at which `gitlab/push_signed` was signed. */
export const signedAt = 1_767_225_600_000;

export const nobody: OwnAccounts = { logins: [], ids: [] };

export interface Recorded extends RawDelivery {
  file: string;
  provider: WebhookProvider;
  secrets: string[];
}

/** All deliveries there are, as paths such as `gitea/push_multi.json`. */
export const files: readonly string[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter(file => /\/.*\.(?:json|form)$/.test(file) && !file.endsWith('.headers.json'))
  .sort();

/** One recorded delivery. Those of the scenario name their sender: `scenario/01_plane.work_item_to_todo.json`. */
export function recorded(file: string): Recorded {
  const sender = (/^scenario\/\d+_([a-z]+)\./.exec(file)?.[1] ?? file.split('/')[0]) as keyof typeof secretOf;
  const headers = readJson(file.replace(/\.(?:json|form)$/, '.headers.json')) as Record<string, string>;
  const kind = sender === 'forgejo' ? 'gitea' : sender === 'plane_v2' ? 'plane' : sender;
  return {
    file,
    provider: webhookProviders[kind],
    secrets: kind === 'gitlab' ? [secretOf.gitlab, signingSecret] : [secretOf[sender]],
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: readFileSync(join(folder, file)),
  };
}

/** What each delivery says, by whoever wrote it down. */
export const expected = readJson('expect.json') as unknown as (JsonObject & { file: string })[];

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}

export interface Taken {
  parsed: Parsed;
  reading: Reading;
  events: OutsideEvent[];
}

/** Takes a delivery as a service would: the signature first, then the name, then what it says. */
export function take(delivery: Recorded, own: OwnAccounts = nobody, now = signedAt): Checked<Taken> {
  const { provider, secrets } = delivery;
  const signed = provider.verify(delivery, secrets, now);
  if (!signed.ok) return signed;
  const parsed = provider.parse(delivery, signed.value);
  if (!parsed.ok) return parsed;
  const reading = provider.read(parsed.value, own);
  if (!reading.ok) return reading;
  return { ok: true, value: { parsed: parsed.value, reading: reading.value, events: eventsOf(reading.value) } };
}

/** The same, of a delivery that has to be good. */
export function taken(delivery: Recorded, own: OwnAccounts = nobody): Taken {
  const result = take(delivery, own);
  if (!result.ok) throw new Error(`${delivery.file}: ${result.refused.status} ${result.refused.why}`);
  return result.value;
}

/** The status of the answer: 200 for what is read, be it of interest or not. */
export function statusOf(delivery: Recorded, now = signedAt): number {
  const result = take(delivery, nobody, now);
  return result.ok ? 200 : result.refused.status;
}
