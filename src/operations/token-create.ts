/** Makes a token and answers it, this one time: only its SHA-256 is kept. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { roles } from '../domain/role.ts';
import { tokenId } from '../machines/addresses.ts';
import { operation } from './operation.ts';
import { digestOf, isHolding, tokenName } from './tokens.ts';

const secretBytes = 32;

export const tokenCreate = operation({
  name: 'token.create',
  summary: 'make a token by which somebody may ask over a network; it is shown this once',
  may: 'admin',
  changes: true,
  needs: 'commit',
  creates: true,
  input: z.strictObject({
    name: tokenName,
    role: z.enum(roles).describe('viewer looks, operator moves tasks on, admin may do anything'),
  }),
  output: z.object({
    name: z.string(),
    role: z.enum(roles),
    token: z.string().describe('for the header "authorization: Bearer …"; it cannot be shown again'),
  }),
  args: ['name'],
  route: { method: 'POST', path: '/tokens', status: 201 },
  fails: ['tokenTaken'],
  async run({ runtime }, { name, role }, { name: by }) {
    const present = await runtime.actor(tokenId(name));
    if (present !== undefined && isHolding(present)) throw taken(name);
    const token = `sbx_${randomBytes(secretBytes).toString('base64url')}`;
    const sha256 = digestOf(token);
    const options = { source: by };
    const made = await runtime.create('token', tokenId(name), { name, role, sha256, by }, options);
    if (made.outcome === 'duplicate') {
      const issued = await runtime.send(tokenId(name), { type: 'token.issue', role, sha256, by }, options);
      if (issued.outcome !== 'applied') throw taken(name);
    }
    return { name, role, token };
  },
});

const taken = (name: string) =>
  new SignalboxError('conflict', 'tokenTaken', `There is a token ${quote(name)} already.`, {
    remedy: { say: 'choose another name, or revoke that one first', operation: 'token.revoke', input: { name } },
  });
