/** Actor rows: who exists, in which state, and the snapshot to go on from. */
import type { Database } from 'better-sqlite3';
import { SignalboxError } from '../../domain/errors.ts';
import type { ActorQuery, ActorRow, ActorWrite, EndedQuery, ListQuery } from '../store.ts';

interface ActorRecord extends Omit<ActorRow, 'tags'> {
  tags: string | null;
}

const columns = [
  ...['id', 'kind', 'definition', 'parent_id AS parentId', 'child_id AS childId', 'status', 'state', 'tags', 'version'],
  ...['snapshot', 'created_at AS createdAt', 'updated_at AS updatedAt'],
]
  .map(column => `actors.${column}`)
  .join(', ');

export function createActorTable(db: Database) {
  const select = db.prepare<[string], ActorRecord>(`SELECT ${columns} FROM actors WHERE id = ?`);
  const insert = db.prepare(
    `INSERT INTO actors (id, kind, definition, parent_id, child_id, status, state, tags, version, head, snapshot, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
  );
  // The columns that an index or a foreign key looks at are written only when they change: SQLite does not compare.
  const move = db.prepare(
    'UPDATE actors SET state = ?, version = ?, head = ?, snapshot = ?, updated_at = ? WHERE id = ? AND version = ?',
  );
  const moveAndTag = db.prepare(
    'UPDATE actors SET state = ?, tags = ?, version = ?, head = ?, snapshot = ?, updated_at = ? WHERE id = ? AND version = ?',
  );
  const replace = db.prepare(
    `UPDATE actors SET definition = ?, status = ?, state = ?, tags = ?, version = ?, head = ?, snapshot = ?, updated_at = ?
     WHERE id = ? AND version = ?`,
  );
  const touch = db.prepare('UPDATE actors SET version = ?, head = ?, updated_at = ? WHERE id = ? AND version = ?');
  const retag = db.prepare('UPDATE actors SET tags = ? WHERE id = ?');
  const untagged = db.prepare<[number], ActorRecord>(
    `SELECT ${columns} FROM actors WHERE tags IS NULL ORDER BY id LIMIT ?`,
  );
  const after = db.prepare<[string, string, number], string>(
    'SELECT id FROM actors WHERE kind = ? AND id >= ? ORDER BY id LIMIT ?',
  );
  const before = db.prepare<[string, string, number], string>(
    'SELECT id FROM actors WHERE kind = ? AND id < ? ORDER BY id DESC LIMIT ?',
  );
  for (const statement of [after, before]) statement.pluck();
  const ended = db.prepare<[string, number, number, string, number], ActorRecord>(
    `SELECT ${columns} FROM actors
     WHERE kind = ? AND parent_id IS NULL AND status <> 'active' AND updated_at >= ? AND (updated_at, id) < (?, ?)
     ORDER BY updated_at DESC, id DESC LIMIT ?`,
  );

  return {
    get(id: string): ActorRow | undefined {
      const row = select.get(id);
      return row && rowOf(row);
    },
    /** Throws `conflict` when the actor is not at `baseVersion`. `head` is the position of its last log entry. */
    write(row: ActorWrite, head: number, at: number): void {
      const { id, definition, status, state, version, baseVersion, snapshot } = row;
      const tags = row.tags.join(' ');
      let changes: number;
      if (baseVersion === 0) {
        const { kind, parentId, childId } = row;
        ({ changes } = insert.run(
          ...[id, kind, definition, parentId, childId, status, state, tags, version, head, snapshot, row.createdAt, at],
        ));
      } else if (snapshot === null) {
        ({ changes } = touch.run(version, head, at, id, baseVersion));
      } else if (row.isOnlyMoved && row.listedBefore === null) {
        ({ changes } = move.run(state, version, head, snapshot, at, id, baseVersion));
      } else if (row.isOnlyMoved) {
        ({ changes } = moveAndTag.run(state, tags, version, head, snapshot, at, id, baseVersion));
      } else {
        ({ changes } = replace.run(definition, status, state, tags, version, head, snapshot, at, id, baseVersion));
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
      // Children are few and a kind may be many: SQLite takes the index of the children where the kind has none (`+kind`).
      if (kind !== undefined) conditions.push(parentId === undefined ? 'kind = @kind' : '+kind = @kind');
      if (status === 'active') conditions.push("status = 'active'");
      else if (status !== undefined) conditions.push('status = @status');
      if (parentId !== undefined) conditions.push('parent_id = @parentId');
      if (state !== undefined)
        conditions.push("(state = @state OR substr(state, 1, length(@state) + 1) = @state || '.')");
      const sql = `SELECT ${columns} FROM actors WHERE ${conditions.join(' AND ')} ORDER BY id LIMIT @limit`;
      return db
        .prepare<object, ActorRecord>(sql)
        .all({ kind, status, parentId, state, limit, after: after ?? '' })
        .map(rowOf);
    },
    /** Two walks through the same index, one of the living and one of those that have ended; one after the other, or in step. */
    list(query: ListQuery): ActorRow[] {
      const { order = 'living', status, limit } = query;
      if (order !== 'living') {
        const parts = [
          ...(status === 'ended' ? [] : listPart(db, query, 0)),
          ...(status === 'living' ? [] : listPart(db, query, 1)),
        ];
        const older = (a: ActorRecord, b: ActorRecord) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
        parts.sort(order === 'oldest' ? older : (a, b) => older(b, a));
        return parts.slice(0, limit).map(rowOf);
      }
      const living = query.status === 'ended' || query.after?.isLiving === false ? [] : listPart(db, query, 0);
      if (query.status === 'living' || living.length === query.limit) return living.map(rowOf);
      const rest = { ...query, limit: query.limit - living.length };
      return [...living, ...listPart(db, rest, 1)].map(rowOf);
    },
    ended({ kind, since, after: place, limit }: EndedQuery): ActorRow[] {
      const { updatedAt, id } = place ?? { updatedAt: Number.MAX_SAFE_INTEGER, id: '' };
      return ended.all(kind, since, updatedAt, id, limit).map(rowOf);
    },
    neighbours(kind: string, id: string, limit: number): string[] {
      const half = Math.ceil(limit / 2);
      return [...before.all(kind, id, half), ...after.all(kind, id, half)].slice(0, limit);
    },
    untagged: (limit: number) => untagged.all(limit).map(rowOf),
    retag: (id: string, tags: readonly string[]) => retag.run(tags.join(' '), id),
  };
}

const rowOf = ({ tags, ...row }: ActorRecord): ActorRow => ({ ...row, tags: tags ? tags.split(' ') : [] });

function listPart(db: Database, query: ListQuery, ended: 0 | 1): ActorRecord[] {
  const { kind, tags = [], state, after, limit, order = 'living' } = query;
  const [step, behind] = order === 'oldest' ? ['ASC', '>'] : ['DESC', '<'];
  const [first = '', ...others] = tags.length > 1 ? byRarity(db, kind, tags) : tags;
  const conditions = ['tags.kind = @kind', 'tags.tag = @first', 'tags.ended = @ended'];
  const goesOn = after !== undefined && (order !== 'living' || after.isLiving === (ended === 0));
  if (goesOn) conditions.push(`(tags.created_at, tags.actor_id) ${behind} (@createdAt, @id)`);
  if (state !== undefined) {
    conditions.push("(actors.state = @state OR substr(actors.state, 1, length(@state) + 1) = @state || '.')");
  }
  const wanted = Object.fromEntries(others.map((tag, index) => [`tag${index}`, tag]));
  for (const name of Object.keys(wanted)) {
    conditions.push(`EXISTS (SELECT 1 FROM tags AS other WHERE other.kind = @kind AND other.tag = @${name}
      AND other.ended = @ended AND other.created_at = tags.created_at AND other.actor_id = tags.actor_id)`);
  }
  const sql = `SELECT ${columns} FROM tags CROSS JOIN actors ON actors.id = tags.actor_id
    WHERE ${conditions.join(' AND ')} ORDER BY tags.created_at ${step}, tags.actor_id ${step} LIMIT @limit`;
  const place = goesOn ? { createdAt: after.createdAt, id: after.id } : {};
  return db.prepare<object, ActorRecord>(sql).all({ kind, first, ended, state, limit, ...place, ...wanted });
}

/** The rarest first: what is walked is what carries the first, and the others are looked up. */
function byRarity(db: Database, kind: string, tags: readonly string[]): string[] {
  const count = db.prepare<[string, string], number | null>(
    'SELECT sum(count) FROM tag_counts WHERE kind = ? AND tag = ?',
  );
  count.pluck();
  const counts = new Map(tags.map(tag => [tag, count.get(kind, tag) ?? 0]));
  return [...tags].sort((a, b) => counts.get(a)! - counts.get(b)!);
}
