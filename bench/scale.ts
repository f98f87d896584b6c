/** What the size of the file costs: throughput with a million finished tasks, memory of idle ones, time to recover. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { execa } from 'execa';
import { openSqliteStore } from '../src/persistence/sqlite/store.ts';
import { startRuntime } from '../src/runtime/index.ts';
import { ringKind, waitingKind } from './machine.ts';
import { median } from './statistics.ts';
import { measureRuntime } from './throughput.ts';

/** Fills a file with copies of one actor, as fast as SQLite goes: rows, log, and with `isOpen` a timer and a job each. */
async function fill(file: string, kind: 'ring' | 'waiting', count: number, isOpen: boolean): Promise<void> {
  const kinds = [ringKind, waitingKind(() => {})];
  const store = openSqliteStore({ file });
  const runtime = await startRuntime({ store, kinds, effects: 'none' });
  await runtime.create(kind, 'model', {});
  await runtime.stop({ drainMs: 0 });
  await store.close();
  const db = new Database(file);
  db.pragma('synchronous = OFF');
  const status = isOpen ? 'status' : "'done'";
  db.transaction(() => {
    db.exec(`CREATE TEMP TABLE numbers AS
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${count}) SELECT i FROM n`);
    // Their log entries come in the same order, behind that of the model, which is the only one so far.
    db.exec(`INSERT INTO actors (id, kind, definition, parent_id, child_id, status, state, tags, version, head, snapshot,
        created_at, updated_at)
      SELECT printf('f-%08d', i), kind, definition, parent_id, child_id, ${status}, state, tags, version,
        1 + i, snapshot, created_at, updated_at FROM numbers, actors WHERE id = 'model'`);
    db.exec(`INSERT INTO tags SELECT kind, tag, ${isOpen ? '0' : '1'}, created_at, printf('f-%08d', i)
      FROM numbers, tags WHERE actor_id = 'model'`);
    db.exec(`INSERT INTO log SELECT 1 + i, NULL, printf('f-%08d', i), seq, at, event, source, dedupe_key, outcome,
      from_state, to_state, reason FROM numbers, log WHERE actor_id = 'model'`);
    if (!isOpen) return;
    db.exec(
      `INSERT INTO timers SELECT printf('f-%08d', i), timer_id, due + i, event, target FROM numbers, timers WHERE actor_id = 'model'`,
    );
    db.exec(`INSERT INTO jobs (ref, actor_id, child_id, src, input, at)
      SELECT printf('f-%08d.work.1', i), printf('f-%08d', i), child_id, src, input, at FROM numbers, jobs WHERE actor_id = 'model'`);
  })();
  // As after kill -9: an owner that is gone, and a log that was not folded in.
  db.exec("UPDATE owner SET pid = 999999999, start_time = '1', boot_id = 'gone'");
  db.close();
}

/** The same throughput with a million finished tasks in the file as with a thousand: both open, measured in turns. */
export async function measureManyFinished(): Promise<{ few: number; many: number; ratio: number; bytes: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  try {
    const open = async (count: number) => {
      const file = join(directory, `${count}.db`);
      await fill(file, 'ring', count, false);
      const store = openSqliteStore({ file, checksLargeFiles: false });
      const runtime = await startRuntime({ store, kinds: [ringKind] });
      const ids = Array.from({ length: 100 }, (_, index) => `live-${index}`);
      await Promise.all(ids.map(id => runtime.create('ring', id, {})));
      const { size } = await import('node:fs').then(fs => fs.statSync(file));
      return { store, runtime, ids, size };
    };
    const few = await open(1_000);
    const many = await open(1_000_000);
    const pairs: { few: number; many: number }[] = [];
    for (let round = 0; round < 10; round++) {
      const a = await measureRuntime(few.runtime, few.ids, 5_000);
      const b = await measureRuntime(many.runtime, many.ids, 5_000);
      if (round > 0) pairs.push({ few: a, many: b });
    }
    for (const { runtime, store } of [few, many]) {
      await runtime.stop();
      await store.close();
    }
    return {
      few: median(pairs.map(pair => pair.few)),
      many: median(pairs.map(pair => pair.many)),
      ratio: median(pairs.map(pair => pair.many / pair.few)),
      bytes: many.size,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const child = fileURLToPath(new URL('scale-child.ts', import.meta.url));

async function inChild<T>(...args: string[]): Promise<T> {
  const { stdout } = await execa('node', ['--expose-gc', child, ...args], { reject: false });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}

/** Heap and RSS that idle tasks beyond the cache hold, in bytes per task, from 10,000 to 100,000 of them. */
export async function measureIdleMemory(): Promise<{ heapPerTask: number; rssPerTask: number; cached: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  try {
    const measure = async (count: number) => {
      const file = join(directory, `${count}.db`);
      await inChild('make', file, String(count));
      const runs: { heap: number; rss: number; cached: number }[] = [];
      for (let run = 0; run < 3; run++) runs.push(await inChild('idle', file, String(count)));
      const of = (key: 'heap' | 'rss' | 'cached') => median(runs.map(run => run[key]));
      return { heap: of('heap'), rss: of('rss'), cached: of('cached') };
    };
    const few = await measure(10_000);
    const many = await measure(100_000);
    const perTask = (key: 'heap' | 'rss') => (many[key] - few[key]) / 90_000;
    return { heapPerTask: perTask('heap'), rssPerTask: perTask('rss'), cached: many.cached };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export interface Recovery {
  tasks: number;
  /** From opening the file to the first effect that runs again. */
  firstEffectMs: number;
  rssMb: number;
}

/** Start after kill -9 with many unfinished tasks, each with a deadline and an open job. */
export async function measureRecovery(): Promise<Recovery[]> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  try {
    const results: Recovery[] = [];
    for (const tasks of [1_000, 100_000]) {
      const file = join(directory, `${tasks}.db`);
      await fill(file, 'waiting', tasks, true);
      const runs: { firstEffectMs: number; rss: number }[] = [];
      for (let run = 0; run < 5; run++) {
        runs.push(await inChild('recover', file));
      }
      results.push({
        tasks,
        firstEffectMs: median(runs.map(({ firstEffectMs }) => firstEffectMs)),
        rssMb: median(runs.map(({ rss }) => rss)) / 1e6,
      });
    }
    return results;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
