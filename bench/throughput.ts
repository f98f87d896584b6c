/** Durable transitions per second, and the time of one event, against bare loops on the same disk in the same run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { initialTransition, transition } from 'xstate';
import { openSqliteStore } from '../src/persistence/sqlite/store.ts';
import type { Store } from '../src/persistence/store.ts';
import { type Runtime, startRuntime } from '../src/runtime/index.ts';
import { next, ring, ringKind } from './machine.ts';
import { median, microseconds } from './statistics.ts';

export interface Throughput {
  tasks: number;
  bare: number;
  runtime: number;
  /** Median of the ratios of neighbouring measurements. */
  ratio: number;
}

const rounds = 9;

/** One commit per round of ready tasks: transition, stringify, one snapshot row updated, one event row inserted. */
function bareLoop(directory: string, tasks: number) {
  const db = new Database(join(directory, `bare-${tasks}.db`));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec(
    `CREATE TABLE snapshots (id INTEGER PRIMARY KEY, snapshot TEXT NOT NULL) STRICT;
     CREATE TABLE events (position INTEGER PRIMARY KEY, id INTEGER NOT NULL, event TEXT NOT NULL) STRICT;`,
  );
  const update = db.prepare('UPDATE snapshots SET snapshot = ? WHERE id = ?');
  const insert = db.prepare('INSERT INTO events (id, event) VALUES (?, ?)');
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const snapshots = Array.from({ length: tasks }, () => initialTransition(ring)[0]);
  for (let id = 0; id < tasks; id++) db.prepare('INSERT INTO snapshots VALUES (?, ?)').run(id, '{}');
  return {
    round() {
      begin.run();
      for (let id = 0; id < tasks; id++) {
        const [snapshot] = transition(ring, snapshots[id]!, next as never);
        snapshots[id] = snapshot;
        update.run(JSON.stringify(ring.getPersistedSnapshot(snapshot)), id);
        insert.run(id, JSON.stringify(next));
      }
      commit.run();
    },
    close: () => db.close(),
  };
}

async function prepareRuntime(runtime: Runtime, prefix: string, tasks: number): Promise<string[]> {
  const ids = Array.from({ length: tasks }, (_, index) => `${prefix}-${index}`);
  await Promise.all(ids.map(id => runtime.create('ring', id, {})));
  return ids;
}

/** Transitions per second of a runtime with this many tasks at once, for about `count` transitions. */
export async function measureRuntime(runtime: Runtime, ids: readonly string[], count: number): Promise<number> {
  const began = microseconds();
  let done = 0;
  while (done < count) {
    await Promise.all(ids.map(id => runtime.send(id, next)));
    done += ids.length;
  }
  return (done / (microseconds() - began)) * 1e6;
}

export async function measureThroughput(): Promise<Throughput[]> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const results: Throughput[] = [];
  try {
    const store = openSqliteStore({ file: join(directory, 'signalbox.db') });
    const runtime = await startRuntime({ store, kinds: [ringKind] });
    for (const tasks of [1, 10, 100]) {
      const bare = bareLoop(directory, tasks);
      const ids = await prepareRuntime(runtime, `t${tasks}`, tasks);
      const count = tasks === 1 ? 1_000 : tasks === 10 ? 3_000 : 6_000;
      const pairs: { bare: number; runtime: number }[] = [];
      for (let round = 0; round <= rounds; round++) {
        const began = microseconds();
        for (let done = 0; done < count; done += tasks) bare.round();
        const bareRate = (count / (microseconds() - began)) * 1e6;
        const runtimeRate = await measureRuntime(runtime, ids, count);
        // The first pair warms both up.
        if (round > 0) pairs.push({ bare: bareRate, runtime: runtimeRate });
      }
      results.push({
        tasks,
        bare: median(pairs.map(pair => pair.bare)),
        runtime: median(pairs.map(pair => pair.runtime)),
        ratio: median(pairs.map(pair => pair.runtime / pair.bare)),
      });
      bare.close();
    }
    await runtime.stop();
    await store.close();
    return results;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One event at a time, from send to committed, against the commit of a single row. Microseconds, medians. */
export async function measureLatency(): Promise<{ bare: number; runtime: number; ratio: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  try {
    const store: Store = openSqliteStore({ file: join(directory, 'signalbox.db') });
    const runtime = await startRuntime({ store, kinds: [ringKind] });
    await runtime.create('ring', 'one', {});
    const db = new Database(join(directory, 'bare.db'));
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.exec('CREATE TABLE snapshots (id INTEGER PRIMARY KEY, snapshot TEXT NOT NULL) STRICT');
    const text = 'x'.repeat(700);
    db.prepare('INSERT INTO snapshots VALUES (1, ?)').run(text);
    const update = db.prepare('UPDATE snapshots SET snapshot = ? WHERE id = 1');
    const bare: number[] = [];
    const durable: number[] = [];
    for (let i = 0; i < 3_000; i++) {
      let began = microseconds();
      update.run(`${text}${i % 10}`);
      bare.push(microseconds() - began);
      began = microseconds();
      await runtime.send('one', next);
      durable.push(microseconds() - began);
    }
    await runtime.stop();
    await store.close();
    db.close();
    const warm = { bare: median(bare.slice(500)), runtime: median(durable.slice(500)) };
    return { ...warm, ratio: warm.runtime / warm.bare };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
