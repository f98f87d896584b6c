/** Forges are looked at, connected once, and what is wrong with them is said with what fixes it. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectForge } from '../../src/app/forge-connect.ts';
import { openLocal } from '../../src/client/local.ts';
import { isBecause } from '../../src/domain/errors.ts';
import { silentLogger } from '../../src/service/log.ts';
import { startService } from '../../src/service/serve.ts';
import { startReceiver } from '../integrations/forges/receiver.ts';
import { type ForgePlace, giteaServers, openForgePlace, webhookSecret } from './place.ts';

const [fake] = giteaServers;
const publicUrl = 'https://signalbox.example.org/';

const secretsOf = ({ gitea }: ForgePlace) => [...Object.values(gitea.tokens), webhookSecret];

describe.each(giteaServers.filter(({ skip }) => !skip))('$name', server => {
  test('is listed with who we are there and what lies there', async () => {
    const place = await openForgePlace(server);
    const answer = await place.client.ask('forge.list', {});
    expect(answer.forges).toMatchObject([
      {
        ...{ name: 'home', kind: 'gitea', url: place.url, problem: null, hasWebhookSecret: true, breaker: null },
        ...{ account: (await place.gitea.forge.account()).login, version: await place.gitea.forge.version() },
        ...{ projects: [{ project: 'shop', repository: place.remote }], waiting: { actions: 0, oldest: null } },
      },
    ]);
    expect(secretsOf(place).filter(secret => JSON.stringify(answer).includes(secret))).toEqual([]);
  });

  test('is connected once, however often that is asked for', async () => {
    const place = await openForgePlace(server);
    const connect = async (more: object = {}) => {
      const { webhookUrl, repositories } = await place.client.ask('forge.connect', {
        name: 'home',
        publicUrl,
        ...more,
      });
      expect(webhookUrl).toBe('https://signalbox.example.org/webhook/gitea/home');
      return repositories.map(({ webhook, delivery, problem }) => [webhook, delivery, problem]);
    };
    expect(await connect()).toEqual([['made', 'unattended', null]]);
    expect(await connect({ project: 'shop' })).toEqual([['there', 'unattended', null]]);
    expect(await connect({ newSecret: true })).toEqual([['changed', 'unattended', null]]);
    expect(await place.gitea.people.hooks(place.remote)).toHaveLength(1);
  });

  test('says of each repository whether the test delivery has come', async () => {
    const place = await openForgePlace(server);
    const receiver = await startReceiver();
    onTestFinished(receiver.close);
    const { config } = await place.client.here.configuration();
    const order = {
      projects: [{ project: 'shop', repository: place.remote }],
      ...{ hookUrl: receiver.url, secret: webhookSecret, hasNewSecret: false, now: Date.now },
    };
    const came = () => receiver.next(({ headers }) => headers['x-gitea-event'] === 'push').then(() => true);
    const good = await connectForge(config.forges.home!, { ...order, arrived: came });
    expect(good).toMatchObject([{ webhook: 'made', delivery: 'arrived', problem: null }]);
    const bad = await connectForge(config.forges.home!, { ...order, arrived: async () => false });
    expect(bad).toMatchObject([{ webhook: 'there', delivery: 'missing', problem: { why: expect.any(String) } }]);
  });
});

test('a service that is connected hears the test delivery, and has it on record', async () => {
  const place = await openForgePlace(fake!);
  const local = openLocal(place.at, { name: 'service', role: 'admin' });
  const news = { note: () => {}, warn: () => {}, onTakenOver: () => {}, onEntry: () => {} };
  const service = await startService(local, { port: 0, env: place.env, logger: silentLogger, news });
  onTestFinished(() => service.close({ stopAgents: true }));
  const { repositories } = await place.client.ask('forge.connect', { name: 'home', publicUrl: service.url });
  expect(repositories).toMatchObject([{ webhook: 'made', delivery: 'arrived', problem: null }]);
  const { items } = await place.client.ask('delivery.list', {});
  expect(items).toMatchObject([{ provider: 'gitea', name: 'home', outcome: 'ignored' }]);
});

test('nothing is connected that could not prove who sends, or cannot be reached', async () => {
  const place = await openForgePlace(fake!);
  const refused = (input: { name: string; publicUrl?: string; project?: string }) =>
    place.client.ask('forge.connect', input).then(
      () => 'connected',
      (error: unknown) => (error as { reason?: string }).reason,
    );
  expect(await refused({ name: 'hme', publicUrl })).toBe('noForge');
  expect(await refused({ name: 'home', publicUrl, project: 'shp' })).toBe('noProject');
  expect(await refused({ name: 'home' })).toBe('noPublicUrl');
  const home = { kind: 'gitea', url: place.url, token: `\${GITEA_TOKEN}` };
  place.configure({ forges: { home } });
  expect(await refused({ name: 'home', publicUrl })).toBe('noWebhookSecret');
  expect(await place.gitea.people.hooks(place.remote)).toEqual([]);
});

test('a forge that is away or does not take the token is said so, with what fixes it', async () => {
  const place = await openForgePlace(fake!);
  const at = (url: string, token: string) => ({ kind: 'gitea', url, token, webhookSecret: `\${GITEA_WEBHOOK_SECRET}` });
  const home = at(place.url, `\${GITEA_WEBHOOK_SECRET}`);
  place.configure({ forges: { home, away: at('http://127.0.0.1:9', `\${GITEA_TOKEN}`) } });
  const { forges } = await place.client.ask('forge.list', {});
  expect(forges.map(({ name, account, problem }) => [name, account, problem?.remedy])).toEqual([
    ['home', null, expect.stringContaining('GITEA_WEBHOOK_SECRET')],
    ['away', null, expect.stringContaining('forges.away.url')],
  ]);
  const error = await place.client.ask('forge.connect', { name: 'home', publicUrl }).catch((it: unknown) => it);
  expect(isBecause(error, 'forgeUnusable')).toBe(true);
  const { checks } = await place.client.ask('doctor', {});
  const found = checks.filter(({ name }) => name.startsWith('forge '));
  expect(found.map(({ name, status }) => `${name} ${status}`).sort()).toEqual([
    'forge away error',
    'forge away warning',
    'forge home error',
    'forge home warning',
  ]);
  const shown = JSON.stringify([forges, checks, String(error)]);
  expect(secretsOf(place).filter(secret => shown.includes(secret))).toEqual([]);
});

test('doctor looks at each repository, and says how to fix what is not as it should be', async () => {
  const place = await openForgePlace(fake!);
  const projects = (remote: string) => ({
    shop: { repository: './shop', target: 'main', prefix: 'ET', forge: 'home', remote },
  });
  const look = async () => {
    const { checks } = await place.client.ask('doctor', {});
    return checks.filter(({ name }) => name === 'forge home');
  };
  place.configure({ serve: { publicUrl } });
  expect((await look()).map(({ status, detail }) => [status, detail])).toEqual([
    ['ok', expect.stringMatching(/^gitea .*, signed in as signalbox-bot$/)],
    ['ok', `${place.remote} of shop may be pushed to`],
  ]);
  place.configure({ serve: { publicUrl }, projects: projects('acme/nothing') });
  const remedy = expect.stringContaining('make acme/nothing there');
  expect(await look()).toMatchObject([{ status: 'ok' }, { status: 'error', remedy }]);
});
