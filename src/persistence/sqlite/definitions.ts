/** Machine definitions by content hash: old work finishes on its own rules. */
import type { Database } from 'better-sqlite3';
import type { Json } from '../../domain/json.ts';
import type { DefinitionRow } from '../store.ts';

export function createDefinitionTable(db: Database) {
  const insert = db.prepare('INSERT OR IGNORE INTO definitions (hash, kind, definition) VALUES (?, ?, ?)');
  const select = db.prepare<[string], { hash: string; kind: string; definition: string }>(
    'SELECT hash, kind, definition FROM definitions WHERE hash = ?',
  );
  return {
    keep: (row: DefinitionRow) => insert.run(row.hash, row.kind, JSON.stringify(row.definition)),
    get(hash: string): DefinitionRow | undefined {
      const row = select.get(hash);
      return row && { ...row, definition: JSON.parse(row.definition) as Json };
    },
  };
}
