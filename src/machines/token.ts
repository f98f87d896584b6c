/**
 * A token by which somebody asks over a network.
 *
 *   valid ⇄ revoked
 *
 * Only its SHA-256 is ever here. A name that was revoked can be given out again, with another token.
 */
import { assign, setup } from 'xstate';
import type { Role } from '../domain/role.ts';

/** What is known of a token: hexadecimal digits of its SHA-256. */
export interface TokenInput {
  name: string;
  role: Role;
  sha256: string;
  by: string;
}

export interface TokenContext extends TokenInput {
  /** Who took it back; null while it holds. */
  revokedBy: string | null;
}

export type TokenEvent =
  | { type: 'token.issue'; role: Role; sha256: string; by: string; at: number }
  | { type: 'token.revoke'; by: string; at: number };

export const tokenMachine = setup({
  types: {} as { input: TokenInput; context: TokenContext; events: TokenEvent },
  actions: {
    take: assign(({ event }) =>
      event.type === 'token.issue' ? { role: event.role, sha256: event.sha256, by: event.by, revokedBy: null } : {},
    ),
    noteRevoked: assign({ revokedBy: ({ event }) => event.by }),
  },
}).createMachine({
  id: 'token',
  description: 'Knows by whom and in which role a token lets somebody ask over a network, while it holds.',
  context: ({ input }) => ({
    name: input.name,
    role: input.role,
    sha256: input.sha256,
    by: input.by,
    revokedBy: null,
  }),
  initial: 'valid',
  states: {
    // Lists and whoever asks go by the tag.
    valid: { tags: 'holds', on: { 'token.revoke': { target: 'revoked', actions: 'noteRevoked' } } },
    revoked: { on: { 'token.issue': { target: 'valid', actions: 'take' } } },
  },
});
