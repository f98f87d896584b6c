/** What an actor does with an event, before anything of it is stored. A turn stores what follows, a rehearsal shows it. */
import { messageOf } from '../domain/errors.ts';
import type { EventObject } from '../persistence/store.ts';
import type { LiveActor } from './cache.ts';
import type { Consequence, Microstep, Stepped } from './stepper.ts';

export type Response =
  | { outcome: 'applied'; stepped: Stepped }
  | { outcome: 'ignored'; reason: string }
  /** The machine, or what it asks for, is broken: nothing has changed. */
  | { outcome: 'rejected'; reason: string };

export interface Responding {
  /** Throws where something that the step asks for cannot be had. */
  check?(wanted: readonly Consequence[]): void;
  /** Told of what the step is made of. */
  hear?(microstep: Microstep): void;
}

export const hasEnded = (id: string) => `${id} has ended`;

/** Changes nothing. The event carries its time. */
export function respond(
  actor: Pick<LiveActor, 'id' | 'definition' | 'state' | 'status' | 'version' | 'snapshot'>,
  event: EventObject,
  { check, hear }: Responding = {},
): Response {
  const { id, definition, state, status, version, snapshot: before } = actor;
  // `transition()` would move it all the same.
  if (status !== 'active') return { outcome: 'ignored', reason: hasEnded(id) };
  let stepped: Stepped;
  try {
    stepped = definition.stepper.next(before, event, { actorId: id, seq: version + 1 }, hear);
    check?.(stepped.consequences);
  } catch (error) {
    return { outcome: 'rejected', reason: messageOf(error) };
  }
  const hasMoved = stepped.snapshot !== before || stepped.consequences.length > 0;
  if (hasMoved || before.can(event as never)) return { outcome: 'applied', stepped };
  return { outcome: 'ignored', reason: `nothing waits for ${event.type} in ${state}` };
}
