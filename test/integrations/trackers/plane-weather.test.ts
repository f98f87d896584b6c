/** The client of Plane on a server's bad days, within its limit, and what it costs in requests. */
import { expect, onTestFinished, test } from 'vitest';
import { createPace } from '../../../src/integrations/http/pace.ts';
import { isPassing } from '../../../src/integrations/outside.ts';
import { createPlaneTracker, type PlaneOptions } from '../../../src/integrations/trackers/plane.ts';
import { type FakePlaneOptions, startFakePlane } from '../../../src/testing/trackers/plane.ts';
import { all, marker } from './conformance/support.ts';

async function start(options: Partial<FakePlaneOptions> = {}, client: Partial<PlaneOptions> = {}) {
  const people = { maria: 20, signalbox: 15 } as const;
  const fake = await startFakePlane({ people, perMinute: null, ...options });
  onTestFinished(fake.close);
  const project = fake.createProject({ identifier: 'ET', name: 'Etna', labels: ['agent', 'bug'] });
  const trackerWith = (more: Partial<PlaneOptions>) =>
    createPlaneTracker({
      ...{ name: 'tracker', url: `${fake.url}/`, workspace: 'acme', token: fake.tokenOf('signalbox') },
      ...{ timeoutMs: 5_000, perMinute: null, ...client, ...more },
    });
  const tracker = trackerWith({});
  /** The requests that a verb costs, once everything is known that it asks for once. */
  const costOf = async (verb: () => Promise<unknown>): Promise<string[]> => {
    const before = fake.requests.length;
    await verb();
    return fake.requests
      .slice(before)
      .map(({ method, path }) => `${method} ${path.split('/').slice(7).join('/').replace(/\?.*/, '')}`);
  };
  return { fake, project, tracker, trackerWith, costOf };
}

/** Time that goes on only for whoever sleeps. */
function virtualTime() {
  let now = Date.parse('2026-11-26T00:00:00Z');
  return {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
}

test('says that a server is not there, and goes on when it is back', async () => {
  const { fake, tracker } = await start();
  fake.down();
  const error = await tracker.account().catch(error => error);
  expect(error).toMatchObject({ failure: 'unreachable', status: null });
  expect(isPassing(error)).toBe(true);
  fake.up();
  fake.failNext(1, 500);
  await expect(tracker.account()).rejects.toMatchObject({ failure: 'unreachable', status: 500 });
  expect((await tracker.account()).login).toBe('signalbox');
});

test('makes a comment and an item once, though it hears of neither', async () => {
  const { fake, project, tracker, trackerWith } = await start();
  const { id } = fake.createItem('ET', { title: 'One' });
  const losing = trackerWith({
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      if (init?.method === 'POST') throw new TypeError('fetch failed');
      return response;
    },
  });
  const ref = { project, id };
  const wanted = { marker, title: 'Two', body: 'Text.', labels: ['bug'] };
  await expect(losing.keepComment(ref, { marker, body: 'Working.' })).rejects.toMatchObject({ failure: 'unreachable' });
  await expect(losing.openItem(project, wanted)).rejects.toMatchObject({ failure: 'unreachable' });
  await tracker.keepComment(ref, { marker, body: 'Done.' });
  const item = await tracker.openItem(project, wanted);
  expect(fake.comments('ET-1').map(comment => comment.html)).toEqual([expect.stringContaining('Done.')]);
  expect(item.key).toBe('ET-2');
  expect(await all(tracker.changed(project, null))).toHaveLength(2);
});

test('stays within the limit, however much is wanted at once', async () => {
  const { now, sleep } = virtualTime();
  const pace = createPace({ name: 'tracker', perMinute: 60, now, sleep });
  const { fake, project, tracker } = await start({ perMinute: 60, now }, { pace });
  const { id } = fake.createItem('ET', { title: 'One' });
  for (let round = 0; round < 150; round += 1) await tracker.item({ project, id });
  expect(fake.busiestMinute()).toBe(60);
  expect(fake.requests.filter(({ status }) => status === 429)).toEqual([]);
});

test('waits as long as it is told where others use the same token', async () => {
  const { now, sleep } = virtualTime();
  const pace = createPace({ name: 'tracker', perMinute: 60, now, sleep });
  const { fake, project, tracker } = await start({ perMinute: 60, now }, { pace });
  const { id } = fake.createItem('ET', { title: 'One' });
  for (let count = 0; count < 60; count += 1) {
    await fetch(`${fake.url}/api/v1/users/me/`, { headers: { 'x-api-key': fake.tokenOf('signalbox') } });
  }
  const before = now();
  expect(await tracker.item({ project, id })).toMatchObject({ key: 'ET-1' });
  expect(now() - before).toBe(60_000);
  expect(fake.requests.filter(({ status }) => status === 429)).toHaveLength(1);
});

