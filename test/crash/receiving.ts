/**
 * Takes deliveries over HTTP for a task that waits at a forge, and kills itself with SIGKILL at a given point behind the
 * moment from which it listens: before one of the statements of its database.
 *
 *   node receiving.ts FILE POINT      POINT 0 goes on until SIGTERM, and then prints what is on record
 */
import Fastify from 'fastify';
import { defaultSettings } from '../../src/app/settings.ts';
import { Secret } from '../../src/domain/secret.ts';
import { addWebhooks } from '../../src/http/webhooks.ts';
import type { DeliveryContext } from '../../src/machines/delivery.ts';
import type { Site } from '../../src/operations/operation.ts';
import { createReceiver } from '../../src/operations/webhook.ts';
import { openSqliteStore } from '../../src/persistence/sqlite/store.ts';
import { startRuntime } from '../../src/runtime/index.ts';
import { recorded, secretOf } from '../integrations/webhooks/deliveries.ts';
import { forgeKinds, forgeTask, waitingOutside } from '../support/forge-tasks.ts';

const [file = '', crashAt = '0'] = process.argv.slice(2);
const target = Number(crashAt);
let count = 0;
let isListening = false;

function point(): void {
  if (!isListening) return;
  count += 1;
  if (count === target) process.kill(process.pid, 'SIGKILL');
}

const store = openSqliteStore({ file, trace: point });
const { after: head } = JSON.parse(recorded('scenario/07_gitea.push_src.json').body.toString()) as { after: string };
const runtime = await startRuntime({ store, kinds: forgeKinds(waitingOutside({ head })) });
if ((await runtime.actor('ORCH-017')) === undefined)
  await runtime.create('task', 'ORCH-017', forgeTask('feature/ORCH-017-delivery-log'));
await runtime.until(async () => (await runtime.actor('ORCH-017'))?.state.startsWith('build.gating') || undefined);
await runtime.idle();

const home = {
  ...{ name: 'home', kind: 'gitea' as const, url: 'https://git.example.org', account: 'signalbox-bot' },
  token: new Secret('TOKEN', 'token'),
  webhookSecrets: [new Secret('SECRET', secretOf.gitea)],
};
const remotes = [{ project: 'shop', forge: 'home', repository: 'acme/shop' }];
const server = Fastify();
// All that is asked of the site here.
const site = { runtime, settings: { ...defaultSettings, forges: { home }, remotes } } as unknown as Site;
await addWebhooks(server, createReceiver(site));
const url = await server.listen({ host: '127.0.0.1', port: 0 });
isListening = true;
process.stdout.write(`${JSON.stringify({ url })}\n`);

process.on('SIGTERM', async () => {
  await server.close();
  isListening = false;
  const rows = await runtime.actors({ kind: 'delivery', limit: 1_000 });
  const deliveries = rows.map(({ snapshot }) => {
    const { deliveryId, outcome, events } = (JSON.parse(snapshot) as { context: DeliveryContext }).context;
    return `${deliveryId} ${outcome} ${events.map(event => `${event.type} ${event.outcome}`).join()}`;
  });
  const log = await runtime.log('ORCH-017', { after: 0, limit: 1_000 });
  const heard = log
    .filter(({ source }) => source.startsWith('webhook:'))
    .map(({ type, event }) => `${type} ${event.delivery}`);
  const { differences } = await runtime.verify();
  await runtime.stop({ drainMs: 0 });
  await store.close();
  process.stdout.write(`${JSON.stringify({ points: count, deliveries: deliveries.sort(), heard, differences })}\n`);
});
