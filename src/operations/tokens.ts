/** Tokens: who asks over a network. Kept as their SHA-256, in the data and in the configuration; never themselves. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { contextOf } from '../app/context.ts';
import { type Role, roles } from '../domain/role.ts';
import type { TokenContext } from '../machines/token.ts';
import type { ActorRow } from '../persistence/store.ts';
import type { Runtime } from '../runtime/index.ts';
import { at } from './fields.ts';
import { timeOf } from './views/time.ts';

const ours = ['local', 'service', 'api', 'socket'];

export const tokenName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'use 1 to 64 letters, digits, ".", "-" or "_"')
  .refine(name => !ours.includes(name), 'this is what Signalbox calls those who have no token of a name')
  .describe('who it is for, such as ci; on record with everything that is ordered with it');

export const tokenView = z.object({
  name: z.string(),
  role: z.enum(roles),
  holds: z.boolean().describe('whether it lets anybody in'),
  issuedBy: z.string(),
  revokedBy: z.string().nullable(),
  changedAt: at,
});

export function viewOfToken(row: ActorRow): z.input<typeof tokenView> {
  const { name, role, by, revokedBy } = contextOf<TokenContext>(row);
  return { name, role, holds: isHolding(row), issuedBy: by, revokedBy, changedAt: timeOf(row.updatedAt) };
}

export const isHolding = ({ tags }: ActorRow) => tags.includes('holds');

/** There is one for each person or program that asks. */
const mostTokens = 10_000;

export const tokenRows = (runtime: Runtime): Promise<ActorRow[]> => runtime.list({ kind: 'token', limit: mostTokens });

export const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** A token that the configuration or the environment knows. */
export interface FixedToken {
  name: string;
  role: Role;
  /** Hexadecimal. */
  sha256: string;
}

export interface Tokens {
  /** Whom a token stands for; undefined for one that is none. Takes as long for each. */
  lookUp(token: string): Promise<{ name: string; role: Role } | undefined>;
  /** Whether anybody was ever given one: then nobody gets in without. */
  isGuarded(): Promise<boolean>;
  /** Tells when one was made or taken back; answers how to be told no more. */
  onChange(listener: () => void): () => void;
}

/** `fixed` is asked each time, because a configuration changes. */
export function createTokens(runtime: Runtime, fixed: () => readonly FixedToken[]): Tokens {
  let known: Promise<Stored> | undefined;
  const listeners = new Set<() => void>();
  runtime.listen(({ kind }) => {
    if (kind !== 'token') return;
    known = undefined;
    for (const listener of listeners) listener();
  });
  const stored = () => {
    known ??= readTokens(runtime).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  return {
    async lookUp(token) {
      const { holding } = await stored();
      const given = Buffer.from(digestOf(token), 'hex');
      // All are compared, so that the time says nothing of which was nearest.
      const found = [...fixed(), ...holding].filter(({ sha256 }) => timingSafeEqual(given, Buffer.from(sha256, 'hex')));
      const [first] = found;
      return first && { name: first.name, role: first.role };
    },
    isGuarded: async () => fixed().length > 0 || (await stored()).isAnyMade,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

interface Stored {
  isAnyMade: boolean;
  holding: FixedToken[];
}

async function readTokens(runtime: Runtime): Promise<Stored> {
  const rows = await tokenRows(runtime);
  const holding = rows.filter(isHolding).map(row => {
    const { name, role, sha256 } = contextOf<TokenContext>(row);
    return { name, role, sha256 };
  });
  return { isAnyMade: rows.length > 0, holding };
}
