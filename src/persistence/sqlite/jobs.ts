/** Invoked promises and callbacks that must run until they settle or are stopped. */
import type { Database } from 'better-sqlite3';
import type { Json } from '../../domain/json.ts';
import type { JobRow, StoredJob } from '../store.ts';

interface JobRecord extends Omit<StoredJob, 'input'> {
  input: string;
}

const columns = 'position, ref, actor_id AS actorId, child_id AS childId, src, input, at';

export function createJobTable(db: Database) {
  const insert = db.prepare('INSERT INTO jobs (ref, actor_id, child_id, src, input, at) VALUES (?, ?, ?, ?, ?, ?)');
  const remove = db.prepare<[string]>('DELETE FROM jobs WHERE ref = ?');
  const clear = db.prepare<[string]>('DELETE FROM jobs WHERE actor_id = ?');
  const page = db.prepare<[number, number], JobRecord>(
    `SELECT ${columns} FROM jobs WHERE position > ? ORDER BY position LIMIT ?`,
  );
  const ofActor = db.prepare<[string], JobRecord>(`SELECT ${columns} FROM jobs WHERE actor_id = ? ORDER BY position`);
  const parse = (row: JobRecord): StoredJob => ({ ...row, input: JSON.parse(row.input) as Json });

  return {
    open(row: JobRow): number {
      const { lastInsertRowid } = insert.run(
        row.ref,
        row.actorId,
        row.childId,
        row.src,
        JSON.stringify(row.input),
        row.at,
      );
      return Number(lastInsertRowid);
    },
    close: (ref: string) => remove.run(ref),
    clear: (actorId: string) => clear.run(actorId),
    page: (after: number, limit: number) => page.all(after, limit).map(parse),
    ofActor: (actorId: string) => ofActor.all(actorId).map(parse),
  };
}
