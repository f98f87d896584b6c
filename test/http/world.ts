/** A small world to be asked about: there is one of everything that an answer can be about, and nothing moves by itself. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { fromPromise } from 'xstate';
import { dataPaths } from '../../src/app/data-directory.ts';
import { sendersFor } from '../../src/app/senders.ts';
import { defaultSettings } from '../../src/app/settings.ts';
import { openLocal } from '../../src/client/local.ts';
import { addDocs } from '../../src/http/docs.ts';
import { addInspector } from '../../src/http/inspector/routes.ts';
import { addMetrics } from '../../src/http/metrics.ts';
import { addPage } from '../../src/http/page/routes.ts';
import type { ServerOptions } from '../../src/http/server.ts';
import { addSession } from '../../src/http/session.ts';
import { addWebhooks } from '../../src/http/webhooks.ts';
import { intakeId, routineId, workerId } from '../../src/machines/addresses.ts';
import { intakeMachine, type Scanned } from '../../src/machines/intake.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { createInspector } from '../../src/operations/inspector/inspector.ts';
import type { Site } from '../../src/operations/operation.ts';
import type { DeliveryAnswer, Receiver } from '../../src/operations/webhook.ts';
import { openSqliteStore } from '../../src/persistence/sqlite/store.ts';
import { openWorking } from '../../src/service/working.ts';
import { startFakeGitea } from '../../src/testing/forges/gitea.ts';
import { openSite, waysOfAsking } from '../client/data.ts';
import { inertEffects, kindOf, startTestRuntime } from '../support/runtime.ts';
import { openService } from './place.ts';

/** From which the project takes work. */
const place = 'acme/shop';

/** A value of the configuration's variables; no answer may hold it. */
const secret = 'a-value-of-the-environment';

export type World = Awaited<ReturnType<typeof makeWorld>>;

/** `ET-1` was worked on until a person had to approve it, by the run `ET-1.analysis.3`; `ET-2` is paused; `ET-3` is new. */
export async function makeWorld(options: Partial<ServerOptions> = {}) {
  const data = await waysOfAsking[0]!.make();
  const fake = await startFakeGitea({ accounts: ['signalbox-bot'] });
  onTestFinished(fake.close);
  const env = { FORGE_TOKEN: fake.tokenOf('signalbox-bot'), FORGE_SECRET: 'with-which-webhooks-are-signed' };
  const from = (name: keyof typeof env) => `\${${name}}`;
  const home = { kind: 'gitea', url: fake.url, token: from('FORGE_TOKEN'), webhookSecret: from('FORGE_SECRET') };
  const configured = { agent: { set: { API_KEY: secret } }, forges: { home } };
  data.configure(configured);
  await workOn(data, env);
  await lookAround(data.dataDir);
  data.configure({ ...configured, takes: { tracker: 'home', trackerProject: place } });
  const site = await openSite(data, env);
  onTestFinished(() => site.close());
  const metrics = createMetrics({ version: '1.2.3' });
  metrics.attach(site);
  const service = await openService(site, {
    async more(server, guard) {
      await addDocs(server, '1.2.3');
      await addPage(server);
      addSession(server, guard);
      addMetrics(server, metrics);
      await addWebhooks(server, playedReceiver(site));
      await addInspector(server, { inspector: createInspector(site), onViewer: () => {} });
    },
    ...options,
  });
  for (const id of ['ET-2', 'ET-3']) await service.ask('POST', '/tasks', order(id));
  await service.ask('POST', '/tasks/ET-2/pause', '{}');
  await service.ask('POST', '/tokens', '{"name":"ci","role":"viewer"}');
  // An event that a machine cannot take waits for a person from then on.
  await site.runtime.send(workerId, { type: 'run.ended' });
  const [letter] = (await site.runtime.deadLetters()).events;
  const id = 'delivery:home:1';
  await site.runtime.create('delivery', id, aDelivery as never);
  await takeUp(site);
  const backups = join(data.directory, 'backups');
  mkdirSync(backups);
  return {
    ...service,
    repository: data.repository,
    backups,
    lease: `merge:${data.repository}:main`,
    delivery: id,
    deadLetter: `event:${letter!.position}`,
    secrets: [secret, service.admin, ...Object.values(env)],
  };
}

