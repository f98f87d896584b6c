/** The index of what actors are called elsewhere: a branch, a pull request, a commit. Answers whom a delivery means. */
import type { Database } from 'better-sqlite3';
import type { Linked, LinkWrite } from '../store.ts';

export function createLinkTable(db: Database) {
  const remove = db.prepare<[string]>('DELETE FROM links WHERE actor_id = ?');
  const insert = db.prepare('INSERT INTO links (link, ended, actor_id) VALUES (?, ?, ?)');
  const select = db.prepare<[string, number], { actorId: string; ended: number }>(
    'SELECT actor_id AS actorId, ended FROM links WHERE link = ? ORDER BY ended, actor_id LIMIT ?',
  );
  const own = db.prepare<[string], string>('SELECT link FROM links WHERE actor_id = ?').pluck();
  const clear = (actorId: string) => remove.run(actorId);

  return {
    /** Replaces what an actor is called. */
    write({ actorId, links, isLiving }: LinkWrite): void {
      clear(actorId);
      for (const link of new Set(links)) insert.run(link, isLiving ? 0 : 1, actorId);
    },
    clear,
    of: (actorId: string): string[] => own.all(actorId),
    /** Those that live first. */
    find: (link: string, limit: number): Linked[] =>
      select.all(link, limit).map(({ actorId, ended }) => ({ actorId, isLiving: ended === 0 })),
  };
}
