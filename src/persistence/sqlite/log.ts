/** The append-only log: every event of every actor, with what it did. */
import type { Database } from 'better-sqlite3';
import type { EventObject, LogEntry, Outcome, StoredLogEntry } from '../store.ts';

interface LogRecord {
  position: number;
  actor_id: string;
  seq: number;
  at: number;
  event: string;
  source: string;
  dedupe_key: string | null;
  outcome: Outcome;
  from_state: string;
  to_state: string;
  reason: string | null;
}

export function createLogTable(db: Database) {
  const insert = db.prepare(
    `INSERT INTO log (actor_id, seq, at, event, source, dedupe_key, outcome, from_state, to_state, reason)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const page = db.prepare<[string, number, number], LogRecord>(
    'SELECT * FROM log WHERE actor_id = ? AND seq > ? ORDER BY seq LIMIT ?',
  );
  const key = db.prepare<[string, string], number>(
    `SELECT 1 FROM log WHERE actor_id = ? AND dedupe_key = ? AND dedupe_key IS NOT NULL
     AND outcome IN ('applied', 'ignored')`,
  );

  return {
    /** Answers the entry's position in the log of the whole store. */
    append(entry: LogEntry): number {
      const { lastInsertRowid } = insert.run(
        entry.actorId,
        entry.seq,
        entry.at,
        JSON.stringify(entry.event),
        entry.source,
        entry.dedupeKey,
        entry.outcome,
        entry.from,
        entry.to,
        entry.reason,
      );
      return Number(lastInsertRowid);
    },
    hasKey: (actorId: string, dedupeKey: string) => key.get(actorId, dedupeKey) !== undefined,
    page(actorId: string, { after, limit }: { after: number; limit: number }): StoredLogEntry[] {
      return page.all(actorId, after, limit).map(row => {
        const event = JSON.parse(row.event) as EventObject;
        return {
          position: row.position,
          actorId: row.actor_id,
          seq: row.seq,
          at: row.at,
          type: event.type,
          event,
          source: row.source,
          dedupeKey: row.dedupe_key,
          outcome: row.outcome,
          from: row.from_state,
          to: row.to_state,
          reason: row.reason,
        };
      });
    },
  };
}
