/** Preloaded into a process to be measured: writes at its end how long its main thread was blocked, in milliseconds. */
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const file = process.env.SIGNALBOX_BENCH_DELAYS;
if (file !== undefined && isMainThread && process.argv.includes('serve')) {
  const resolution = 1;
  const delays = monitorEventLoopDelay({ resolution });
  const begun = setTimeout(() => delays.reset(), 1_000);
  begun.unref();
  delays.enable();
  process.on('exit', () => {
    const ms = nanoseconds => Math.max(0, nanoseconds / 1e6 - resolution);
    writeFileSync(file, JSON.stringify({ p99: ms(delays.percentile(99)), most: ms(delays.max) }));
  });
}
