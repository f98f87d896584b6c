/** What deliveries do: whom they are told to, once, in the commit that stores them, and what a person can make good. */
import { describe, expect, test } from 'vitest';
import { SignalboxError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { recorded, secretOf } from '../integrations/webhooks/deliveries.ts';
import { altered, made, type Payload } from '../integrations/webhooks/made.ts';
import { waitingOutside } from '../support/forge-tasks.ts';
import { anew, branch, forges, openReceiving, type Receiving } from './receiving.ts';

const push = 'scenario/07_gitea.push_src.json';
const failure = 'scenario/10_gitea.status_failure.json';
const { sha } = JSON.parse(recorded(failure).body.toString()) as { sha: string };
const merged = 'scenario/19_gitea.pull_request_merged.json';

const start = async () => {
  const site = await openReceiving({ outside: waitingOutside({ head: sha }) });
  await site.task('ORCH-017');
  return site;
};

describe('the same again', () => {
  test('fifty at once have one effect, and every one is answered', async () => {
    const { post, heard, listed, shown } = await start();
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(recorded(failure))));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(49).fill(200), 202]);
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1);
    expect(await heard('ORCH-017')).toEqual(['ci.failed applied']);
    const [only, ...more] = await listed();
    expect(more).toEqual([]);
    const { repeats } = await shown(only!.id);
    expect(repeats).toHaveLength(49);
    expect((repeats as { isSame: boolean }[]).every(({ isSame }) => isSame)).toBe(true);
  });

  test('under the same id with another body is a duplicate, and the conflict is on record', async () => {
    const { post, heard, shown } = await start();
    const first = await post(recorded(failure));
    const other = altered(failure, payload => void Object.assign(payload, { state: 'success' }));
    expect((await post(other)).json).toEqual({ status: 'duplicate', id: first.json.id });
    expect(await heard('ORCH-017')).toEqual(['ci.failed applied']);
    const { repeats, reading } = await shown(first.json.id);
    expect([repeats, reading]).toMatchObject([[{ isSame: false }], { ci: 'failure' }]);
  });

  test('under another id is kept, and changes nothing a second time', async () => {
    const { post, heard, shown } = await start();
    const first = await post(recorded(failure));
    const again = await post(anew(recorded(failure)));
    expect(again.json).toEqual({ status: 'duplicate', id: again.json.id });
    expect(again.json.id).not.toBe(first.json.id);
    expect(await shown(again.json.id)).toMatchObject({ outcome: 'duplicate', events: [{ outcome: 'duplicate' }] });
    expect(await heard('ORCH-017')).toEqual(['ci.failed applied', 'ci.failed duplicate']);
  });
});

describe('what cannot be stored', () => {
  test('is answered with 503 and leaves nothing; the same is taken when it comes again', async () => {
    let isFull = false;
    const site = await openReceiving({
      outside: waitingOutside({ head: sha }),
      over: store => ({
        ...store,
        commit(batch) {
          if (isFull) throw new SignalboxError('unavailable', 'storeUnusable', 'The disk is full.');
          return store.commit(batch);
        },
      }),
    });
    await site.task('ORCH-017');
    isFull = true;
    const answer = await site.post(recorded(failure));
    expect([answer.status, answer.json.reason]).toEqual([503, 'storeUnusable']);
    isFull = false;
    expect([await site.listed(), await site.heard('ORCH-017')]).toEqual([[], []]);
    await site.system.advance(1_000);
    expect((await site.post(recorded(failure))).json.status).toBe('accepted');
    expect(await site.heard('ORCH-017')).toEqual(['ci.failed applied']);
    expect(await site.listed()).toHaveLength(1);
  });

  test('delivery, events and transitions are one commit, and the answer comes after it', async () => {
    const order: string[] = [];
    const site = await openReceiving({
      outside: waitingOutside({ head: sha }),
      over: store => ({
        ...store,
        async commit(batch) {
          const committed = await store.commit(batch);
          const ids = batch.log.map(({ actorId, type }) => `${actorId.split('.')[0]} ${type}`);
          order.push(`stored ${ids.join(', ')}`);
          return committed;
        },
      }),
    });
    await site.task('ORCH-017');
    order.length = 0;
    const { json } = await site.post(recorded(failure)).finally(() => order.push('answered'));
    const stored = order.slice(0, order.indexOf('answered')).filter(line => line.includes(String(json.id)));
    expect(stored).toHaveLength(1);
    expect(stored[0]).toContain('ORCH-017 ci.failed');
  });
});