/** A receiver for which everything is signed well: what a delivery does is tried where deliveries are. */
const playedReceiver =
  (site: Site): Receiver =>
  async ({ kind, name, body }): Promise<DeliveryAnswer> => {
    if (kind !== 'gitea' || (name !== null && name !== 'home')) sendersFor(defaultSettings, 'nobody', name);
    await site.runtime.lastPosition();
    const id = 'delivery:home:1';
    const isNews = body.includes('news');
    return isNews
      ? { status: 202, body: { status: 'accepted', id, deliveryId: '1', events: 1 } }
      : { status: 200, body: { status: 'duplicate', id } };
  };

const aDelivery = {
  ...{
    provider: 'gitea',
    name: 'home',
    event: 'push',
    deliveryId: '1',
    meaning: 'm',
    outcome: 'accepted',
    reason: null,
  },
  reading: { kind: 'push', repo: 'acme/shop', branch: 'main', sha: 'a', number: null, action: null, actor: 'ann' },
  ...{ events: [], candidates: [], replays: null, by: null, headers: {}, body: {}, bytes: 2 },
};

/** `ET-4` was made of an issue that is closed by now; and there is something that comes every night. */
async function takeUp({ runtime }: Site): Promise<void> {
  const [made] = await runtime.log('ET-3', { after: 0, limit: 1 });
  const { input } = made!.event as unknown as { input: object };
  const source = { tracker: 'home', id: '4', project: place, item: '4', key: '#4', url: null };
  const definition = await runtime.definitionOf('ET-3');
  await runtime.create('task', 'ET-4', { ...input, id: 'ET-4', source } as never, { definition });
  const plan = {
    ...{ project: 'shop', cron: '0 3 * * *', timeZone: 'UTC', jitterMs: 0, skipWhileRunning: true },
    ...{ title: 'Look after it', body: '', pipeline: null, priority: null },
  };
  await runtime.create('routine', routineId('nightly'), { name: 'nightly', plan });
}

/** What a look at everything has found there. */
const seen: Scanned = {
  ...{ found: { id: place, name: place, states: [] }, cursor: 1, items: [], looked: 1, differences: [] },
  drift: [
    {
      ...{ task: 'ET-4', key: '#4', url: null },
      ...{
        field: 'state',
        tracker: 'closed',
        ours: 'running',
        settle: 'task.cancel',
        moveTo: null,
        does: 'ends the task',
      },
    },
  ],
};

async function lookAround(dataDir: string): Promise<void> {
  const store = openSqliteStore({ file: dataPaths(dataDir).database });
  const actors = { scan: fromPromise(async () => seen) };
  const { runtime, settle } = await startTestRuntime({
    store,
    kinds: [kindOf(intakeMachine, { actors, effects: inertEffects })],
  });
  const intake = intakeId('shop', 'home', place);
  await runtime.create('intake', intake, { project: 'shop', tracker: 'home', place, pollMs: 30_000 });
  await runtime.send(intake, { type: 'intake.look' });
  await settle();
  await runtime.stop({ drainMs: 0 });
  await store.close();
}

const order = (id: string) => JSON.stringify({ title: `Task ${id}`, project: 'shop', id });

async function workOn(
  { directory, dataDir }: { directory: string; dataDir: string },
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const place = { cwd: directory, env: { PATH: process.env.PATH, ...env }, data: dataDir, warn: () => {} };
  const identity = { name: 'ann', role: 'admin' } as const;
  const nobody = { note: () => {}, warn: () => {}, onTakenOver: () => {}, onEntry: () => {} };
  const working = await openWorking(openLocal(place, identity), identity, nobody);
  const { id: taskId } = await working.ask('task.add', { title: 'Fix it', project: 'shop', id: 'ET-1' });
  await working.site.runtime.until(async () => {
    const { standing } = await working.ask('task.show', { taskId });
    return standing === 'person' ? true : undefined;
  });
  await working.close();
}
