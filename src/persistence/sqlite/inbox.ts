/** Events that are committed and not yet taken, and those that were rejected and wait for a person. */
import type { Database } from 'better-sqlite3';
import type { EventObject, InboxRow, StoredInbox } from '../store.ts';

interface InboxRecord extends Omit<StoredInbox, 'event' | 'parked'> {
  event: string;
  parked: number;
}

const columns = 'position, actor_id AS actorId, event, source, dedupe_key AS dedupeKey, ref, at, parked, error';

export function createInboxTable(db: Database) {
  const insert = db.prepare(
    'INSERT INTO inbox (actor_id, event, source, dedupe_key, ref, at, parked, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const remove = db.prepare<[number]>('DELETE FROM inbox WHERE position = ?');
  const removePending = db.prepare<[string]>('DELETE FROM inbox WHERE actor_id = ? AND parked = 0');
  const pending = db.prepare<[number, number], InboxRecord>(
    `SELECT ${columns} FROM inbox WHERE position > ? AND parked = 0 ORDER BY position LIMIT ?`,
  );
  const parked = db.prepare<[number], InboxRecord>(
    `SELECT ${columns} FROM inbox WHERE parked = 1 ORDER BY position LIMIT ?`,
  );
  const select = db.prepare<[number], InboxRecord>(`SELECT ${columns} FROM inbox WHERE position = ?`);
  const waiting = db.prepare<[string], number>('SELECT DISTINCT parked FROM inbox WHERE actor_id = ?').pluck();
  const parse = (row: InboxRecord): StoredInbox => ({
    ...row,
    event: JSON.parse(row.event) as EventObject,
    parked: row.parked === 1,
  });

  return {
    add(row: InboxRow): number {
      const { lastInsertRowid } = insert.run(
        row.actorId,
        JSON.stringify(row.event),
        row.source,
        row.dedupeKey,
        row.ref,
        row.at,
        row.parked ? 1 : 0,
        row.error,
      );
      return Number(lastInsertRowid);
    },
    take: (position: number) => remove.run(position),
    clear: (actorId: string) => removePending.run(actorId),
    /** Whether events for an actor are still to be taken, and whether some wait for a person. */
    waiting(actorId: string): { pending: boolean; parked: boolean } {
      const found = waiting.all(actorId);
      return { pending: found.includes(0), parked: found.includes(1) };
    },
    pending: (after: number, limit: number) => pending.all(after, limit).map(parse),
    parked: (limit: number) => parked.all(limit).map(parse),
    get(position: number): StoredInbox | undefined {
      const row = select.get(position);
      return row && parse(row);
    },
  };
}
