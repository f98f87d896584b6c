/** Takes a merge lease from its holder by a person's word: the next in line gets it, under a higher fencing token. */
import { z } from 'zod';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { sendOnce } from './once.ts';
import { operation } from './operation.ts';
import { leaseView, readLeases } from './views/queue.ts';

export const leaseRelease = operation({
  name: 'lease.release',
  summary: 'take a merge lease from its holder; the next in line gets it',
  may: 'operator',
  changes: true,
  isKeyed: true,
  needs: 'commit',
  input: z.strictObject({ resource: z.string().min(1).max(4_000).describe('as the list names it') }),
  output: leaseView,
  args: ['resource'],
  // A resource is a path and a branch: it fits into no path of an address.
  fails: ['noLease'],
  route: { method: 'POST', path: '/leases/release', status: 200 },
  async run({ runtime }, { resource }, who) {
    const known = (await readLeases(runtime)).map(lease => lease.resource);
    if (!known.includes(resource)) {
      const hint = known.length === 0 ? 'there are none yet' : `did you mean ${nearest(resource, known)[0]}?`;
      throw new SignalboxError('not_found', 'noLease', `There is no lease ${quote(resource)}; ${hint}`);
    }
    await sendOnce(runtime, resource, { type: 'lease.revoked', by: who.name }, who);
    return (await readLeases(runtime)).find(lease => lease.resource === resource)!;
  },
});
