/** A delivery for people and programs: what came, what it says, and what it did. */
import { z } from 'zod';
import { contextOf } from '../../app/context.ts';
import type { JsonObject } from '../../domain/json.ts';
import { type DeliveryContext, deliveryOutcomes } from '../../machines/delivery.ts';
import type { ActorRow } from '../../persistence/store.ts';
import type { Runtime } from '../../runtime/index.ts';
import { at } from '../fields.ts';
import { timeOf } from './time.ts';

export const deliveryFields = () =>
  z.object({
    id: z.string(),
    provider: z.string().describe('gitea, github, gitlab or plane'),
    name: z.string().describe('the forge or tracker, as the configuration calls it'),
    event: z.string().describe("the sender's word for it"),
    deliveryId: z.string(),
    receivedAt: at,
    outcome: z.enum(deliveryOutcomes),
    reason: z.string().nullable().describe('why it did nothing'),
    reading: z.record(z.string(), z.json()).nullable().describe('what it says, in the same words for every sender'),
    events: z.array(
      z.object({
        actor: z.string().describe('whom it was sent to'),
        type: z.string(),
        outcome: z.string().describe('applied, ignored or duplicate'),
        reason: z.string().nullable(),
      }),
    ),
    candidates: z.array(z.string()).describe('tasks among which a person has to choose'),
    replays: z.string().nullable().describe('the delivery that was played again here'),
    by: z.string().nullable().describe('who has had it played again'),
    chosenBy: z.object({ by: z.string(), replay: z.string() }).nullable().describe('who has chosen, and where'),
  });
export const deliveryView = z.lazy(deliveryFields);
export type DeliveryView = z.output<typeof deliveryView>;

export const wholeDelivery = z.lazy(() =>
  deliveryFields().extend({
    repeats: z.array(z.object({ at, isSame: z.boolean().describe('whether it said the same') })),
    headers: z.record(z.string(), z.string()),
    bytes: z.int().nullable().describe('of its body as it came'),
    body: z.json().describe('without secrets; null where it is too large, or could not be read'),
  }),
);

export function viewOfDelivery(row: ActorRow): DeliveryView {
  const { meaning: _, ...context } = contextOf<DeliveryContext>(row);
  return { id: row.id, receivedAt: timeOf(row.createdAt), ...context } as DeliveryView;
}

/** Lines of the log that are read for the repeats, at the most. */
const mostRepeats = 100;

/** With what is in its log alone. */
export async function wholeViewOf(runtime: Runtime, row: ActorRow): Promise<z.output<typeof wholeDelivery>> {
  const { meaning } = contextOf<DeliveryContext>(row);
  const [made, ...later] = await runtime.log(row.id, { after: 0, limit: mostRepeats });
  const { headers = {}, bytes = null, body = null } = (made?.event.input ?? {}) as JsonObject;
  const repeats = later
    .filter(({ type }) => type === 'delivery.repeated')
    .map(({ at: when, event }) => ({ at: timeOf(when), isSame: event.meaning === meaning }));
  return {
    ...viewOfDelivery(row),
    repeats,
    headers: headers as Record<string, string>,
    bytes: bytes as number | null,
    body,
  };
}
