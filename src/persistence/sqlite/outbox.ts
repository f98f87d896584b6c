/** Named actions on their way out: delivered at least once, kept as a record, dead when they will not go. */
import type { Database } from 'better-sqlite3';
import type { Json } from '../../domain/json.ts';
import type { LaneBacklog, OutboxRow, OutboxUpdate, StoredOutbox } from '../store.ts';

interface OutboxRecord extends Omit<StoredOutbox, 'params'> {
  params: string;
}

const columns =
  'position, key, actor_id AS actorId, type, params, target, lane, at, state, attempts, not_before AS notBefore, error';

export function createOutboxTable(db: Database) {
  const insert = db.prepare(
    `INSERT INTO outbox (key, actor_id, type, params, target, lane, at, state, attempts, not_before, error)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'open', 0, 0, NULL)`,
  );
  const update = db.prepare('UPDATE outbox SET state = ?, attempts = ?, not_before = ?, error = ? WHERE key = ?');
  const clear = db.prepare<[string]>('DELETE FROM outbox WHERE actor_id = ?');
  const unsettled = db.prepare<[string], string>(
    "SELECT DISTINCT state FROM outbox WHERE actor_id = ? AND state <> 'delivered'",
  );
  unsettled.pluck();
  const open = db.prepare<[string | null, number, number], OutboxRecord>(
    `SELECT ${columns} FROM outbox WHERE state = 'open' AND lane IS ? AND position > ? ORDER BY position LIMIT ?`,
  );
  const dead = db.prepare<[number], OutboxRecord>(
    `SELECT ${columns} FROM outbox WHERE state = 'dead' ORDER BY position LIMIT ?`,
  );
  const ofActor = db.prepare<[string], OutboxRecord>(
    `SELECT ${columns} FROM outbox WHERE actor_id = ? ORDER BY position`,
  );
  const select = db.prepare<[string], OutboxRecord>(`SELECT ${columns} FROM outbox WHERE key = ?`);
  const lanes = db.prepare<[], LaneBacklog>(
    `SELECT lane, count(*) AS open, min(at) AS oldestAt FROM outbox
     WHERE state = 'open' AND lane IS NOT NULL GROUP BY lane ORDER BY lane`,
  );
  const parse = (row: OutboxRecord): StoredOutbox => ({ ...row, params: JSON.parse(row.params) as Json });

  return {
    add(row: OutboxRow): number {
      const { lastInsertRowid } = insert.run(
        row.key,
        row.actorId,
        row.type,
        JSON.stringify(row.params),
        row.target,
        row.lane,
        row.at,
      );
      return Number(lastInsertRowid);
    },
    update: (row: OutboxUpdate) => update.run(row.state, row.attempts, row.notBefore, row.error, row.key),
    /** Removes what is on record of an actor's actions and answers how many rows went. */
    clear: (actorId: string) => clear.run(actorId).changes,
    /** The states, other than delivered, that actions of an actor are in. */
    unsettled: (actorId: string) => unsettled.all(actorId),
    open: (lane: string | null, after: number, limit: number) => open.all(lane, after, limit).map(parse),
    lanes: () => lanes.all(),
    dead: (limit: number) => dead.all(limit).map(parse),
    ofActor: (actorId: string) => ofActor.all(actorId).map(parse),
    get(key: string): StoredOutbox | undefined {
      const row = select.get(key);
      return row && parse(row);
    },
  };
}
