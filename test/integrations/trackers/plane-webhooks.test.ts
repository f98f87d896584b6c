/** What the fake Plane sends is what the real one sends: our own reader takes it, as it takes what was recorded. */
import { expect, onTestFinished, test } from 'vitest';
import type { RawDelivery } from '../../../src/integrations/webhook.ts';
import { plane } from '../../../src/integrations/webhooks/plane.ts';
import { type FakePlaneOptions, startFakePlane } from '../../../src/testing/trackers/plane.ts';
import { startReceiver } from '../forges/receiver.ts';

const secret = 'plane_wh_0123456789abcdef0123456789abcdef';

async function start(options: Partial<FakePlaneOptions> = {}) {
  const fake = await startFakePlane({ people: { maria: 20, signalbox: 15 }, perMinute: null, ...options });
  const receiver = await startReceiver();
  onTestFinished(async () => {
    await fake.close();
    await receiver.close();
  });
  fake.createProject({ identifier: 'ET', name: 'Etna', labels: ['agent', 'bug'] });
  fake.addWebhook({ url: receiver.url, secret });
  const own = { logins: [], ids: [fake.idOf('signalbox')] };
  /** What came, read as the server reads it. */
  const heard = async () => {
    await fake.settled();
    return receiver.deliveries.map(({ headers, body }) => {
      const delivery: RawDelivery = { headers, body: Buffer.from(body) };
      const signed = plane.verify(delivery, [secret], Date.now());
      if (!signed.ok) throw new Error(JSON.stringify(signed.refused));
      const parsed = plane.parse(delivery, signed.value);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.refused));
      const reading = plane.read(parsed.value, own);
      if (!reading.ok) throw new Error(JSON.stringify(reading.refused));
      const value: Record<string, unknown> = { ...reading.value, delivery: parsed.value.deliveryId };
      return value;
    });
  };
  return { fake, receiver, heard };
}

const api = (fake: Awaited<ReturnType<typeof start>>['fake'], login: string, path: string, body: object) =>
  fetch(`${fake.url}/api/v1/workspaces/acme/${path}`, {
    method: 'PATCH',
    headers: { 'x-api-key': fake.tokenOf(login), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

test('tells of each field that changed, with an id for each delivery', async () => {
  const { fake, heard } = await start();
  const { id, project } = fake.createItem('ET', { title: 'Ünïcode “it” 🙂 fails', labels: ['bug'] });
  const item = `projects/${project}/work-items/${id}/`;
  await api(fake, 'signalbox', item, { name: 'It works', priority: 'high', labels: [], nonsense: 1 });
  await api(fake, 'maria', item, { name: 'It works' });
  fake.moveItem('ET-1', 'Done');
  const readings = await heard();
  expect(readings.map(({ kind, action, field, actor }) => ({ kind, action, field, actor }))).toEqual([
    { kind: 'work_item', action: 'created', field: null, actor: fake.idOf('maria') },
    ...['name', 'priority', 'labels'].map(field => ({
      kind: 'work_item',
      action: 'updated',
      field,
      actor: fake.idOf('signalbox'),
    })),
    { kind: 'work_item', action: 'updated', field: 'state_id', actor: fake.idOf('maria') },
  ]);
  expect(readings[0]).toMatchObject({ title: 'Ünïcode “it” 🙂 fails', labels: ['bug'], own_account: false });
  expect(readings[1]).toMatchObject({ own_account: true });
  expect(readings.at(-1)).toMatchObject({ state: 'Done', state_group: 'completed', work_item: id, project });
  expect(new Set(readings.map(({ delivery }) => delivery)).size).toBe(5);
});

test('tells of comments, and of none that is deleted', async () => {
  const { fake, heard } = await start();
  const { id: item } = fake.createItem('ET', { title: 'It fails' });
  const id = fake.comment('ET-1', '<p>/approve</p>');
  fake.editComment('ET-1', id, '<p>/reject no</p>');
  fake.deleteComment('ET-1', id);
  fake.archive('ET-1');
  fake.deleteItem('ET-1');
  const [, created, ...edited] = await heard();
  expect(created).toMatchObject({
    kind: 'work_item_comment',
    work_item: item,
    comment_id: id,
    command: { verb: 'approve' },
  });
  // On its pages an edit comes twice.
  expect(edited.map(({ action, command }) => ({ action, command }))).toEqual([
    { action: 'updated', command: null },
    { action: 'updated', command: null },
  ]);
});

test('loses what is told of comments where it is made to', async () => {
  const { fake, heard } = await start({ losesCommentWebhooks: true });
  fake.createItem('ET', { title: 'It fails' });
  fake.comment('ET-1', '<p>/approve</p>');
  expect((await heard()).map(({ kind }) => kind)).toEqual(['work_item']);
});

test('tells in the second version as the cloud does', async () => {
  const { fake, heard } = await start({ edition: 'cloud' });
  const { id } = fake.createItem('ET', { title: 'It fails' });
  fake.moveItem('ET-1', 'Done');
  fake.comment('ET-1', '<p>/approve</p><blockquote>/reject</blockquote>');
  fake.archive('ET-1');
  fake.deleteItem('ET-1');
  const readings = await heard();
  expect(readings.map(({ kind, action, work_item: item }) => ({ kind, action, item }))).toEqual([
    { kind: 'work_item', action: 'created', item: id },
    { kind: 'work_item', action: 'updated', item: id },
    { kind: 'work_item_comment', action: 'created', item: id },
    { kind: 'work_item', action: 'archived', item: id },
    { kind: 'work_item', action: 'deleted', item: id },
  ]);
  expect(readings[1]).toMatchObject({ field: 'state_id' });
  expect(readings[2]).toMatchObject({ command: { verb: 'approve' } });
});

test('is lost where nobody listens, and does not wait for ever', async () => {
  const { fake, receiver } = await start();
  await receiver.close();
  fake.createItem('ET', { title: 'It fails' });
  await fake.settled();
});