describe('whom it means', () => {
  const set = (file: string, change: (payload: Payload) => unknown) => anew(altered(file, it => void change(it)));

  test('is told by the full name of the repository, whatever its case, and by nothing else', async () => {
    const { post, heard } = await start();
    const named = (name: string) => post(set(push, it => Object.assign(it.repository!, { full_name: name })));
    expect((await named('Acme/SHOP')).json.status).toBe('accepted');
    expect((await named('mallory/shop')).json).toMatchObject({
      status: 'ignored',
      reason: 'no project lies in mallory/shop of home',
    });
    expect(await heard('ORCH-017')).toEqual(['branch.pushed ignored']);
  });

  test('is nobody where the branch is that of a fork', async () => {
    const { post, heard } = await start();
    const fork = (it: Payload) => Object.assign(it.pull_request!.head!.repo!, { full_name: 'mallory/shop', id: 9 });
    const { json } = await post(set('scenario/18_gitea.review_approved.json', fork));
    expect(json).toMatchObject({ status: 'ignored', reason: 'comes from the fork mallory/shop' });
    expect(await heard('ORCH-017')).toEqual([]);
  });

  test('is the task at the forge that has sent it, though another forge has the same names', async () => {
    const site = await start();
    await site.task('AT-BERG', branch, 'acme/shop', 'berg');
    expect((await site.post(recorded(failure))).status).toBe(202);
    expect([await site.heard('ORCH-017'), await site.heard('AT-BERG')]).toEqual([['ci.failed applied'], []]);
  });

  test('has ended, and then it is on record that it heard nothing of it', async () => {
    const { post, heard, shown, system } = await start();
    await system.runtime.send('ORCH-017', { type: 'task.cancel', by: 'ann' });
    await system.settle();
    const { json } = await post(recorded(merged));
    const { events } = await shown(json.id);
    expect(events).toMatchObject([{ actor: 'ORCH-017', type: 'pullRequest.merged', outcome: 'ignored' }]);
    expect(await heard('ORCH-017')).toEqual(['pullRequest.merged ignored']);
  });

  test('is one that lives, though another of the same branch has ended', async () => {
    const { post, heard, system, task } = await start();
    await system.runtime.send('ORCH-017', { type: 'task.cancel', by: 'ann' });
    await task('ORCH-018');
    expect((await post(recorded(failure))).status).toBe(202);
    expect([await heard('ORCH-017'), await heard('ORCH-018')]).toEqual([[], ['ci.failed applied']]);
  });

  test('is no task where a build speaks of the commit that several have begun on', async () => {
    const site = await openReceiving({ outside: waitingOutside({ base: sha, head: sha }) });
    await site.task('ONE', 'one');
    await site.task('TWO', 'two');
    expect((await site.post(recorded(failure))).json).toMatchObject({ status: 'ignored' });
  });

  test('is nobody any more where the forge is called otherwise by now', async () => {
    const site = await start();
    const first = await site.post(recorded(push));
    const { home, ...rest } = forges;
    const remotes = [{ project: 'shop', forge: 'house', repository: 'acme/shop' }];
    site.configure({ forges: { ...rest, house: { ...home, name: 'house' } }, remotes });
    const { json } = await site.post(recorded(failure));
    expect(json).toMatchObject({ status: 'ignored', id: expect.stringMatching(/^delivery:house:/) });
    const again = await site.ask('POST', `/deliveries/${encodeURIComponent(String(first.json.id))}/replay`, '{}');
    expect([again.status, again.json]).toMatchObject([
      200,
      { outcome: 'ignored', reason: 'no project lies in acme/shop of home' },
    ]);
  });

  test('is found by the commit alone in a job of GitLab, which does not name its repository', async () => {
    const job = JSON.parse(recorded('gitlab/job.json').body.toString()) as { sha: string };
    const site = await openReceiving({ outside: waitingOutside({ head: job.sha }) });
    await site.task('LAB-1', 'feature/lab', 'gitlab-org/gitlab-test', 'lab');
    expect((await site.post(recorded('gitlab/job.json'))).json.status).toBe('accepted');
    expect(await site.heard('LAB-1')).toHaveLength(1);
  });
});

