/**
 * Works at a tracker, from a configuration in a directory, and kills itself with SIGKILL at a given point: before one of the
 * statements of its database, on either side of an effect, or before a process is started.
 *
 *   node tracked.ts DIRECTORY POINT      POINT 0 goes on until SIGTERM, and then prints how many points there were
 */
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const [directory = '', crashAt = '0'] = process.argv.slice(2);
const target = Number(crashAt);
let count = 0;

function point(): void {
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
const { default: Fastify } = await import('fastify');
const { openApp } = await import('../../src/app/open.ts');
const { loadConfig } = await import('../../src/config/load.ts');
const { addWebhooks } = await import('../../src/http/webhooks.ts');
const { createReceiver } = await import('../../src/operations/webhook.ts');

const configuration = await loadConfig({ cwd: directory, env: process.env });
const dataDir = join(directory, 'data');
const app = await openApp({ dataDir, mode: 'work', configuration, trace: point, observer: { onEffect: point } });
const server = Fastify();
await addWebhooks(server, createReceiver(app as never));
const url = await server.listen({ host: '127.0.0.1', port: Number(process.env.WEBHOOK_PORT) });
process.stdout.write(`${JSON.stringify({ url })}\n`);

process.on('SIGTERM', async () => {
  const points = count;
  await server.close();
  const { differences } = await app.runtime.verify();
  const letters = await app.runtime.deadLetters();
  const tasks = (await app.runtime.list({ kind: 'task', limit: 100 })).map(({ id, state }) => `${id} ${state}`);
  const log = await app.runtime.log('ET-1', { after: 0, limit: 1_000 });
  const decisions = log.filter(({ type, outcome }) => type === 'task.approve' && outcome === 'applied').length;
  await app.close();
  const dead = letters.events.length + letters.outbox.length;
  process.stdout.write(`${JSON.stringify({ points, end: { tasks, decisions, dead, differences } })}\n`);
  process.exit(0);
});
