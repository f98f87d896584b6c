/** Plays a delivery again: whom it means is found out anew, or a person says it. Whoever is meant hears it as news. */
import { z } from 'zod';
import { contextOf } from '../app/context.ts';
import { replayDelivery } from '../app/deliveries.ts';
import { sendersOf } from '../app/senders.ts';
import { SignalboxError } from '../domain/errors.ts';
import type { Reading } from '../domain/reading.ts';
import type { DeliveryContext } from '../machines/delivery.ts';
import { deliveryRow } from './find.ts';
import { sendOnce } from './once.ts';
import { operation } from './operation.ts';
import { deliveryView, viewOfDelivery } from './views/delivery.ts';

export const deliveryReplay = operation({
  name: 'delivery.replay',
  summary: 'tell a delivery again to whom it means by now, or to the task that you name',
  may: 'operator',
  changes: true,
  isKeyed: true,
  needs: 'commit',
  input: z.strictObject({
    id: z.string().min(1).max(400).describe('the id of a delivery'),
    task: z.string().min(1).max(200).optional().describe('the task that is meant, where there is more than one'),
  }),
  output: deliveryView,
  args: ['id'],
  route: { method: 'POST', path: '/deliveries/:id/replay', status: 200 },
  fails: ['noDelivery', 'unreadableDelivery'],
  async run({ runtime, settings }, { id, task = null }, who) {
    const row = await deliveryRow(runtime, id);
    const { reading, deliveryId, meaning, event, name, provider, replays } = contextOf<DeliveryContext>(row);
    if (reading === null) {
      throw new SignalboxError('invalid', 'unreadableDelivery', `${id} could not be read; there is nothing to tell.`);
    }
    const sender = sendersOf(settings).find(one => one.name === name && one.kind === provider);
    const stored = {
      id,
      sender: sender ?? { kind: provider as 'gitea', name, repositories: [] },
      parsed: { deliveryId, meaning, event },
      reading: reading as Reading,
    };
    // Its place in the log tells one replay from the next; the record of it is found again under the same number.
    const { seq: number } = await sendOnce(runtime, id, { type: 'delivery.replay', by: who.name }, who);
    const { id: replay } = await replayDelivery(runtime, stored, { by: who.name, task, number });
    const told = await deliveryRow(runtime, replay);
    // By what is on record: a process that ended here has told the task, and not yet the delivery.
    if (contextOf<DeliveryContext>(told).outcome === 'accepted') {
      const chosen = { type: 'delivery.chosen', by: who.name, replay };
      await runtime.send(replays ?? id, chosen, { source: who.name, dedupeKey: `chosen:${replay}` });
    }
    return viewOfDelivery(told);
  },
});