describe('what means two tasks', () => {
  const open = async () => {
    const site = await start();
    await site.task('ORCH-018');
    const { json } = await site.post(recorded(failure));
    expect(json).toMatchObject({ status: 'ambiguous', reason: expect.stringContaining('ORCH-017, ORCH-018') });
    const id = String(json.id);
    const replay = (body: object, key?: string) =>
      site.ask('POST', `/deliveries/${encodeURIComponent(id)}/replay`, JSON.stringify(body), {
        'idempotency-key': key,
      });
    const state = async () => (await site.system.runtime.actor(id))?.state;
    return { ...site, id, replay, state };
  };
  const toldTo = async ({ heard }: Pick<Receiving, 'heard'>) => [await heard('ORCH-017'), await heard('ORCH-018')];

  test('is told to neither, and waits where a person finds it', async () => {
    const site = await open();
    expect(await toldTo(site)).toEqual([[], []]);
    expect(await site.listed('&outcome=ambiguous')).toMatchObject([
      { id: site.id, candidates: ['ORCH-017', 'ORCH-018'], chosenBy: null },
    ]);
    expect(await site.listed('&task=ORCH-018')).toHaveLength(1);
    expect(await site.state()).toBe('undecided');
  });

  test('is settled by whoever names the task, once under one key', async () => {
    const site = await open();
    const [one, two] = [await site.replay({ task: 'ORCH-018' }, 'k1'), await site.replay({ task: 'ORCH-018' }, 'k1')];
    expect([one.status, one.json.outcome]).toEqual([200, 'accepted']);
    expect(two.json).toEqual(one.json);
    expect(await toldTo(site)).toEqual([[], ['ci.failed applied']]);
    expect(await site.shown(site.id)).toMatchObject({ chosenBy: { by: 'ann', replay: one.json.id } });
    expect(await site.state()).toBe('recorded');
    expect(await site.listed()).toHaveLength(2);
    // Another order is another replay: who asks for it means it.
    expect((await site.replay({ task: 'ORCH-018' }, 'k2')).json.outcome).toBe('accepted');
    expect(await toldTo(site)).toEqual([[], ['ci.failed applied', 'ci.failed applied']]);
  });

  test('stays undecided, once, where it is only played again or a task is named that is not meant', async () => {
    const site = await open();
    const again = await site.replay({});
    expect(again.json).toMatchObject({ outcome: 'ambiguous', replays: site.id });
    const other = await site.replay({ task: 'ET-9' });
    expect(other.json).toMatchObject({ outcome: 'ignored', reason: expect.stringContaining('ET-9') });
    expect(await site.system.runtime.actors({ kind: 'delivery', status: 'active', limit: 9 })).toHaveLength(1);
    // Whoever decides on the replay decides on what it replays.
    await site.ask('POST', `/deliveries/${encodeURIComponent(String(again.json.id))}/replay`, '{"task":"ORCH-017"}');
    expect([await site.state(), await toldTo(site)]).toEqual(['recorded', [['ci.failed applied'], []]]);
  });

  test('is settled after a crash between the two steps of it, by the same order', async () => {
    const site = await open();
    const { runtime } = site.system;
    const { send } = runtime;
    let isDead = true;
    Object.assign(runtime, {
      send: (...args: Parameters<typeof send>) =>
        isDead && args[1].type === 'delivery.chosen'
          ? Promise.reject(new SignalboxError('unavailable', 'stopped', 'It has ended.'))
          : send(...args),
    });
    expect((await site.replay({ task: 'ORCH-017' }, 'k')).status).toBe(503);
    isDead = false;
    expect((await site.replay({ task: 'ORCH-017' }, 'k')).json.outcome).toBe('accepted');
    expect([await site.state(), await toldTo(site)]).toEqual(['recorded', [['ci.failed applied'], []]]);
  });
});

test('both secrets are good while one is being changed, and the old one is not afterwards', async () => {
  const site = await openReceiving();
  const [old, next] = [new Secret('OLD', secretOf.gitea), new Secret('NEW', 'the-next-secret')];
  const use = (...webhookSecrets: Secret[]) =>
    site.configure({ forges: { ...forges, home: { ...forges.home, webhookSecrets } } });
  const send = async () => (await site.post(anew(made('gitea', 'push', recorded(push).body)))).status;
  use(next, old);
  expect(await send()).toBe(200);
  use(next);
  expect(await send()).toBe(401);
});
