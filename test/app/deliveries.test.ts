/** What is told and kept of a delivery, and who may have sent one, where HTTP is too coarse to look. */
import { describe, expect, test } from 'vitest';
import { type DeliveryTaker, type Sender, takeDelivery } from '../../src/app/deliveries.ts';
import type { Forges } from '../../src/app/forges.ts';
import { createAccounts, sendersFor, sendersOf } from '../../src/app/senders.ts';
import { defaultSettings } from '../../src/app/settings.ts';
import { secretsOf } from '../../src/config/secrets.ts';
import type { DeliveryContext } from '../../src/machines/delivery.ts';
import { receivingSettings } from '../http/receiving.ts';
import { recorded, secretOf, signingSecret } from '../integrations/webhooks/deliveries.ts';
import { altered, made } from '../integrations/webhooks/made.ts';
import { forgeKinds, forgeTask, waitingOutside } from '../support/forge-tasks.ts';
import { startTestRuntime } from '../support/runtime.ts';

const home: Sender = { kind: 'gitea', name: 'home', secrets: [secretOf.gitea], repositories: ['acme/shop'] };
const comment = 'gitea/issue_comment_on_pr_current.json';

async function open() {
  const system = await startTestRuntime({ kinds: forgeKinds(waitingOutside()) });
  const taker: DeliveryTaker = {
    runtime: system.runtime,
    ownAccounts: () => ({ logins: ['signalbox-bot'], ids: [] }),
    secrets: () => secretsOf(receivingSettings).map(secret => secret.reveal()),
    now: Date.now,
  };
  await system.runtime.create('task', 'ET-1', forgeTask('feature/x'));
  await system.settle();
  const record = async (id: string) => (await system.context(id)) as unknown as DeliveryContext;
  return { ...system, taker, record };
}

describe('our secrets', () => {
  test('are kept of no delivery, in whichever text somebody has written them', async () => {
    const { taker, record, runtime } = await open();
    const leak = [...Object.values(secretOf), signingSecret, 'token-of-our-account'];
    const leaking = altered(comment, payload => {
      Object.assign(payload.repository!, { full_name: 'acme/shop', description: leak.join(' ') });
      Object.assign(payload.issue!, { number: 42, title: leak.join(' ') });
      Object.assign(payload.comment!, { body: `:rejected: ${leak.join(' ')}` });
    });
    const taken = await takeDelivery(taker, [home], leaking);
    expect(taken).toMatchObject({ outcome: 'accepted', events: 1 });
    const { id } = taken as { id: string };
    const logs = await Promise.all(['ET-1', id].map(actor => runtime.log(actor, { after: 0, limit: 100 })));
    const everything = JSON.stringify([logs, await record(id)]);
    expect(leak.filter(secret => everything.includes(secret))).toEqual([]);
    expect((await record(id)).reading).toMatchObject({ command: { verb: 'reject' } });
  });

  test('that are plain words hide no branch', async () => {
    const { taker } = await open();
    const pushed = altered('scenario/07_gitea.push_src.json', payload => {
      Object.assign(payload, { ref: 'refs/heads/feature/x' });
    });
    expect(await takeDelivery({ ...taker, secrets: () => ['feature'] }, [home], pushed)).toMatchObject({
      outcome: 'accepted',
    });
  });
});

describe('of several who may have sent it', () => {
  const berg: Sender = { ...home, name: 'berg', secrets: [secretOf.forgejo] };

  test('it is he with whose secret it is signed, and what is wrong with it is told to him', async () => {
    const { taker } = await open();
    const wrong = made('gitea', 'push', Buffer.from([0x7b, 0xff, 0x7d]));
    for (const senders of [
      [home, berg],
      [berg, home],
    ]) {
      expect(await takeDelivery(taker, senders, wrong)).toMatchObject({ refused: { status: 400 } });
      const taken = await takeDelivery(taker, senders, recorded('forgejo/push_multi.json'));
      expect(taken).toMatchObject({ id: expect.stringMatching(/^delivery:berg:/) });
    }
  });

  test('nobody who has no secret, or only an empty one, has sent anything', async () => {
    const { taker } = await open();
    for (const secrets of [[], ['']]) {
      const refused = await takeDelivery(taker, [{ ...home, secrets }], recorded('gitea/push_multi.json'));
      expect(refused).toMatchObject({ refused: { status: 401 } });
    }
  });
});

