/** What the forge of a simulated world tells of itself: some of it never comes, comes twice, under another id, or late. */
import { createHash, createHmac } from 'node:crypto';
import type { RawDelivery } from '../../integrations/webhook.ts';
import type { Calendar } from '../calendar.ts';
import type { Chance } from '../chance.ts';
import type { WorldSettings } from '../settings.ts';

export const repositoryName = 'acme/shop';
export const webhookSecret = 'the secret of the simulated forge';
export const ourLogin = 'signalbox';

/** A pull request, by what is told of it. */
interface Pull {
  number: number;
  name: string;
  sha: string;
}

export interface Deliveries {
  tell(event: string, payload: object): void;
  readonly counts: { sent: number; lost: number; doubled: number; late: number };
}

/** How long one that is late is under way, in milliseconds, and how far apart two of the same come; medians. */
const lateMs = 15 * 60_000;
const againMs = 60_000;

export function createDeliveries(
  { calendar, chance, settings: { forge } }: { calendar: Calendar; chance: Chance; settings: WorldSettings },
  deliver: (delivery: RawDelivery) => void,
): Deliveries {
  const counts = { sent: 0, lost: 0, doubled: 0, late: 0 };
  return {
    counts,
    tell(event, payload) {
      counts.sent += 1;
      const id = `delivery-${counts.sent}`;
      const body = Buffer.from(JSON.stringify({ ...basis, ...payload }));
      const name = `delivery ${createHash('sha256').update(body).digest('hex')}`;
      if (chance.happens(`${name} is lost`, forge.lost)) {
        counts.lost += 1;
        return;
      }
      const isLate = chance.happens(`${name} is late`, forge.late);
      counts.late += isLate ? 1 : 0;
      const delayMs = isLate ? chance.around(`${name} comes`, lateMs) : 1_000;
      calendar.after(delayMs, () => deliver(signed(event, id, body)));
      if (!chance.happens(`${name} is doubled`, forge.doubled)) return;
      counts.doubled += 1;
      // Under its own id, or replayed under another one.
      const again = chance.happens(`${name} is replayed`, 50) ? `${id}-again` : id;
      const later = delayMs + chance.around(`${name} comes again`, againMs);
      calendar.after(later, () => deliver(signed(event, again, body)));
    },
  };
}

const basis = { repository: { full_name: repositoryName }, sender: { id: 9, login: 'builder' } };
const end = (ref: string, sha: string) => ({ ref, sha, repo_id: 1, repo: { full_name: repositoryName } });

/** A pull request as Gitea tells of it. */
export const pullPayload = ({ number, name, sha }: Pull) => ({
  ...{ number, title: '', body: '', html_url: `https://forge.example/${number}`, state: 'open' },
  user: { id: 1, login: ourLogin },
  head: end(name, sha),
  base: end('main', '0'.repeat(40)),
});

/** As Gitea signs it: https://docs.gitea.com/usage/webhooks. */
function signed(event: string, id: string, body: Buffer): RawDelivery {
  const signature = createHmac('sha256', webhookSecret).update(body).digest('hex');
  return {
    headers: {
      'content-type': 'application/json',
      'x-gitea-event': event,
      'x-gitea-event-type': event,
      'x-gitea-delivery': id,
      'x-gitea-signature': signature,
    },
    body,
  };
}
