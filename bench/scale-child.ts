/** One measurement in a process of its own, so that its memory is its own. Prints JSON. */
import { openSqliteStore } from '../src/persistence/sqlite/store.ts';
import { startRuntime } from '../src/runtime/index.ts';
import { next, ringKind, waitingKind } from './machine.ts';

const [what, file = '', count = '0'] = process.argv.slice(2);

/** Makes idle tasks. What making them takes is none of the measurement's business. */
async function make(file: string, count: number): Promise<object> {
  const store = openSqliteStore({ file });
  const runtime = await startRuntime({ store, kinds: [ringKind] });
  for (let made = 0; made < count; made += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, index) => runtime.create('ring', `t${made + index}`, {})));
  }
  await runtime.stop();
  await store.close();
  return { count };
}

/** Touches enough of the tasks to fill the cache several times over, and says what memory holds then. */
async function idle(file: string, count: number): Promise<object> {
  // The check of a large file runs in a thread with memory of its own, and ends; it is not what is measured here.
  const store = openSqliteStore({ file, checksLargeFiles: false });
  const runtime = await startRuntime({ store, kinds: [ringKind] });
  const touched = 5_000;
  for (let index = 0; index < touched; index += 100) {
    const ids = Array.from({ length: 100 }, (_, offset) => `t${Math.floor(((index + offset) * count) / touched)}`);
    await Promise.all(ids.map(id => runtime.send(id, next)));
  }
  for (let round = 0; round < 5; round++) globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const { cached } = runtime.load;
  await runtime.stop();
  await store.close();
  return { heap: heapUsed, rss, cached };
}

async function recover(file: string): Promise<object> {
  const began = performance.now();
  let firstEffectMs: number | undefined;
  const store = openSqliteStore({ file });
  const runtime = await startRuntime({
    store,
    kinds: [
      waitingKind(() => {
        firstEffectMs ??= performance.now() - began;
      }),
    ],
  });
  while (firstEffectMs === undefined) await new Promise(resolve => setImmediate(resolve));
  const { rss } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ firstEffectMs, rss })}\n`);
  // The next measurement finds a dead owner again: this process goes as one that is killed.
  void runtime;
  process.kill(process.pid, 'SIGKILL');
  return {};
}

const measurements: Record<string, () => Promise<object>> = {
  make: () => make(file, Number(count)),
  idle: () => idle(file, Number(count)),
  recover: () => recover(file),
};
const result = await measurements[what ?? '']!();
process.stdout.write(`${JSON.stringify(result)}\n`);
