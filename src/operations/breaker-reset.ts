/** Closes a breaker by a person's word. */
import { z } from 'zod';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { breakerId } from '../machines/addresses.ts';
import { sendOnce } from './once.ts';
import { operation } from './operation.ts';
import { breakerView, readBreakers } from './views/queue.ts';

export const breakerReset = operation({
  name: 'breaker.reset',
  summary: 'close it: runs may start again',
  may: 'operator',
  changes: true,
  isKeyed: true,
  needs: 'commit',
  input: z.strictObject({ name: z.string().min(1).max(200).describe('the provider') }),
  output: breakerView,
  args: ['name'],
  route: { method: 'POST', path: '/breakers/:name/reset', status: 200 },
  fails: ['noBreaker'],
  async run({ runtime }, { name }, who) {
    const known = Object.keys(await readBreakers(runtime));
    if (!known.includes(name)) {
      const hint = known.length === 0 ? 'there are none yet' : `there are ${nearest(name, known).join(', ')}`;
      throw new SignalboxError('not_found', 'noBreaker', `There is no breaker ${quote(name)}; ${hint}.`);
    }
    await sendOnce(runtime, breakerId(name), { type: 'breaker.reset', by: who.name }, who);
    return (await readBreakers(runtime))[name]!;
  },
});
