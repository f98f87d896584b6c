/** Ids of our own that Plane keeps beside what we make, and makes only once. */
import { createHash } from 'node:crypto';
import type { Person } from '../../tracker.ts';

export interface External {
  external_source: string;
  external_id: string;
}

const tries = 3;

/**
 * Under which ids something of ours is made, one after the other: a later one counts where the one before is somebody
 * else's. They are different for each account, as is what each may change.
 */
export function externals(us: Person, marker: string, where: string): External[] {
  const hash = createHash('sha256').update([us.id, where, marker].join('\n')).digest('hex');
  return Array.from({ length: tries }, (_, index) => ({
    external_source: 'signalbox',
    external_id: index === 0 ? hash : `${hash}-${index + 1}`,
  }));
}
