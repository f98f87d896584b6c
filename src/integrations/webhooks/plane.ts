/** Webhooks of Plane, of both versions. The community edition sends the first, the commercial ones the second. */
import type { Checked, Parsed, Signed, WebhookProvider } from '../webhook.ts';
import { contentOf, parseObject, signedAs, textOf } from './body.ts';
import { good, refuse } from './checked.ts';
import { eventIn, headerOf } from './headers.ts';
import { deliveryIdOf, meaningOf } from './naming.ts';
import { versionOneReaders } from './plane-v1.ts';
import { eventNameOf, versionTwoReaders } from './plane-v2.ts';
import { ignored, unfit } from './reading.ts';
import { checkHex } from './signature.ts';

export const plane: WebhookProvider = {
  kind: 'plane',

  verify(delivery, secrets): Checked<Signed> {
    const content = contentOf(delivery, ['json']);
    if (!content.ok) return content;
    const isGood = checkHex(headerOf(delivery.headers, 'x-plane-signature'), delivery.body, secrets);
    return isGood.ok ? signedAs(textOf(delivery.body)) : isGood;
  },

  parse({ headers, body }, { text }): Checked<Parsed> {
    const header = eventIn(headers, ['x-plane-event']);
    if (header === null) return refuse(400, 'No header names the event.');
    const payload = parseObject(text);
    if (!payload.ok) return payload;
    const event = eventNameOf(header);
    // A retry of the second version has another id in its body; what stays is the id of the event.
    const { version, event_id: eventId } = payload.value;
    const said = version === 'v2' && typeof eventId === 'string' && eventId !== '' ? eventId : text;
    return good({
      deliveryId: deliveryIdOf(headerOf(headers, 'x-plane-delivery'), body),
      meaning: meaningOf('plane', event, said),
      event,
      payload: payload.value,
    });
  },

  read({ event, payload }, own) {
    const reader = versionOneReaders.get(event) ?? versionTwoReaders.get(event);
    if (reader === undefined) return ignored();
    // The body, which is signed, names the event too.
    const named = (payload as { event?: unknown } | null)?.event;
    return typeof named === 'string' && eventNameOf(named) === event ? reader(payload, own) : unfit(['event']);
  },
};
