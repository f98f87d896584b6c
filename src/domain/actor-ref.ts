/** Addresses that a machine can send to: stand-ins for actors that live as rows. */
import type { AnyActorRef } from 'xstate';

const address = Symbol('signalbox.address');

interface Addressed {
  [address]: string;
}

/**
 * A reference to the durable actor with this id, for `sendTo`. It is an address and nothing else: it has no snapshot
 * and cannot be subscribed to.
 */
export function actorRef(id: string): AnyActorRef {
  return { id, [address]: id } as Addressed as unknown as AnyActorRef;
}

/** The id behind a reference made by `actorRef`, or undefined for any other. */
export function addressOf(ref: unknown): string | undefined {
  return typeof ref === 'object' && ref !== null ? (ref as Partial<Addressed>)[address] : undefined;
}
