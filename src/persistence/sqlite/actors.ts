/** Actor rows: who exists, in which state, and the snapshot to go on from. */
import type { Database } from 'better-sqlite3';
import { SignalboxError } from '../../domain/errors.ts';
import type { ActorQuery, ActorRow, ActorStatus, ActorWrite } from '../store.ts';

const columns = `id, kind, definition, parent_id AS parentId, child_id AS childId, status, state, version, snapshot,
  created_at AS createdAt, updated_at AS updatedAt`;

export function createActorTable(db: Database) {
  const select = db.prepare<[string], ActorRow>(`SELECT ${columns} FROM actors WHERE id = ?`);
  const insert = db.prepare(
    `INSERT INTO actors (id, kind, definition, parent_id, child_id, status, state, version, head, snapshot, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
  );
  // The columns that an index or a foreign key looks at are written only when they change: SQLite does not compare.
  const move = db.prepare(
    'UPDATE actors SET state = ?, version = ?, head = ?, snapshot = ?, updated_at = ? WHERE id = ? AND version = ?',
  );
  const replace = db.prepare(
    `UPDATE actors SET definition = ?, status = ?, state = ?, version = ?, head = ?, snapshot = ?, updated_at = ?
     WHERE id = ? AND version = ?`,
  );
  const touch = db.prepare('UPDATE actors SET version = ?, head = ?, updated_at = ? WHERE id = ? AND version = ?');
  const count = db.prepare<[string], { state: string; status: ActorStatus; count: number }>(
    'SELECT state, status, count(*) AS count FROM actors WHERE kind = ? GROUP BY status, state',
  );

  return {
    get: (id: string) => select.get(id),
    /** Throws `conflict` when the actor is not at `baseVersion`. `head` is the position of its last log entry. */
    write(row: ActorWrite, head: number, at: number): void {
      const { id, definition, status, state, version, baseVersion, snapshot } = row;
      let changes: number;
      if (baseVersion === 0) {
        const { kind, parentId, childId } = row;
        ({ changes } = insert.run(
          ...[id, kind, definition, parentId, childId, status, state, version, head, snapshot, at, at],
        ));
      } else if (snapshot === null) {
        ({ changes } = touch.run(version, head, at, id, baseVersion));
      } else if (row.isOnlyMoved) {
        ({ changes } = move.run(state, version, head, snapshot, at, id, baseVersion));
      } else {
        ({ changes } = replace.run(definition, status, state, version, head, snapshot, at, id, baseVersion));
      }
      if (changes === 0) {
        throw new SignalboxError(
          'conflict',
          'versionConflict',
          `Actor ${id} is no longer at version ${baseVersion}: another transition came first.`,
        );
      }
    },
    query({ kind, status, parentId, state, after, limit }: ActorQuery): ActorRow[] {
      const conditions = ['id > @after'];
      if (kind !== undefined) conditions.push('kind = @kind');
      if (status === 'active') conditions.push("status = 'active'");
      else if (status !== undefined) conditions.push('status = @status');
      if (parentId !== undefined) conditions.push('parent_id = @parentId');
      if (state !== undefined)
        conditions.push("(state = @state OR substr(state, 1, length(@state) + 1) = @state || '.')");
      const sql = `SELECT ${columns} FROM actors WHERE ${conditions.join(' AND ')} ORDER BY id LIMIT @limit`;
      return db.prepare<object, ActorRow>(sql).all({ kind, status, parentId, state, limit, after: after ?? '' });
    },
    count: (kind: string) => count.all(kind),
  };
}
