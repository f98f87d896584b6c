/**
 * Serves as `signalbox serve` does, with times that are short enough to be waited for.
 *
 *   node --expose-gc served.ts DATA_DIRECTORY TIMES_AS_JSON
 *
 * At SIGUSR2 it collects its garbage, and prints how much is held after that, in megabytes.
 */
import { openLocal } from '../../src/client/local.ts';
import { silentLogger } from '../../src/service/log.ts';
import { startService } from '../../src/service/serve.ts';

const [data = '', times = '{}'] = process.argv.slice(2);
const identity = { name: 'test', role: 'admin' } as const;
const local = openLocal({ cwd: process.cwd(), env: process.env, data, warn: () => {} }, identity);
const service = await startService(local, {
  port: 0,
  env: process.env,
  logger: silentLogger,
  news: { note: () => {}, warn: () => {}, onTakenOver: () => {}, onEntry: () => {} },
  times: JSON.parse(times),
});
process.stdout.write(`${JSON.stringify({ url: service.url })}\n`);
process.on('SIGUSR2', () => {
  globalThis.gc!();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ held: (heapUsed + external + arrayBuffers) / 1_048_576 })}\n`);
});
process.once('SIGTERM', () => void service.close({ stopAgents: false }));
