/**
 * Actors that an actor asks for: peers of its own, made in the very commit in which it asks. Whoever has asked hears in the
 * same turn what became of it, so that it never has to guess after a restart.
 */
import { messageOf, SignalboxError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { EventObject } from '../persistence/store.ts';
import type { Definitions } from './definitions.ts';
import type { Cause, Creation, Receipt } from './delivery.ts';

/** The parameters of an action that makes an actor. */
export interface NewActor {
  id: string;
  /** Instead of the one in force for its kind. */
  definition?: Json;
  input: Json;
  /** Names of the outside: when an actor has one of them, or had it until it ended, none is made. */
  unlessLinked?: string[];
}

/** Somebody wants an actor of this kind. */
export interface Wanted {
  creator: { id: string; mark: Cause | undefined };
  kind: string;
  order: NewActor;
}

/** What whoever has asked for an actor hears. `actorId` is the one that was made, or the one that stands against it. */
export type MadeEvent =
  | { type: 'actor.made'; actorId: string }
  | { type: 'actor.refused'; actorId: string; reason: string };

export interface MakingOptions {
  definitions: Definitions;
  create(creation: Creation): Promise<Receipt>;
  /** Who has one of these names. */
  holderOf(links: readonly string[]): Promise<string | undefined>;
  tell(actorId: string, event: EventObject, from: string, mark: Cause | undefined): void;
}

/** Makes what was asked for, or says why not; an order that cannot be carried out is an answer, not a fault. */
export function createMaking({
  definitions,
  create,
  holderOf,
  tell,
}: MakingOptions): (wanted: Wanted) => Promise<void> {
  const make = async ({ creator, kind, order }: Wanted): Promise<MadeEvent> => {
    const { id, definition, input, unlessLinked = [] } = order;
    const holder = await holderOf(unlessLinked);
    if (holder !== undefined) return { type: 'actor.refused', actorId: holder, reason: `${holder} is it already` };
    try {
      const creation = { actorId: id, definition: definitions.forNew(kind, definition), input };
      const { outcome, reason } = await create({ ...creation, source: `actor:${creator.id}`, cause: creator.mark });
      if (outcome !== 'duplicate') return { type: 'actor.made', actorId: id };
      return { type: 'actor.refused', actorId: id, reason: reason ?? 'it exists already' };
    } catch (error) {
      if (!(error instanceof SignalboxError)) throw error;
      return { type: 'actor.refused', actorId: id, reason: messageOf(error) };
    }
  };
  return async wanted => {
    const { creator } = wanted;
    tell(creator.id, await make(wanted), creator.id, creator.mark);
  };
}
