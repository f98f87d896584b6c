/** The clock of a server and the pace it is asked at, for the HTTP of one client. */
import type { Watched } from '../../http/client.ts';
import { createPace } from '../../http/pace.ts';
import { createSkew, type Skew } from '../../http/skew.ts';
import type { TrackerOptions } from '../../tracker.ts';

/** What the HTTP of a client is told of both. */
export function createWatch({ name, perMinute = null }: TrackerOptions): { skew: Skew; watched: Watched } {
  const skew = createSkew();
  const pace = perMinute === null ? undefined : createPace({ name, perMinute });
  return { skew, watched: { onAnswer: skew.heed, ...(pace && { pace }) } };
}
