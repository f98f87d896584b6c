/** Deliveries as they may be kept and shown: without secrets, ours or anybody's. */
import type { Json, JsonObject } from '../../domain/json.ts';
import type { RawDelivery } from '../webhook.ts';
import { storable } from './fields.ts';

const covered = '[redacted]';
const tooDeep = '[nested too deep]';

/** Names under which secrets are kept. */
const secretName =
  /secret|token|passw|passphrase|authori[sz]ation(?!s_url)|credential|cookie|signature|(?:api|private|access|deploy|signing|ssh)[-_ ]?key/i;

const deepest = 64;
const longest = 1_000_000;
/** A secret this short hides nothing, and would be found everywhere. */
const shortestSecret = 4;

/** A secret that nobody writes by chance: a shorter one may well be a word that somebody means. */
export const isUnmistakable = (secret: string): boolean => secret.length >= 12;

/** Puts a mark in the place of our own secrets, wherever they stand in a text. */
export function coverer(secrets: readonly string[]): (text: string) => string {
  const ours = [...new Set(secrets.flatMap(secret => [secret, secret.replace(/^whsec_/, '')]))]
    .filter(secret => secret.length >= shortestSecret)
    .sort((one, other) => other.length - one.length);
  return text =>
    ours.reduce((whole, secret) => (whole.includes(secret) ? whole.replaceAll(secret, covered) : whole), text);
}

/**
 * The payload as plain JSON, with a mark instead of what stands under the name of a secret, and of our own secrets wherever
 * they stand.
 */
export function redacted(payload: unknown, secrets: readonly string[]): Json {
  const cover = coverer(secrets);
  const clean = (text: string) => cover(storable(text, longest));
  // The same names stand in it many times.
  const names = new Map<string, Name>();
  const nameOf = (written: string): Name => {
    const known = names.get(written);
    if (known !== undefined) return known;
    const name = { shown: clean(written), hides: secretName.test(written) };
    names.set(written, name);
    return name;
  };
  const walk = (value: unknown, depth: number): Json => {
    if (typeof value === 'string') return clean(value);
    if (typeof value === 'number') return Number.isFinite(value) ? value : null;
    if (typeof value === 'boolean') return value;
    if (typeof value !== 'object' || value === null) return null;
    if (depth > deepest) return tooDeep;
    if (Array.isArray(value)) return value.map(item => walk(item, depth + 1));
    const kept: JsonObject = {};
    for (const written of Object.keys(value)) {
      if (written === '__proto__') continue;
      const inner = (value as JsonObject)[written];
      const { shown, hides } = nameOf(written);
      kept[shown] = hides && isWorthHiding(inner) ? covered : walk(inner, depth + 1);
    }
    return kept;
  };
  return walk(payload, 1);
}

/** A name of the payload. */
interface Name {
  shown: string;
  hides: boolean;
}

/** A flag such as `has_token` tells no secret, nor does what is empty. */
const isWorthHiding = (value: unknown): boolean => value !== null && value !== '' && typeof value !== 'boolean';

/** Headers that say what came, from whom and how; everything else could prove something. */
const harmless =
  /^(?:content-type|content-length|user-agent|x-(?:gitea|forgejo|gogs|github|gitlab|plane)-(?:event|event-type|event-uuid|delivery|hook-id|instance|webhook-uuid|hook-installation-target-(?:type|id))|idempotency-key|webhook-(?:id|timestamp))$/;

const longestHeader = 300;

/** The headers worth keeping, none of them a signature, token or cookie. */
export function keptHeaders(headers: RawDelivery['headers']): Record<string, string> {
  const kept = Object.entries(headers).flatMap(([name, value]) => {
    if (value === undefined || !harmless.test(name.toLowerCase())) return [];
    const text = storable(Array.isArray(value) ? value.join(', ') : value, longestHeader);
    return [[name.toLowerCase(), text.replace(/\p{Cc}/gu, ' ')] as const];
  });
  return Object.fromEntries(kept);
}
