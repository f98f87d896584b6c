/**
 * News from outside for several actors at once, with a record of it that is an actor itself: all of it is one commit, so
 * that whoever brought the news may be answered when that is stored, and once.
 */

import { isBecause } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { EventObject } from '../persistence/store.ts';
import type { Cause, Receipt } from './delivery.ts';
import { internal } from './delivery.ts';
import type { Definition } from './kind.ts';
import type { Turn } from './turn.ts';

/** An event for one actor, which under a key that it has taken before changes nothing; or an actor that is made of the news, once. */
export type Notice =
  | { actorId: string; event: EventObject; dedupeKey: string | null }
  | { actorId: string; kind: string; input: Json };

export interface Announcement {
  /** The record: made once. */
  kind: string;
  id: string;
  source: string;
  /** Sent to the record when it is there already; nothing else is done then. */
  again: EventObject;
  /** Whom it is for. Asked within the turn, so that it rests on what is stored at that moment. */
  notices(): Promise<Notice[]>;
  /** What the record begins with, once it is known what the notices did, in their order. */
  input(receipts: readonly Receipt[]): Json;
}

export interface Announced {
  isNew: boolean;
  /** What became of the record. */
  receipt: Receipt;
  receipts: readonly Receipt[];
}

/** Tells everybody and makes the record, within a turn. */
export async function announce(
  turn: Turn,
  { kind, id, source, again, notices, input }: Announcement,
  definitionOf: (kind: string) => Definition,
  cause: Cause | undefined,
): Promise<Announced> {
  const known = await turn.knows(kind, id);
  // Its record was removed long ago; it was told then.
  if (known === 'gone') return { isNew: false, receipt: removed, receipts: [] };
  if (known === 'there') {
    const receipt = await turn.take(internal(id, again, source, cause));
    return { isNew: false, receipt, receipts: [] };
  }
  const receipts: Receipt[] = [];
  for (const notice of await notices()) {
    const { actorId } = notice;
    if ('kind' in notice) {
      const definition = definitionOf(notice.kind);
      receipts.push(await turn.create({ actorId, definition, input: notice.input, source, cause }));
    } else {
      const { event, dedupeKey } = notice;
      receipts.push(await tell(turn, { ...internal(actorId, event, source, cause), dedupeKey }));
    }
  }
  const creation = { actorId: id, definition: definitionOf(kind), input: input(receipts), source, cause };
  return { isNew: true, receipt: await turn.create(creation), receipts };
}

const removed: Receipt = { seq: 0, outcome: 'duplicate', state: '', reason: 'it was removed; ids are used once' };

/** One that has gone in this very moment hears nothing, and the others do. */
async function tell(turn: Turn, delivery: Parameters<Turn['take']>[0]): Promise<Receipt> {
  try {
    return await turn.take(delivery);
  } catch (error) {
    if (!isBecause(error, 'noActor')) throw error;
    return { seq: 0, outcome: 'ignored', state: '', reason: error.message };
  }
}
