/** Takes deliveries of forges and trackers as they come in, and says how they are answered. It is no operation: nobody asks. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Taken, takeDelivery } from '../app/deliveries.ts';
import { createAccounts, sendersFor } from '../app/senders.ts';
import { secretsOf } from '../config/secrets.ts';
import { SignalboxError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Refused } from '../integrations/webhook.ts';
import type { Site } from './operation.ts';

export interface IncomingDelivery {
  kind: string;
  /** Where there are several of a kind. */
  name: string | null;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface DeliveryAnswer {
  status: 200 | 202;
  body: JsonObject;
}

/** Answers only once everything is stored. Throws what a delivery is refused with. */
export type Receiver = (delivery: IncomingDelivery) => Promise<DeliveryAnswer>;

export function createReceiver(site: Site): Receiver {
  const accounts = createAccounts(() => site.settings, site.forges, site.trackers);
  // Before the first delivery comes, which may be an echo of what we have done.
  const { forges, trackers } = site.settings;
  for (const name of [...Object.keys(forges), ...Object.keys(trackers)]) accounts.of(name);
  const taker = {
    runtime: site.runtime,
    ownAccounts: accounts.of,
    secrets: () => secretsOf(site.settings).map(secret => secret.reveal()),
    now: Date.now,
  };
  return async ({ kind, name, headers, body }) => {
    const taken = await takeDelivery(taker, sendersFor(site.settings, kind, name), { headers, body });
    if (!('id' in taken)) throw refusalOf(taken.refused);
    if (taken.refused !== undefined) throw refusalOf(taken.refused);
    return answerTo(taken);
  };
}

function answerTo({ id, deliveryId, outcome, reason, events }: Taken): DeliveryAnswer {
  if (outcome === 'accepted') return { status: 202, body: { status: 'accepted', id, deliveryId, events } };
  if (outcome === 'duplicate') return { status: 200, body: { status: 'duplicate', id } };
  return { status: 200, body: { status: outcome, id, reason } };
}

function refusalOf({ status, why }: Refused): SignalboxError {
  const message = `The delivery is not taken. ${why}`;
  switch (status) {
    case 401:
      return new SignalboxError('forbidden', 'badSignature', message);
    case 413:
      return new SignalboxError('invalid', 'tooLarge', message);
    case 415:
      return new SignalboxError('invalid', 'badMediaType', message);
    case 422:
      return new SignalboxError('invalid', 'unreadableDelivery', message);
    case 400:
      return new SignalboxError('invalid', 'badDelivery', message);
  }
}
