/** Data directories with tasks at a forge, each waiting for a build of its commit, and with tasks that have ended. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { dataPaths } from '../src/app/data-directory.ts';
import { openApp } from '../src/app/open.ts';
import { plainAgent } from '../src/domain/agent-spec.ts';
import { noHooks } from '../src/domain/hook.ts';
import type { Json } from '../src/domain/json.ts';
import { noUsage } from '../src/domain/usage.ts';
import { pipelineSchema } from '../src/machines/pipeline.ts';
import { forgeName, repositoryName, settingsAtForge } from './forge.ts';

const pipeline = pipelineSchema.parse({
  name: 'atForge',
  stages: [{ name: 'build', role: 'builder', gates: [{ kind: 'ci', name: 'ci' }], rework: { limit: 1 } }],
});

/** A data directory with this many tasks that wait for a build, and that have ended. */
export async function makeForgeData(
  directory: string,
  { open, ended }: { open: number; ended: number },
): Promise<string> {
  const dataDir = join(directory, `forge-${open}-${ended}`);
  mkdirSync(dataDir);
  const { database } = dataPaths(dataDir);
  const models = ['MODELOPEN', 'MODELENDED'];
  const opened = () => openApp({ dataDir, mode: 'commit', settings: settingsAtForge });
  let app = await opened();
  const definition = pipeline as unknown as Json;
  for (const id of models) await app.runtime.create('task', id, inputOf(id) as unknown as Json, { definition });
  await app.close();
  // Nothing works here: what its actors would have reported waits for the task when it is opened again.
  reportTo(database, models);
  app = await opened();
  await app.runtime.send('MODELENDED', { type: 'task.cancel', by: 'bench' });
  const state = (await app.runtime.actor('MODELOPEN'))?.state;
  if (state !== 'build.gating.ci') throw new Error(`the model is in ${state}`);
  await app.close();
  copy(database, [
    { model: 'MODELOPEN', prefix: 'T', count: open, from: 0, hasChildren: true },
    { model: 'MODELENDED', prefix: 'E', count: ended, from: 2 ** 32, hasChildren: false },
  ]);
  return dataDir;
}

const inputOf = (id: string) => ({
  ...{ title: 'Fix it', body: 'It does not work.', project: 'shop', repository: '/tmp/shop', target: 'main' },
  ...{ branch: `feature/${id}`, workItem: id, worktree: `/tmp/worktrees/${id}`, priority: 5 },
  ...{ agent: plainAgent('true', ['true']), agents: {}, hooks: noHooks, mergeQueue: 'merge:shop', source: null },
  forge: { name: forgeName, repository: repositoryName },
});

function reportTo(database: string, models: readonly string[]): void {
  const db = new Database(database);
  const insert = db.prepare('INSERT INTO inbox (actor_id, event, source, at, parked) VALUES (?, ?, ?, ?, 0)');
  const report = (actor: string, child: string, output: object) =>
    insert.run(actor, JSON.stringify({ type: `xstate.done.actor.${child}`, output }), 'bench', Date.now());
  for (const id of models) {
    report(id, 'prepare', { base: 'b'.repeat(40), head: 'b'.repeat(40), codeTree: 'tree' });
    report(id, 'build', { outcome: 'succeeded', reason: '', attempts: 1, workedMs: 10, usage: noUsage });
    report(id, 'publish', { head: `${id}SHA`, codeTree: 'tree', questions: null, objection: null });
    report(id, 'push', { result: 'pushed', pullRequest: null });
    report(`${id}.gate-ci.5`, 'judge', { gate: 'ci', verdict: 'pending', detail: 'a build runs' });
  }
  db.close();
}

interface Copies {
  model: string;
  prefix: string;
  count: number;
  /** Where the commits are counted from. */
  from: number;
  hasChildren: boolean;
}

/** Copies of the models with what they are called, how they are listed and what they wait for. Logs are not copied. */
function copy(file: string, all: readonly Copies[]): void {
  const db = new Database(file);
  db.pragma('synchronous = OFF');
  db.pragma('foreign_keys = OFF');
  db.pragma('cache_size = -1000000');
  db.transaction(() => {
    for (const { model, prefix, count, from, hasChildren } of all) {
      if (count === 0) continue;
      db.exec(`CREATE TEMP TABLE numbers AS
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${count}) SELECT i FROM n`);
      const own = (column: string) =>
        `replace(replace(${column}, '${model}SHA', printf('%040x', ${from} + i)), '${model}', printf('${prefix}-%07d', i))`;
      const mine = (column: string) =>
        `(${column} = '${model}'${hasChildren ? ` OR ${column} LIKE '${model}.%'` : ''})`;
      const insert = (table: string, columns: string, id: string, values: string) =>
        db.exec(
          `INSERT INTO ${table} (${columns}) SELECT ${values} FROM numbers CROSS JOIN ${table} WHERE ${mine(id)}`,
        );
      insert(
        'actors',
        'id, kind, definition, parent_id, child_id, status, state, tags, version, head, snapshot, created_at, updated_at',
        'id',
        `${own('id')}, kind, definition, ${own('parent_id')}, child_id, status, state, tags, version, head, ${own('snapshot')}, created_at + i, updated_at + i`,
      );
      insert(
        'tags',
        'kind, tag, ended, created_at, actor_id',
        'actor_id',
        `kind, tag, ended, created_at + i, ${own('actor_id')}`,
      );
      insert('links', 'link, ended, actor_id', 'actor_id', `${own('link')}, ended, ${own('actor_id')}`);
      insert(
        'timers',
        'actor_id, timer_id, due, event, target',
        'actor_id',
        `${own('actor_id')}, timer_id, due, ${own('event')}, ${own('target')}`,
      );
      db.exec('DROP TABLE numbers');
    }
    db.exec('DELETE FROM tag_counts');
    db.exec('INSERT INTO tag_counts SELECT kind, tag, ended, count(*) FROM tags GROUP BY kind, tag, ended');
  })();
  db.close();
}
