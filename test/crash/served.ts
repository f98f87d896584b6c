/**
 * Serves over HTTP as `signalbox serve` does, and kills itself with SIGKILL at a given point behind the moment from which it
 * listens. Points are counted as in the other victim: every database statement, both sides of every effect, and every
 * process that is about to be started.
 *
 *   node served.ts DIRECTORY POINT      POINT 0 goes on until SIGTERM, and then prints how many points there were
 */
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const [directory = '', crashAt = '0'] = process.argv.slice(2);
const target = Number(crashAt);
let count = 0;
let isListening = false;

function point(): void {
  if (!isListening) return;
  count += 1;
  if (count === target) process.kill(process.pid, 'SIGKILL');
}

const { spawn } = childProcess;
childProcess.spawn = ((...args: Parameters<typeof spawn>) => {
  point();
  return spawn(...args);
}) as typeof spawn;
syncBuiltinESMExports();

// Only now, so that everything that they import sees the counting spawn.
const { openApp } = await import('../../src/app/open.ts');
const { locate } = await import('../../src/app/place.ts');
const { networkGuard } = await import('../../src/http/guard.ts');
const { createServer } = await import('../../src/http/server.ts');
const { createTokens, digestOf } = await import('../../src/operations/tokens.ts');
const { silentLogger } = await import('../../src/service/log.ts');

const dataDir = join(directory, 'data');
const app = await openApp({ dataDir, mode: 'work', trace: point, observer: { onEffect: point } });
const here = { cwd: directory, env: process.env };
const site = Object.assign(app, { here: { ...here, ...locate({ ...here, data: dataDir, warn: () => {} }) } });
const tokens = createTokens(app.runtime, () => [
  { name: 'api', role: 'admin', sha256: digestOf(process.env.SIGNALBOX_API_TOKEN ?? '') },
]);
const guard = networkGuard({ ...tokens, hosts: ['127.0.0.1'], origins: [] });
const network = { origins: [], requestsPerMinute: null, trustProxy: null };
const server = await createServer({ site, guard, version: '1.0.0', logger: silentLogger, network });
const url = await server.listen({ host: '127.0.0.1', port: 0 });
// Whatever it begins with by itself comes first, so that the points are those of the orders.
await app.runtime.idle();
isListening = true;
process.stdout.write(`${JSON.stringify({ url })}\n`);
process.on('SIGTERM', async () => {
  await server.close();
  const points = count;
  const { differences } = await app.runtime.verify();
  await app.close();
  process.stdout.write(`${JSON.stringify({ points, differences })}\n`);
});