test('says when to come back rather than wait for long', async () => {
  const { fake, tracker } = await start(
    {},
    { fetch: async () => new Response('{}', { status: 429, headers: { 'retry-after': '600' } }) },
  );
  const error = await tracker.account().catch(error => error);
  expect(error.failure).toBe('limited');
  expect(error.retryAt - Date.now()).toBeGreaterThan(590_000);
  expect(fake.requests).toEqual([]);
});

test('asks an older edition once what it calls items', async () => {
  const { fake, project, tracker } = await start({ edition: 'old-community' });
  const { id } = fake.createItem('ET', { title: 'One' });
  for (let round = 0; round < 3; round += 1) await tracker.item({ project, id });
  expect(await tracker.itemByKey(project, 'ET-1')).toMatchObject({ id });
  expect(await tracker.relations({ project, id })).toBeNull();
  const missed = fake.requests.filter(({ path, status }) => status === 404 && !/relations|dependencies/.test(path));
  expect(missed.map(({ path }) => path.split('/').at(-2))).toEqual(['work-items']);
});

test('asks once for what many want to know at once', async () => {
  const { fake, project, tracker } = await start();
  fake.createItem('ET', { title: 'One' });
  await Promise.all(Array.from({ length: 20 }, () => tracker.itemByKey(project, '1')));
  await Promise.all(Array.from({ length: 20 }, () => tracker.account()));
  const asked = (what: RegExp) => fake.requests.filter(({ path }) => what.test(path)).length;
  const counts = [/work-items\/\?per_page=1$/, /states/, /labels\//, /users\/me/].map(asked);
  expect(counts).toEqual([1, 1, 1, 1]);
});

test('reads no further back than it is asked to', async () => {
  const { fake, project, tracker, costOf } = await start();
  for (let count = 0; count < 250; count += 1) fake.createItem('ET', { title: `Item ${count}` });
  const whole = await all(tracker.changed(project, null));
  expect(whole).toHaveLength(250);
  const since = whole[120]!.updatedAt;
  let some = whole.slice(0, 0);
  const cost = await costOf(async () => {
    some = await all(tracker.changed(project, since));
  });
  expect(some).toHaveLength(121);
  expect(cost).toEqual(['GET work-items/', 'GET work-items/']);
});

test('misses nothing where items go away while it reads', async () => {
  const { fake, project, tracker } = await start();
  for (let count = 0; count < 250; count += 1) fake.createItem('ET', { title: `Item ${count}` });
  const titles: string[] = [];
  for await (const item of tracker.changed(project, 0)) {
    titles.push(item.title);
    // Two of the page that was just read.
    if (titles.length === 1) for (const key of ['ET-250', 'ET-249']) fake.archive(key);
  }
  expect(new Set(titles).size).toBe(titles.length);
  expect(titles).toHaveLength(250);
});

test('costs few requests', async () => {
  const { fake, project, tracker, costOf } = await start();
  const { id } = fake.createItem('ET', { title: 'One', labels: ['bug'] });
  const ref = { project, id };
  const kept = await tracker.keepComment(ref, { marker, body: 'Working.' });
  await tracker.show(ref, {});
  const at = `work-items/${id}/`;
  const keep = (body: string) => () => tracker.keepComment(ref, { marker, body, id: kept.id });
  expect(await costOf(() => tracker.item(ref))).toEqual([`GET ${at}`]);
  expect(await costOf(keep('Working.'))).toEqual([`GET ${at}comments/${kept.id}/`]);
  expect(await costOf(keep('Done.'))).toEqual([`GET ${at}comments/${kept.id}/`, `PATCH ${at}comments/${kept.id}/`]);
  const shown = { state: 'Done', addLabels: ['agent'], removeLabels: ['bug'] };
  expect(await costOf(() => tracker.show(ref, shown))).toEqual([`GET ${at}`, `PATCH ${at}`]);
  expect(await costOf(() => tracker.show(ref, shown))).toEqual([`GET ${at}`]);
  expect(fake.item('ET-1')).toMatchObject({ state: 'Done', labels: ['agent'] });
});

test('asks for the words of a project again when one of them was made since, and not at every turn', async () => {
  const { fake, project, tracker, costOf } = await start();
  const { id } = fake.createItem('ET', { title: 'One' });
  const ref = { project, id };
  await tracker.show(ref, {});
  const wrong = () => tracker.show(ref, { addLabels: ['no-such-label'] });
  expect((await costOf(wrong)).filter(request => /labels/.test(request))).toEqual([]);
});

test('shows it after all where a label was deleted and made again since it asked', async () => {
  const { fake, project, tracker } = await start();
  const { id } = fake.createItem('ET', { title: 'One' });
  await tracker.show({ project, id }, {});
  fake.remakeLabel('ET', 'agent');
  expect(await tracker.show({ project, id }, { addLabels: ['agent'] })).toEqual({ isChanged: true, unknown: [] });
  expect(fake.item('ET-1').labels).toEqual(['agent']);
});
