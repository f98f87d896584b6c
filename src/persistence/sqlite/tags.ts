/** The index of actors by what they carry, and how many of them there are: what lists and counts are answered from. */
import type { Database } from 'better-sqlite3';
import type { ActorStatus, ActorWrite, TagCount } from '../store.ts';

interface Listed {
  id: string;
  kind: string;
  createdAt: number;
}

const isEnded = (status: ActorStatus) => (status === 'active' ? 0 : 1);

export function createTagTable(db: Database) {
  const insert = db.prepare('INSERT INTO tags (kind, tag, ended, created_at, actor_id) VALUES (?, ?, ?, ?, ?)');
  const remove = db.prepare(
    'DELETE FROM tags WHERE kind = ? AND tag = ? AND ended = ? AND created_at = ? AND actor_id = ?',
  );
  const count = db.prepare(
    `INSERT INTO tag_counts (kind, tag, ended, count) VALUES (?, ?, ?, ?)
     ON CONFLICT (kind, tag, ended) DO UPDATE SET count = count + excluded.count`,
  );
  const select = db.prepare<[string], TagCount>(
    `SELECT tag, sum(iif(ended = 0, count, 0)) AS living, sum(iif(ended = 1, count, 0)) AS ended
     FROM tag_counts WHERE kind = ? GROUP BY tag HAVING sum(count) > 0 ORDER BY tag`,
  );

  /** What a batch changes of the counts, gathered so that each is written once. */
  let changes = new Map<string, { kind: string; tag: string; ended: number; by: number }>();
  const note = (kind: string, tag: string, ended: number, by: number) => {
    const key = `${kind}\0${tag}\0${ended}`;
    changes.set(key, { kind, tag, ended, by: (changes.get(key)?.by ?? 0) + by });
  };
  const add = ({ id, kind, createdAt }: Listed, tag: string, ended: number) => {
    insert.run(kind, tag, ended, createdAt, id);
    note(kind, tag, ended, 1);
  };
  const drop = ({ id, kind, createdAt }: Listed, tag: string, ended: number) => {
    remove.run(kind, tag, ended, createdAt, id);
    note(kind, tag, ended, -1);
  };

  return {
    /** Lists a new actor, or one whose tags or status have changed. */
    write(row: ActorWrite): void {
      const now = isEnded(row.status);
      if (row.baseVersion === 0) {
        for (const tag of ['', ...row.tags]) add(row, tag, now);
        return;
      }
      if (row.listedBefore === null) return;
      const before = isEnded(row.listedBefore.status);
      const old = ['', ...row.listedBefore.tags];
      const next = ['', ...row.tags];
      for (const tag of old) if (now !== before || !next.includes(tag)) drop(row, tag, before);
      for (const tag of next) if (now !== before || !old.includes(tag)) add(row, tag, now);
    },
    /** Lists an actor by tags for the first time; it is there under the empty one already. */
    tag(row: Listed & { status: ActorStatus }, tags: readonly string[]): void {
      for (const tag of tags) add(row, tag, isEnded(row.status));
    },
    /** Lists an actor no more that had ended. */
    remove(row: Listed & { tags: readonly string[] }): void {
      for (const tag of ['', ...row.tags]) drop(row, tag, 1);
    },
    /** Writes the counts of what was listed since the last time. */
    tally(): void {
      if (changes.size === 0) return;
      const noted = changes;
      changes = new Map();
      for (const { kind, tag, ended, by } of noted.values()) if (by !== 0) count.run(kind, tag, ended, by);
    },
    /** Forgets what was listed since the last time: the batch has failed. */
    forget(): void {
      changes = new Map();
    },
    counts: (kind: string) => select.all(kind),
  };
}
