/** What a task shows at its forge arrives once, in the lane of that forge, however the forge fares. */
import { expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import { forgeEffects } from '../../src/app/forge-kinds.ts';
import { createForges } from '../../src/app/forges.ts';
import { createLanes } from '../../src/app/lanes.ts';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import type { ForgeConfig } from '../../src/config/schema.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createMemoryDisk } from '../../src/persistence/memory.ts';
import { remote, startForge } from '../actors/forge/place.ts';
import { createFakeClock } from '../support/clock.ts';
import { kindOf, startTestRuntime } from '../support/runtime.ts';

const breaker = 'breaker:forge:home';

type Events =
  | { type: 'show.status' | 'show.comment' | 'ask'; order: object }
  | { type: 'comment.kept'; id: number }
  | { type: 'requests.done'; results: object[] };

const shower = setup({
  types: {} as { context: { commentIds: number[]; results: object[] }; events: Events },
  actions: {
    setStatus: (_, _params: object) => {},
    keepComment: (_, _params: object) => {},
    performRequests: (_, _params: object) => {},
    rememberComment: assign(({ context, event }) =>
      event.type === 'comment.kept' ? { commentIds: [...context.commentIds, event.id] } : {},
    ),
    rememberResults: assign(({ event }) => (event.type === 'requests.done' ? { results: event.results } : {})),
  },
}).createMachine({
  id: 'shower',
  context: { commentIds: [], results: [] },
  on: {
    'show.status': { actions: { type: 'setStatus', params: ({ event }) => event.order } },
    'show.comment': { actions: { type: 'keepComment', params: ({ event }) => event.order } },
    ask: { actions: { type: 'performRequests', params: ({ event }) => event.order } },
    'comment.kept': { actions: 'rememberComment' },
    'requests.done': { actions: 'rememberResults' },
  },
});

/** Two forges, a pull request at the first, and actors that show things there. */
async function startShowing() {
  const [place, otherPlace] = [await startForge(), await startForge()];
  const { fake, ask, forge, tipOf } = place;
  await ask('root', 'POST', '/branches', { new_branch_name: 'work', old_branch_name: 'main' });
  await fake.commit(remote, { branch: 'work', files: { 'b.txt': 'b' }, by: 'maria' });
  const { number } = await forge.openPullRequest(remote, { head: 'work', base: 'main', title: 'Work', body: '' });
  const configOf = (name: string, { url, tokenOf }: typeof fake, token = tokenOf('bot')): ForgeConfig => ({
    ...{ name, kind: 'gitea', url, token: new Secret('TOKEN', token), webhookSecrets: [], account: null },
  });
  const configured: Record<string, ForgeConfig> = {
    home: configOf('home', fake),
    other: configOf('other', otherPlace.fake),
  };
  const clock = createFakeClock(Date.now());
  const lanes = createLanes({ now: clock.now, onFault: () => {} });
  const forges = createForges(() => configured);
  const system = await startTestRuntime({
    kinds: [
      kindOf(shower, { effects: forgeEffects({ dataDir: place.directory, forges }) }),
      machineKinds.find(({ name }) => name === 'breaker')!,
    ],
    listeners: [lanes.listener],
    ...{ disk: createMemoryDisk(), clock, lanes },
  });
  await lanes.attach(system.runtime);
  const { runtime, settle } = system;
  const send = async (id: string, event: object) => {
    await runtime.create('shower', id, {});
    await runtime.send(id, event as never);
    await settle();
  };
  const sha = tipOf('work');
  const at = { forge: 'home', repository: remote };
  return {
    ...system,
    ...{ fake, ask, configured, configOf, otherPlace, send, at, number },
    comment: (id: string, body: string, more: object = {}, known: number | null = null) =>
      send(id, {
        type: 'show.comment',
        order: { ...at, number, comment: { marker: `<!-- ${id} -->`, body, id: known }, ...more },
      }),
    status: (id: string, state: string, more: object = {}) =>
      send(id, {
        type: 'show.status',
        order: { ...at, sha, status: { context: `signalbox/${id}`, state, description: 'ok' }, ...more },
      }),
    comments: () => ask<{ id: number; body: string }[]>('root', 'GET', `/issues/${number}/comments`),
    statuses: () => ask<{ context: string; status: string }[]>('root', 'GET', `/commits/${sha}/statuses`),
    breakerState: async () => (await runtime.actor(breaker))?.state,
    letters: async () => (await runtime.deadLetters()).outbox,
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second += 5) {
        clock.advance(5_000);
        await settle();
      }
    },
  };
}

test('a comment is kept once: its id comes back as an event, and the next change is made to it', async () => {
  const { comment, comments, context } = await startShowing();
  await comment('a', 'first');
  const [kept] = await comments();
  expect(await context('a')).toMatchObject({ commentIds: [kept!.id] });
  await comment('a', 'second', {}, kept!.id);
  expect(await context('a')).toMatchObject({ commentIds: [kept!.id] });
  expect(await comments()).toMatchObject([{ id: kept!.id, body: expect.stringContaining('second') }]);
});

