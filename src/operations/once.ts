/**
 * Carries out an order once that was given under a key: I2 for whoever asks. The order is an actor. It is on record before
 * anything is done, and its answer after; between the two, everything that is done knows the order by its id, so that what
 * was begun before a crash is found again and not done twice.
 */

import { createHash } from 'node:crypto';
import { contextOf } from '../app/context.ts';
import { SignalboxError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { onceFor } from '../domain/once-for.ts';
import { orderId } from '../machines/addresses.ts';
import type { OrderContext } from '../machines/order.ts';
import type { EventObject } from '../persistence/store.ts';
import type { Receipt, Runtime, SendOptions } from '../runtime/index.ts';
import type { AnyOperation, Who } from './operation.ts';

/** Orders that are being carried out, by their ids. */
const underWayOf = onceFor((_: Runtime) => new Map<string, Promise<unknown>>());

/** `carryOut` is given the order's id as key. Throws `keyReused` when another order was given under the key before. */
export async function once(
  runtime: Runtime,
  { operation, input, who }: { operation: AnyOperation; input: unknown; who: Who & { key: string } },
  carryOut: (who: Who) => Promise<unknown>,
): Promise<unknown> {
  const id = orderId(hashOf([who.name, who.key]));
  const fingerprint = hashOf([operation.name, input]);
  const made = { operation: operation.name, fingerprint, by: who.name };
  const { outcome } = await runtime.create('order', id, made, { source: who.name });
  if (outcome === 'duplicate') {
    const row = (await runtime.actor(id))!;
    const before = contextOf<OrderContext>(row);
    if (before.fingerprint !== fingerprint) throw reused(who.key, before);
    if (row.status !== 'active') return before.answer;
  }
  const all = underWayOf(runtime);
  // The same order that arrives twice at once is one.
  const work = all.get(id) ?? answer(runtime, id, carryOut({ ...who, key: id })).finally(() => all.delete(id));
  all.set(id, work);
  return work;
}

async function answer(runtime: Runtime, id: string, work: Promise<unknown>): Promise<unknown> {
  const given = (await work) as Json;
  await runtime.send(id, { type: 'order.answer', answer: given }, { source: 'service' });
  return given;
}

const hashOf = (parts: readonly unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

const reused = (key: string, { operation }: OrderContext) =>
  new SignalboxError('invalid', 'keyReused', `Another order (${operation}) was given under the key ${key} before.`, {
    remedy: { say: 'give each order a key of its own' },
  });

const orderedBy = ({ name, key }: Pick<Who, 'name' | 'key'>): SendOptions => ({
  source: name,
  ...(key !== null && { dedupeKey: key }),
});

/** Sends an event as an order does. One that was sent under this key before is answered as it was then. */
export async function sendOnce(runtime: Runtime, actorId: string, event: EventObject, who: Who): Promise<Receipt> {
  const receipt = await runtime.send(actorId, event, orderedBy(who));
  if (receipt.outcome !== 'duplicate' || who.key === null) return receipt;
  const first = await runtime.entryUnder(actorId, who.key);
  if (first === undefined) return receipt;
  const { seq, outcome, to: state, reason } = first;
  return { seq, outcome, state, reason };
}

/** Whether an event was sent under the key of this order before: what it has changed does not stand in its way. */
export async function wasSent(runtime: Runtime, actorId: string, { key }: Who): Promise<boolean> {
  return key !== null && (await runtime.entryUnder(actorId, key)) !== undefined;
}

/** What an order has made already, before the process ended that carried it out; undefined for nothing. */
export async function madeBy(runtime: Runtime, key: string | null): Promise<string | undefined> {
  if (key === null) return undefined;
  const row = await runtime.actor(key);
  const { subject = null } = row === undefined ? {} : contextOf<OrderContext>(row);
  if (subject === null) return undefined;
  const [first] = await runtime.log(subject, { after: 0, limit: 1 });
  return first?.dedupeKey === key ? subject : undefined;
}
