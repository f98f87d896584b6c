/** Takes a token back: from now on it lets nobody in. */
import { z } from 'zod';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { tokenId } from '../machines/addresses.ts';
import { sendOnce, wasSent } from './once.ts';
import { operation } from './operation.ts';
import { isHolding, tokenName, tokenRows, tokenView, viewOfToken } from './tokens.ts';

export const tokenRevoke = operation({
  name: 'token.revoke',
  summary: 'take a token back: from now on it lets nobody in',
  may: 'admin',
  changes: true,
  isKeyed: true,
  needs: 'commit',
  input: z.strictObject({ name: tokenName }),
  output: tokenView,
  args: ['name'],
  route: { method: 'POST', path: '/tokens/:name/revoke', status: 200 },
  fails: ['noToken'],
  async run({ runtime }, { name }, who) {
    const held = (await tokenRows(runtime)).filter(isHolding).map(row => viewOfToken(row).name);
    if (!held.includes(name) && !(await wasSent(runtime, tokenId(name), who))) {
      const hint = held.length === 0 ? 'there are none' : `did you mean ${nearest(name, held).join(', ')}?`;
      throw new SignalboxError('not_found', 'noToken', `There is no token ${quote(name)} that holds; ${hint}`);
    }
    await sendOnce(runtime, tokenId(name), { type: 'token.revoke', by: who.name }, who);
    return viewOfToken((await runtime.actor(tokenId(name)))!);
  },
});
