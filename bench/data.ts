/** Data directories with as many tasks as a measurement needs. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openApp } from '../src/app/open.ts';
import { openLocal } from '../src/client/local.ts';
import { makeDemoRepository } from '../src/demo/repository.ts';
import { createRun, stubborn } from './agent-runs.ts';

export interface Amounts {
  /** Tasks that have ended. */
  ended: number;
  /** Tasks that somebody has paused in their first stage, beside one; 0 without it. */
  living?: number;
  /** Whether each task that has ended has a run. Default true. */
  hasRuns?: boolean;
}

/** A data directory with this many tasks that have ended, a run each, and some that are under way. */
export async function makeData(directory: string, { ended, living = 0, hasRuns = true }: Amounts): Promise<string> {
  const dataDir = join(directory, `data-${ended}-${living}`);
  const repository = join(directory, `shop-${ended}-${living}`);
  mkdirSync(repository);
  await makeDemoRepository(repository);
  const place = { cwd: directory, env: process.env, data: dataDir, warn: () => {} };
  const client = openLocal(place, { name: 'bench', role: 'admin' });
  const order = { repository, title: 'Fix it', agent: 'true' };
  await client.ask('task.add', { ...order, id: 'model' });
  await client.ask('task.cancel', { taskId: 'model' });
  const app = await openApp({ dataDir, mode: 'commit' });
  await createRun(app, 'model.work.1', { agent: stubborn });
  await app.runtime.send('model.work.1', { type: 'run.stop', cause: 'killed', by: 'bench' });
  await app.close();
  await client.ask('task.add', { ...order, id: 'LIVE-1' });
  if (living > 0) await client.ask('task.pause', { taskId: 'LIVE-1' });
  copyModels(join(dataDir, 'signalbox.db'), [
    { id: 'model', shape: 'T-%d', count: ended - 1 },
    ...(hasRuns ? [{ id: 'model.work.1', shape: 'T-%d.work.1', count: ended - 1 }] : []),
    { id: 'LIVE-1', shape: 'L-%d', count: living },
  ]);
  return dataDir;
}

interface Copies {
  id: string;
  /** Of the new ids, for printf. */
  shape: string;
  count: number;
}

/** Copies of actors with their places in lists, and what living ones have open. The logs of those that ended are not read. */
function copyModels(file: string, all: readonly Copies[]): void {
  const db = new Database(file);
  db.pragma('synchronous = OFF');
  db.transaction(() => {
    for (const { id, shape, count } of all) {
      if (count < 1) continue;
      db.exec(`CREATE TEMP TABLE numbers AS
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${count}) SELECT i FROM n`);
      // What is said of the model is said of the copy: its id stands in its context, in its jobs and in its children.
      const own = (column: string) => `replace(${column}, '"${id}"', '"' || printf('${shape}', i) || '"')`;
      db.exec(`INSERT INTO actors (id, kind, definition, parent_id, child_id, status, state, tags, version, head, snapshot,
          created_at, updated_at)
        SELECT printf('${shape}', i), kind, definition, parent_id, child_id, status, state, tags, version, head,
          ${own('snapshot')}, created_at + i, updated_at + i FROM numbers, actors WHERE id = '${id}'`);
      db.exec(`INSERT INTO tags SELECT kind, tag, ended, created_at + i, printf('${shape}', i) FROM numbers, tags
        WHERE actor_id = '${id}'`);
      db.exec(`INSERT INTO timers SELECT printf('${shape}', i), timer_id, due, event, target FROM numbers, timers
        WHERE actor_id = '${id}'`);
      db.exec('DROP TABLE numbers');
    }
    db.exec('DELETE FROM tag_counts');
    db.exec('INSERT INTO tag_counts SELECT kind, tag, ended, count(*) FROM tags GROUP BY kind, tag, ended');
  })();
  db.close();
}
