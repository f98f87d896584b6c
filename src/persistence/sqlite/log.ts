/** The append-only log: every event of every actor, with what it did. */
import type { Database } from 'better-sqlite3';
import type { EventObject, LogEntry, Outcome, StoredLogEntry } from '../store.ts';

interface LogRecord {
  position: number;
  previous: number | null;
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

/** How far apart the entries are that the index knows. */
const milestoneEvery = 64;

export function createLogTable(db: Database) {
  const insert = db.prepare(
    `INSERT INTO log (position, previous, actor_id, seq, at, event, source, dedupe_key, outcome, from_state, to_state, reason)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const select = db.prepare<[number], LogRecord>('SELECT * FROM log WHERE position = ?');
  const head = db.prepare<[string], number>('SELECT head FROM actors WHERE id = ?').pluck();
  const milestone = db
    .prepare<[string, number], number>(
      `SELECT position FROM log WHERE actor_id = ? AND seq % ${milestoneEvery} = 1 AND seq >= ? ORDER BY seq LIMIT 1`,
    )
    .pluck();
  const since = db.prepare<[number, number], LogRecord>(
    'SELECT * FROM log WHERE position > ? ORDER BY position LIMIT ?',
  );
  const last = db
    .prepare<[], number>(
      'SELECT max(ifnull((SELECT max(position) FROM log), 0), (SELECT position FROM log_end WHERE one = 1))',
    )
    .pluck();
  const remember = db.prepare<[number]>('UPDATE log_end SET position = ?');
  const remove = db.prepare<[number]>(`
    DELETE FROM log WHERE position IN (
      WITH RECURSIVE chain (position) AS (
        SELECT ?
        UNION ALL
        SELECT log.previous FROM chain JOIN log ON log.position = chain.position WHERE log.previous IS NOT NULL
      )
      SELECT position FROM chain
    )`);
  const key = db.prepare<[string, string], number>(
    `SELECT 1 FROM log WHERE actor_id = ? AND dedupe_key = ? AND dedupe_key IS NOT NULL
     AND outcome IN ('applied', 'ignored')`,
  );
  const under = db.prepare<[string, string], LogRecord>(
    `SELECT * FROM log WHERE actor_id = ? AND dedupe_key = ? AND dedupe_key IS NOT NULL
     AND outcome IN ('applied', 'ignored')`,
  );

  return {
    /** The position of the last entry that there ever was. */
    last: () => last.get() ?? 0,
    head: (actorId: string) => head.get(actorId) ?? null,
    append(entry: LogEntry, position: number, previous: number | null): void {
      insert.run(
        position,
        previous,
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
    },
    /** Removes an actor's whole chain and answers how many entries it had. */
    removeFrom: (headOfChain: number) => remove.run(headOfChain).changes,
    /** Remembers where the log ends, whatever is removed from it. */
    rememberEnd: (position: number) => remember.run(position),
    since: (position: number, limit: number) => since.all(position, limit).map(entryOf),
    hasKey: (actorId: string, dedupeKey: string) => key.get(actorId, dedupeKey) !== undefined,
    entryUnder(actorId: string, dedupeKey: string): StoredLogEntry | undefined {
      const row = under.get(actorId, dedupeKey);
      return row && entryOf(row);
    },
    /** Enters the chain at the first milestone behind the page, or at its head, and follows it back. */
    page(actorId: string, { after, limit }: { after: number; limit: number }): StoredLogEntry[] {
      const entries: StoredLogEntry[] = [];
      let position = milestone.get(actorId, after + limit) ?? head.get(actorId) ?? null;
      while (position !== null) {
        const row: LogRecord | undefined = select.get(position);
        if (row === undefined || row.seq <= after) break;
        if (row.seq <= after + limit) entries.push(entryOf(row));
        position = row.previous;
      }
      return entries.reverse();
    },
  };
}

function entryOf(row: LogRecord): StoredLogEntry {
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
}
