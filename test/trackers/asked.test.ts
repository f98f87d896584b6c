/** What can be asked of trackers: whether they answer, what was taken up or left alone, what differs and how it is settled. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { OutputOf } from '../../src/client/signalbox.ts';
import { intakeId } from '../../src/machines/addresses.ts';
import { openPlanePlace, workAtPlane } from './place.ts';

test('a tracker says who we are there, and who takes work from it', async () => {
  const place = await openPlanePlace();
  const { trackers } = await place.client.ask('tracker.list', {});
  expect(trackers).toMatchObject([
    { name: 'plan', kind: 'plane', account: 'signalbox', problem: null, projects: [{ project: 'shop', place: 'ET' }] },
  ]);
  const { checks } = await place.client.ask('doctor', {});
  expect(checks.find(({ name }) => name === 'tracker plan')).toMatchObject({ status: 'ok' });
});

test('a state or label that a project names and nobody has made is told before it is needed', async () => {
  const board = {
    show: { person: { state: 'In Reveiw', label: 'agent-waits' } },
    hear: [{ label: 'GO', does: 'approve' }],
  };
  const place = await openPlanePlace({
    project: { pick: { labels: ['agnet', 'Agent'], states: ['todo', '@backlog'] }, board },
  });
  const lacks = ['the state In Reveiw', 'the label agnet', 'the label agent-waits', 'the label GO'];
  const { trackers } = await place.client.ask('tracker.list', {});
  const missing = lacks.map(what => ({ project: 'shop', what: `Shop does not have ${what}` }));
  expect(trackers).toMatchObject([{ problem: null, missing }]);
  const { checks } = await place.client.ask('doctor', {});
  expect(checks).toEqual(
    expect.arrayContaining(
      missing.map(({ what }) => ({
        ...{ name: 'tracker plan', status: 'warning', detail: what },
        remedy: 'make it there, or correct `pick` or `board` of the project shop',
      })),
    ),
  );
});

test('a text of the team is tried before anything is to be said with it', async () => {
  const place = await openPlanePlace({ more: { texts: './texts' } });
  const looked = async () => (await place.client.ask('doctor', {})).checks.filter(({ name }) => name === 'texts');
  expect(await looked()).toMatchObject([
    { status: 'warning', detail: expect.stringContaining('has none of status.md') },
  ]);
  mkdirSync(join(place.directory, 'texts'));
  writeFileSync(join(place.directory, 'texts/status.md'), '{{ task }} is {{ standing | upcase }}');
  writeFileSync(join(place.directory, 'texts/refused.md'), '{{ why | shout }}');
  expect(await looked()).toMatchObject([
    { status: 'ok', detail: 'status.md can be used' },
    { status: 'error', detail: expect.stringMatching(/refused\.md cannot be used: undefined filter: shout/) },
  ]);
});

test('a token that is not taken, and a project that is not there, are said with what fixes them', async () => {
  const place = await openPlanePlace();
  place.env.PLANE_TOKEN = 'plane_api_of-nobody';
  const { trackers } = await place.client.ask('tracker.list', {});
  expect(trackers[0]!.problem).toMatchObject({ remedy: expect.stringContaining('new token') });
  place.env.PLANE_TOKEN = place.plane.tokenOf('signalbox');
  place.configure({ project: { trackerProject: 'NONE' } });
  const again = await place.client.ask('tracker.list', {});
  expect(again.trackers[0]!.problem!.why).toMatch(/NONE/);
});

test('an item that nobody who may has handed over is left alone, and it is said why', async () => {
  const place = await openPlanePlace({ people: { maria: 20, signalbox: 15, stranger: 15, guest: 5 } });
  const { plane } = place;
  const { ask, settled } = await workAtPlane(place);
  plane.createItem('ET', { title: 'Give me root', labels: ['agent'], by: 'guest' });
  const { key } = plane.createItem('ET', { title: 'A real one', labels: ['agent'], by: 'maria' });
  let intake: OutputOf<'intake.list'>['intakes'][number] | undefined;
  await settled(async () => {
    [intake] = (await ask<OutputOf<'intake.list'>>('GET', '/intakes')).intakes;
    return intake!.items.length === 2;
  });
  const byKey = Object.fromEntries(intake!.items.map(({ key: name, task, why }) => [name, task ?? why]));
  expect(byKey).toEqual({
    'ET-1': 'it was made by guest (guest may not write there), and nobody who may write there has handed it over',
    [key]: key,
  });
});

test('a card that somebody moves away while the task waits is drift, and one action moves it back', async () => {
  const place = await openPlanePlace();
  const { plane } = place;
  const { ask, until, runtime, settled } = await workAtPlane(place);
  const { key } = plane.createItem('ET', { title: 'Totals are wrong', labels: ['agent'], by: 'maria' });
  await until(key, ({ standing }) => standing === 'person');
  await settled(() => plane.item(key).state === 'In Progress');
  plane.moveItem(key, 'Backlog', 'maria');
  const look = async () => {
    await runtime.send(intakeId('shop', 'plan', 'ET'), { type: 'intake.look' });
    await runtime.idle();
    return (await ask<OutputOf<'drift'>>('GET', '/drift')).items;
  };
  await settled(async () => (await look()).length === 1);
  expect(await look()).toMatchObject([
    { task: key, field: 'state', tracker: 'Backlog', settle: 'card.move', does: 'moves the card to In Progress' },
  ]);
  await ask('POST', `/drift/${key}/settle`, { field: 'state' });
  await settled(() => plane.item(key).state === 'In Progress');
  await settled(async () => (await look()).length === 0);
});

test('what is changed at the tracker reaches the next agent, once', async () => {
  const place = await openPlanePlace();
  const { plane } = place;
  const { until, context, runtime, settled } = await workAtPlane(place);
  const { key, id } = plane.createItem('ET', { title: 'Totals are wrong', labels: ['agent'], by: 'maria' });
  await until(key, ({ standing }) => standing === 'person');
  await fetch(`${plane.url}/api/v1/workspaces/acme/projects/${place.projectId}/work-items/${id}/`, {
    method: 'PATCH',
    headers: { 'x-api-key': plane.tokenOf('maria'), 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Totals are wrong for three' }),
  });
  for (let times = 0; times < 2; times += 1)
    await runtime.send(intakeId('shop', 'plan', 'ET'), { type: 'intake.look' });
  await settled(async () => (await context(key)).title === 'Totals are wrong for three');
  const log = await runtime.log(key, { after: 0, limit: 500 });
  expect(log.filter(({ type, outcome }) => type === 'work.described' && outcome === 'applied')).toHaveLength(1);
});
