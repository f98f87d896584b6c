/** Tasks that have ended with logs as long as those of real ones, for whoever counts them: one that was really worked on, many times. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { makeDemo } from '../src/client/demo.ts';
import { openLocal } from '../src/client/local.ts';
import { openWorking } from '../src/service/working.ts';

export interface FiguresData {
  dataDir: string;
  /** Entries of all logs, and bytes of the database. */
  entries: number;
  remove(): void;
}

/** How much longer than the demo a task takes: some seconds become half an hour. */
const stretch = 600;
/** Signs of life that each run leaves in its log: one every half a minute, for a quarter of an hour. */
const heartbeats = 30;
const dayMs = 86_400_000;

/** The demo's task, which is refused by its tests and by its reviewer on the way, and so many copies of it over 30 days. */
export async function makeFiguresData(copies: number, isHard = false): Promise<FiguresData> {
  const demo = await makeDemo();
  const place = { cwd: demo.place, env: process.env, data: demo.dataDir, warn: () => {} };
  const identity = { name: 'bench', role: 'admin' } as const;
  const news = { note: () => {}, warn: () => {}, onTakenOver: () => {}, onEntry: () => {} };
  const working = await openWorking(openLocal(place, identity), identity, news);
  const { id } = await working.ask('task.add', demo.order as never);
  for (;;) {
    await working.site.runtime.until(async () => {
      const { standing } = await working.ask('task.show', { taskId: id });
      return standing === 'person' || standing === 'done' ? true : undefined;
    });
    if ((await working.ask('task.show', { taskId: id })).standing === 'done') break;
    await working.ask('task.approve', { taskId: id });
  }
  await working.site.runtime.idle();
  await working.close();
  const entries = multiply(join(demo.dataDir, 'signalbox.db'), id, { copies, isHard });
  return { dataDir: demo.dataDir, entries, remove: demo.remove };
}

interface LogRow {
  position: number;
  previous: number | null;
  actor_id: string;
  seq: number;
  at: number;
  event: string;
  [column: string]: unknown;
}

interface ActorRow {
  id: string;
  kind: string;
  created_at: number;
  updated_at: number;
  snapshot: string;
  [column: string]: unknown;
}

function multiply(file: string, id: string, { copies, isHard }: { copies: number; isHard: boolean }): number {
  const db = new Database(file);
  db.pragma('synchronous = OFF');
  const actors = db
    .prepare('SELECT * FROM actors WHERE id = ? OR parent_id = ? ORDER BY parent_id IS NOT NULL')
    .all(id, id) as ActorRow[];
  const logs = new Map(
    actors.map(actor => [
      actor.id,
      db.prepare('SELECT * FROM log WHERE actor_id = ? ORDER BY seq').all(actor.id) as LogRow[],
    ]),
  );
  for (const { id: run, kind } of actors) if (kind === 'agentRun') logs.set(run, withHeartbeats(logs.get(run)!));
  const began = Math.min(...actors.map(actor => actor.created_at));
  const now = Date.now();
  let position = db.prepare('SELECT max(position) FROM log').pluck().get() as number;
  const inserts = new Map<string, Database.Statement>();
  const insert = (table: string, row: object) => {
    const names = Object.keys(row);
    const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    const statement = inserts.get(sql) ?? db.prepare(sql);
    inserts.set(sql, statement);
    statement.run(Object.values(row));
  };
  const tagsOf = new Map(
    actors.map(({ id: model }) => [
      model,
      db.prepare('SELECT kind, tag, ended FROM tags WHERE actor_id = ?').all(model) as object[],
    ]),
  );
  db.transaction(() => {
    for (let copy = 1; copy <= copies; copy++) {
      const own = (text: string) => text.replaceAll(id, `B-${copy}`);
      const start = now - Math.floor((copy / (copies + 1)) * 29 * dayMs) - dayMs / 2;
      const shifted = (at: number) => start + (at - began) * stretch;
      for (const { id: model, ...actor } of actors) {
        let head = 0;
        for (const entry of logs.get(model)!) {
          position += 1;
          const previous = entry.seq === 1 ? null : head;
          insert('log', {
            ...entry,
            position,
            previous,
            actor_id: own(model),
            at: shifted(entry.at),
            event: own(entry.event),
          });
          head = position;
        }
        const row = { ...actor, id: own(model), parent_id: actor.parent_id && own(String(actor.parent_id)) };
        const snapshot = own(contextIn(actor, { shifted, isHard }));
        const times = { created_at: shifted(actor.created_at), updated_at: shifted(actor.updated_at) };
        const { length: version } = logs.get(model)!;
        insert('actors', { ...row, ...times, head, snapshot, version });
        for (const tag of tagsOf.get(model)!)
          insert('tags', { ...tag, created_at: times.created_at, actor_id: own(model) });
      }
    }
    db.exec('DELETE FROM tag_counts');
    db.exec('INSERT INTO tag_counts SELECT kind, tag, ended, count(*) FROM tags GROUP BY kind, tag, ended');
  })();
  db.close();
  // What is written behind our back would hold whoever reads.
  execFileSync('sync');
  return position;
}

/** Times of the copy; where it is hard, runs that have had a second attempt, so that only their logs tell when they waited. */
function contextIn(
  { kind, snapshot }: Pick<ActorRow, 'kind' | 'snapshot'>,
  { shifted, isHard }: { shifted(at: number): number; isHard: boolean },
): string {
  if (kind !== 'agentRun') return snapshot;
  const stored = JSON.parse(snapshot) as { context: { startedAt: number; attempt: number } };
  const { context } = stored;
  return JSON.stringify({
    ...stored,
    context: { ...context, startedAt: shifted(context.startedAt), ...(isHard && { attempt: 2 }) },
  });
}

/** With signs of life where the agent has worked. */
function withHeartbeats(entries: LogRow[]): LogRow[] {
  const place = entries.findIndex(({ event }) => event.includes('"agent.started"'));
  if (place < 0) return entries;
  const started = entries[place]!;
  const ended = entries[place + 1] ?? started;
  const { report } = JSON.parse(entries.find(({ event }) => event.includes('"agent.exited"'))!.event);
  const beats = Array.from({ length: heartbeats }, (_, index) => {
    const at = started.at + Math.floor(((ended.at - started.at) * index) / heartbeats);
    const activity = `reads the sources of the order form, part ${index} of what there is`;
    const sign = { isToolAlive: false, report, activity, silentMs: 1_200, stalledMs: 4_000 };
    const event = JSON.stringify({ type: 'agent.heartbeat', ...sign, at });
    return { ...started, at, event, from_state: started.to_state };
  });
  return [...entries.slice(0, place + 1), ...beats, ...entries.slice(place + 1)].map((entry, index) => ({
    ...entry,
    seq: index + 1,
  })) as LogRow[];
}
