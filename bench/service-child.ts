/**
 * A service in a process of its own, on loopback and without a token. `storing` answers as `serve` does, and starts no agent;
 * `bare` has the same routes and stores nothing: an event is answered as if it had been taken. Prints its address, and what
 * it holds in memory for each line that it reads.
 */
import { createInterface } from 'node:readline';
import { openApp } from '../src/app/open.ts';
import { locate } from '../src/app/place.ts';
import { networkGuard } from '../src/http/guard.ts';
import { addPage } from '../src/http/page/routes.ts';
import { createServer } from '../src/http/server.ts';
import { addSession } from '../src/http/session.ts';
import { warmCharts } from '../src/operations/machine-chart.ts';
import type { Site } from '../src/operations/operation.ts';
import { createTokens } from '../src/operations/tokens.ts';
import { silentLogger } from '../src/service/log.ts';

const [dataDir = '', how = 'storing'] = process.argv.slice(2);
const here = { cwd: dataDir, env: {}, ...locate({ cwd: dataDir, env: {}, data: dataDir, warn: () => {} }) };
const app = await openApp({ dataDir, mode: 'commit' });
const taken = { seq: 1, outcome: 'applied', state: 'paused', reason: null } as const;
const runtime = how === 'bare' ? { ...app.runtime, send: async () => taken } : app.runtime;
const site: Site = Object.assign(app, { here, runtime });
const server = await createServer({
  site,
  guard: networkGuard({ ...createTokens(site.runtime, () => []), hosts: ['127.0.0.1'], origins: [] }),
  version: '0.0.0',
  logger: silentLogger,
  network: { requestsPerMinute: null, trustProxy: null, origins: [] },
  async more(it, guard) {
    addSession(it, guard);
    await addPage(it, () => void warmCharts(site));
  },
});
process.stdout.write(`${await server.listen({ host: '127.0.0.1', port: 0 })}\n`);
for await (const _ of createInterface({ input: process.stdin })) {
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ heapUsed, rss, position: await app.runtime.lastPosition() })}\n`);
}
process.exit(0);
