/** Machine definitions by content hash: old work finishes on its own rules. */
import type { Database } from 'better-sqlite3';
import type { Json } from '../../domain/json.ts';
import type { DefinitionRow } from '../store.ts';

export function createDefinitionTable(db: Database) {
  const insert = db.prepare('INSERT OR IGNORE INTO definitions (hash, kind, definition) VALUES (?, ?, ?)');
  const select = db.prepare<[string], { hash: string; kind: string; definition: string }>(
    'SELECT hash, kind, definition FROM definitions WHERE hash = ?',
  );
  const remove = db.prepare<[string]>(
    `DELETE FROM definitions WHERE hash = ? AND is_replaced = 0
     AND NOT EXISTS (SELECT 1 FROM actors WHERE actors.definition = definitions.hash)`,
  );
  return {
    /** Removes a definition that nobody lives by and no replay begins with. Answers how many went: one or none. */
    removeUnused: (hash: string) => remove.run(hash).changes,
    keep: (row: DefinitionRow) => insert.run(row.hash, row.kind, JSON.stringify(row.definition)),
    get(hash: string): DefinitionRow | undefined {
      const row = select.get(hash);
      return row && { ...row, definition: JSON.parse(row.definition) as Json };
    },
  };
}
