/** Deadlines as absolute times: they are the same after a restart. */
import type { Database } from 'better-sqlite3';
import type { EventObject, TimerRow } from '../store.ts';

interface TimerRecord extends Omit<TimerRow, 'event'> {
  event: string;
}

const columns = 'actor_id AS actorId, timer_id AS timerId, due, event, target';

export function createTimerTable(db: Database) {
  const upsert = db.prepare(
    'INSERT OR REPLACE INTO timers (actor_id, timer_id, due, event, target) VALUES (?, ?, ?, ?, ?)',
  );
  const remove = db.prepare<[string, string]>('DELETE FROM timers WHERE actor_id = ? AND timer_id = ?');
  const clear = db.prepare<[string]>('DELETE FROM timers WHERE actor_id = ?');
  const next = db.prepare<[], number | null>('SELECT min(due) FROM timers').pluck();
  const due = db.prepare<[number, number], TimerRecord>(
    `SELECT ${columns} FROM timers WHERE due <= ? ORDER BY due, actor_id, timer_id LIMIT ?`,
  );
  const ofActor = db.prepare<[string], TimerRecord>(`SELECT ${columns} FROM timers WHERE actor_id = ? ORDER BY due`);
  const parse = (row: TimerRecord): TimerRow => ({ ...row, event: JSON.parse(row.event) as EventObject });

  return {
    set: (row: TimerRow) => upsert.run(row.actorId, row.timerId, row.due, JSON.stringify(row.event), row.target),
    remove: (actorId: string, timerId: string) => remove.run(actorId, timerId),
    clear: (actorId: string) => clear.run(actorId),
    next: () => next.get() ?? undefined,
    due: (now: number, limit: number) => due.all(now, limit).map(parse),
    ofActor: (actorId: string) => ofActor.all(actorId).map(parse),
  };
}
