/** What a delivery is called, and what is the same for all deliveries of the same news. */
import { createHash } from 'node:crypto';
import type { WebhookProvider } from '../webhook.ts';

const usable = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Ids that we make begin with it; no sender's id does. */
const ours = 'body.';

const hash = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

/** The sender's id of the delivery, or `body.` and a hash of the body where he gives none that can be used. */
export function deliveryIdOf(given: string | null, body: Buffer): string {
  return given !== null && usable.test(given) && !given.startsWith(ours) ? given : `${ours}${hash(body)}`;
}

/**
 * A hash of what the delivery says: who sends it, what happened, and the text or the sender's own id of the event. Where the
 * names end and the text begins is plain, for JSON says where it ends.
 */
export const meaningOf = (kind: WebhookProvider['kind'], event: string, said: string): string =>
  createHash('sha256')
    .update(JSON.stringify([kind, event]))
    .update(said)
    .digest('hex');