test('one that a person has removed is made anew, and its new id comes back', async () => {
  const { comment, comments, context, ask } = await startShowing();
  await comment('a', 'first');
  const [gone] = await comments();
  await ask('root', 'DELETE', `/issues/comments/${gone!.id}`);
  await comment('a', 'second', {}, gone!.id);
  const [kept] = await comments();
  expect(await context('a')).toMatchObject({ commentIds: [gone!.id, kept!.id] });
});

test('a status is set, and the same again is nothing new', async () => {
  const { status, statuses } = await startShowing();
  await status('tests', 'success');
  await status('tests', 'success');
  expect(await statuses()).toMatchObject([{ context: 'signalbox/tests', status: 'success' }]);
});

test('what an agent has asked for is done, and what became of it comes back', async () => {
  const { send, at, number, context, comments } = await startShowing();
  const requests = [{ file: 'a.json', request: { kind: 'comment', text: 'It is done.' }, problem: null }];
  await send('a', { type: 'ask', order: { ...at, number, taskId: 'task-1', round: 'dev-1', requests } });
  expect(await comments()).toHaveLength(1);
  expect(await context('a')).toMatchObject({ results: [{ file: 'a.json', outcome: expect.stringMatching(/^done/) }] });
});

test('a forge that is down opens its breaker after five tries; others go on, and then everything arrives once', async () => {
  const { fake, comment, comments, status, statuses, breakerState, pass, otherPlace, letters, runtime } =
    await startShowing();
  fake.down();
  for (let n = 1; n <= 4; n++) await comment(`a${n}`, `from ${n}`);
  expect(await breakerState()).toBe('closed');
  await comment('a5', 'from 5');
  expect(await breakerState()).toBe('open');
  await status('s', 'success');
  const sha = otherPlace.tipOf('main');
  await status('other', 'success', { forge: 'other', sha });
  expect(await otherPlace.ask('root', 'GET', `/commits/${sha}/statuses`)).toHaveLength(1);
  await pass(300);
  expect((await runtime.lanes()).map(({ lane, open }) => [lane, open])).toEqual([['forge:home', 6]]);
  fake.up();
  await pass(300);
  expect(await breakerState()).toBe('closed');
  expect((await comments()).map(({ body }) => body.split('\n')[0]).sort()).toEqual(
    [1, 2, 3, 4, 5].map(n => `from ${n}`),
  );
  expect(await statuses()).toHaveLength(1);
  expect(await letters()).toEqual([]);
});

test('half-open lets one probe through', async () => {
  const { fake, comment, comments, breakerState, pass } = await startShowing();
  fake.failNext(1_000, 503);
  for (let n = 1; n <= 8; n++) await comment(`a${n}`, `from ${n}`);
  expect(await breakerState()).toBe('open');
  fake.failNext(1, 503);
  await pass(35);
  // The one that probed has met the failure; had two gone through, the other would have arrived.
  expect(await breakerState()).toBe('open');
  expect(await comments()).toEqual([]);
});

test('a forge that asks for patience is left alone until the time that it names', async () => {
  const { fake, status, statuses, breakerState, pass, runtime } = await startShowing();
  fake.limit({ perMinute: 1 });
  await status('a', 'success');
  await status('b', 'success');
  expect(await breakerState()).toBe('open');
  fake.limit(null);
  await pass(20);
  expect(await runtime.lanes()).not.toEqual([]);
  await pass(120);
  expect(await statuses()).toHaveLength(2);
});

test('a token that is not taken is waited for, and goes through once there is another', async () => {
  const { configured, configOf, fake, status, statuses, letters, pass } = await startShowing();
  const good = configured.home!;
  configured.home = configOf('home', fake, 'not-it');
  await status('a', 'success');
  await pass(600);
  expect(await letters()).toEqual([]);
  expect(await statuses()).toEqual([]);
  configured.home = good;
  await pass(300);
  expect(await statuses()).toHaveLength(1);
});

test('a forge that is no longer configured is waited for', async () => {
  const { configured, status, statuses, letters, pass } = await startShowing();
  const { home } = configured;
  delete configured.home;
  await status('a', 'success');
  await pass(600);
  expect(await letters()).toEqual([]);
  configured.home = home!;
  await pass(300);
  expect(await statuses()).toHaveLength(1);
});

test('what is refused is a dead letter with words, and holds up nothing behind it', async () => {
  const { comment, comments, status, statuses, letters, breakerState } = await startShowing();
  await comment('a', 'nowhere', { number: 4_711 });
  await status('b', 'success', { repository: 'acme/closed' });
  const dead = await letters();
  expect(dead.map(({ type }) => type)).toEqual(['keepComment', 'setStatus']);
  for (const { error } of dead) expect(error).toMatch(/\S+ \S+/);
  await comment('a', 'here');
  await status('b', 'success');
  expect([await comments(), await statuses()].map(({ length }) => length)).toEqual([1, 1]);
  expect(await breakerState()).toBeUndefined();
});
