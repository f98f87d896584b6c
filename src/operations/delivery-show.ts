/** One delivery with its body, as far as that may be shown. */
import { z } from 'zod';
import { deliveryRow } from './find.ts';
import { operation } from './operation.ts';
import { wholeDelivery, wholeViewOf } from './views/delivery.ts';

export const deliveryShow = operation({
  name: 'delivery.show',
  summary: 'one delivery: what came, what it says, what it did',
  may: 'viewer',
  changes: false,
  needs: 'read',
  input: z.strictObject({ id: z.string().min(1).max(400).describe('the id of a delivery') }),
  output: wholeDelivery,
  args: ['id'],
  route: { method: 'GET', path: '/deliveries/:id', status: 200 },
  fails: ['noDelivery'],
  run: async ({ runtime }, { id }) => wholeViewOf(runtime, await deliveryRow(runtime, id)),
});