test('what cannot be read does not stand in the way of what comes under the same id', async () => {
  const { taker, record } = await open();
  const file = 'scenario/07_gitea.push_src.json';
  const broken = altered(file, payload => void Object.assign(payload, { repository: null }));
  const refused = await takeDelivery(taker, [home], broken);
  expect(refused).toMatchObject({ outcome: 'rejected', refused: { status: 422 } });
  expect(await takeDelivery(taker, [home], broken)).toMatchObject({ outcome: 'duplicate', refused: { status: 422 } });
  const taken = await takeDelivery(taker, [home], recorded(file));
  expect(taken).toMatchObject({ outcome: 'ignored', reason: expect.stringMatching(/^no task has the branch/) });
  const [one, other] = [refused, taken].map(it => (it as { id: string }).id);
  expect([(await record(one!)).deliveryId, one === other]).toEqual([(await record(other!)).deliveryId, false]);
});

describe('who may send', () => {
  test('is every forge, and the trackers that are none', () => {
    expect(sendersOf(receivingSettings).map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      ...['home gitea', 'berg gitea', 'hub github', 'lab gitlab', 'plan plane'],
    ]);
    expect(sendersFor(receivingSettings, 'gitea', null).map(({ name }) => name)).toEqual(['home', 'berg']);
    expect(sendersFor(receivingSettings, 'gitea', 'berg')).toMatchObject([{ repositories: ['acme/shop'] }]);
  });

  test.each<[string, string | null, string]>([
    ['nothing', null, 'noSender'],
    ['__proto__', null, 'noSender'],
    ['gitea', 'nobody', 'noSender'],
    ['gitea', null, 'webhookUnconfigured'],
    ['plane', null, 'webhookUnconfigured'],
  ])('is nobody at %s called %s where nothing is configured', (kind, name, reason) => {
    expect(() => sendersFor(defaultSettings, kind, name)).toThrow(expect.objectContaining({ reason }));
  });
});

const noTrackers = { get: () => Promise.reject(new Error('away')) };

describe('our own account', () => {
  const unknown = { ...receivingSettings.forges.home!, account: null };
  const settings = { ...receivingSettings, forges: { home: unknown } };

  test('is asked of the forge, for which nobody waits, and again after it has failed', async () => {
    const answers = [() => Promise.reject(new Error('away')), async () => ({ id: 7, login: 'bot' })];
    let asked = 0;
    const forges = { get: async () => ({ account: () => answers[asked++]!() }) } as unknown as Forges;
    const accounts = createAccounts(() => settings, forges, noTrackers);
    const nobody = { logins: [], ids: [] };
    expect(accounts.of('home')).toEqual(nobody);
    await expect.poll(() => [asked, accounts.of('home')]).toEqual([2, { logins: ['bot'], ids: [7] }]);
    expect(asked).toBe(2);
    expect(accounts.of('plan')).toEqual(nobody);
  });

  test('is asked anew where the configuration has changed', async () => {
    let login = 'old-bot';
    let current = settings;
    const forges = { get: async () => ({ account: async () => ({ id: 7, login }) }) } as unknown as Forges;
    const accounts = createAccounts(() => current, forges, noTrackers);
    await expect.poll(() => accounts.of('home').logins).toEqual(['old-bot']);
    login = 'new-bot';
    expect(accounts.of('home').logins).toEqual(['old-bot']);
    current = { ...settings, forges: { home: { ...unknown } } };
    await expect.poll(() => accounts.of('home').logins).toEqual(['new-bot']);
  });

  test('is what the configuration says, where it does', () => {
    const accounts = createAccounts(() => receivingSettings, {} as Forges, noTrackers);
    expect(accounts.of('home')).toEqual({ logins: ['signalbox-bot'], ids: [] });
  });
});
