/**
 * A service that takes deliveries, in a process of its own. `storing` takes them as `serve` does, and starts nothing; `bare`
 * checks the signature and answers as if it had been taken. Prints its address, and for each line that it reads what it has
 * used: of memory after a collection, and of its processor.
 */
import { createInterface } from 'node:readline';
import { openApp } from '../src/app/open.ts';
import { locate } from '../src/app/place.ts';
import { sendersFor } from '../src/app/senders.ts';
import { networkGuard } from '../src/http/guard.ts';
import { createServer } from '../src/http/server.ts';
import { addWebhooks } from '../src/http/webhooks.ts';
import { webhookProviders } from '../src/integrations/webhooks/index.ts';
import type { Site } from '../src/operations/operation.ts';
import { createTokens } from '../src/operations/tokens.ts';
import { createReceiver, type Receiver } from '../src/operations/webhook.ts';
import { silentLogger } from '../src/service/log.ts';
import { settingsAtForge as settings } from './forge.ts';

const [dataDir = '', how = 'storing'] = process.argv.slice(2);
const here = { cwd: dataDir, env: {}, ...locate({ cwd: dataDir, env: {}, data: dataDir, warn: () => {} }) };
const app = await openApp({ dataDir, mode: 'commit', settings });
const site: Site = Object.assign(app, { here });

const bare: Receiver = async ({ kind, name, headers, body }) => {
  const [sender] = sendersFor(settings, kind, name);
  const signed = webhookProviders.gitea.verify({ headers, body }, sender!.secrets, Date.now());
  if (!signed.ok) throw new Error(signed.refused.why);
  const deliveryId = String(headers['x-gitea-delivery']);
  return {
    status: 202,
    body: { status: 'accepted', id: `delivery:${sender!.name}:${deliveryId}`, deliveryId, events: 1 },
  };
};

const server = await createServer({
  site,
  guard: networkGuard({ ...createTokens(site.runtime, () => []), hosts: ['127.0.0.1'], origins: [] }),
  version: '0.0.0',
  logger: silentLogger,
  network: { requestsPerMinute: null, trustProxy: null, origins: [] },
  more: it => addWebhooks(it, how === 'bare' ? bare : createReceiver(site)),
});
process.stdout.write(`${await server.listen({ host: '127.0.0.1', port: 0 })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'end') break;
  const { user, system } = process.cpuUsage();
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ heapUsed, rss, busy: user + system })}\n`);
}
process.exit(0);
