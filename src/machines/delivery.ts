/**
 * One delivery of a forge or tracker, on record with what it did. That is all that happens to most; one that means two tasks
 * waits for a person, who says which.
 *
 *   arriving ──▶ recorded
 *          └───▶ undecided ── delivery.chosen: a person has said what it means ──▶ recorded
 *
 * The body is in the log alone: it may be large, and nothing is decided by it any more.
 */
import { assign, setup } from 'xstate';
import type { JsonObject } from '../domain/json.ts';

export const deliveryOutcomes = ['accepted', 'duplicate', 'ignored', 'ambiguous', 'rejected'] as const;
export type DeliveryOutcome = (typeof deliveryOutcomes)[number];

/** What an event of the delivery did to an actor. */
export interface DeliveryEffect {
  actor: string;
  type: string;
  outcome: string;
  reason: string | null;
}

export interface DeliveryInput {
  /** `gitea`, `github`, `gitlab` or `plane`. */
  provider: string;
  /** The forge or tracker, as the configuration calls it. */
  name: string;
  event: string;
  deliveryId: string;
  /** The same for every repetition of the same news. */
  meaning: string;
  outcome: DeliveryOutcome;
  /** Why it did nothing; null where it did. */
  reason: string | null;
  reading: JsonObject | null;
  events: DeliveryEffect[];
  /** Tasks among which a person has to choose. */
  candidates: string[];
  /** The delivery that was played again here; null for one that came in. */
  replays: string | null;
  /** Who has had it played again; null for one that came in. */
  by: string | null;
}

export interface DeliveryContext extends DeliveryInput {
  /** Who has said which task is meant, and where it was told. */
  chosenBy: { by: string; replay: string } | null;
}

export type DeliveryEvent =
  /** It came again: with the same body, or, by another meaning, with another one under the same id. Only recorded. */
  | { type: 'delivery.repeated'; meaning: string; at: number }
  | { type: 'delivery.chosen'; by: string; replay: string; at: number };

export const deliveryMachine = setup({
  types: {} as { input: DeliveryInput; context: DeliveryContext; events: DeliveryEvent },
  guards: {
    // Of one that is played again the first is still undecided; nobody has to decide twice.
    isUndecided: ({ context }) => context.outcome === 'ambiguous' && context.replays === null,
  },
  actions: {
    choose: assign(({ event }) =>
      event.type === 'delivery.chosen' ? { chosenBy: { by: event.by, replay: event.replay } } : {},
    ),
  },
}).createMachine({
  id: 'delivery',
  description: 'Keeps one delivery of a forge or tracker with what it says and what it did.',
  context: ({ input }) => ({
    provider: input.provider,
    name: input.name,
    event: input.event,
    deliveryId: input.deliveryId,
    meaning: input.meaning,
    outcome: input.outcome,
    reason: input.reason,
    reading: input.reading,
    events: input.events,
    candidates: input.candidates,
    replays: input.replays,
    by: input.by,
    chosenBy: null,
  }),
  initial: 'arriving',
  states: {
    arriving: { always: [{ guard: 'isUndecided', target: 'undecided' }, { target: 'recorded' }] },
    undecided: {
      tags: 'person',
      meta: { why: 'it means more than one task; a person says which', owner: 'a person' },
      on: { 'delivery.chosen': { target: 'recorded', actions: 'choose' } },
    },
    recorded: { type: 'final' },
  },
});

/** What deliveries are listed by. */
export const providerTag = (provider: string) => `provider:${provider}`;
export const outcomeTag = (outcome: string) => `outcome:${outcome}`;
export const taskTag = (task: string) => `task:${encodeURIComponent(task)}`;

export function deliveryTags({ tags, context }: { tags: Iterable<string>; context: DeliveryContext }): string[] {
  const tasks = new Set([...context.events.map(({ actor }) => actor), ...context.candidates]);
  return [...tags, providerTag(context.provider), outcomeTag(context.outcome), ...[...tasks].map(taskTag)];
}
