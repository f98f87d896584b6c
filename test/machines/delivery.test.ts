/** A delivery on record: what ends at once, and what waits until somebody has chosen. */
import { expect, test } from 'vitest';
import { machineKinds } from '../../src/app/machine-kinds.ts';
import { type DeliveryInput, deliveryOutcomes } from '../../src/machines/delivery.ts';
import { startTestRuntime } from '../support/runtime.ts';

const kinds = machineKinds.filter(({ name }) => name === 'delivery');
const effect = { actor: 'ET 1/x', type: 'ci.failed', outcome: 'applied', reason: null };
const input = (more: Partial<DeliveryInput>): never =>
  ({
    ...{ provider: 'gitea', name: 'home', event: 'push', deliveryId: '1', meaning: 'm', outcome: 'accepted' },
    ...{ reason: null, reading: null, events: [], candidates: [], replays: null, by: null },
    ...more,
  }) as never;

async function record(more: Partial<DeliveryInput>) {
  const system = await startTestRuntime({ kinds });
  await system.runtime.create('delivery', 'd', input(more));
  const row = async () => (await system.runtime.actor('d'))!;
  return { ...system, row };
}

test.each(deliveryOutcomes)('one that is %s waits for a person only where it means several', async outcome => {
  const { row } = await record({ outcome });
  const { state, status } = await row();
  expect([state, status]).toEqual(outcome === 'ambiguous' ? ['undecided', 'active'] : ['recorded', 'done']);
});

test('one that is played again and still means several leaves the waiting to the first', async () => {
  const { row } = await record({ outcome: 'ambiguous', replays: 'the first' });
  expect((await row()).state).toBe('recorded');
});

test('the first choice stands, and is on record', async () => {
  const { runtime, context, row } = await record({ outcome: 'ambiguous' });
  for (const by of ['ann', 'bob']) await runtime.send('d', { type: 'delivery.chosen', by, replay: `${by}'s` });
  expect((await context('d')).chosenBy).toEqual({ by: 'ann', replay: "ann's" });
  expect((await row()).state).toBe('recorded');
});

test('it is listed by who has sent it, what it came to and whom it concerns', async () => {
  const { row } = await record({ outcome: 'ambiguous', events: [effect, effect], candidates: ['ET-2'] });
  const tags = ['person', 'provider:gitea', 'outcome:ambiguous', 'task:ET%201%2Fx', 'task:ET-2'];
  expect((await row()).tags.toSorted()).toEqual(tags.toSorted());
});

test('that it came again is on record and changes nothing', async () => {
  const { runtime, row } = await record({ outcome: 'accepted' });
  const before = (await row()).snapshot;
  await runtime.send('d', { type: 'delivery.repeated', meaning: 'another' });
  expect((await row()).snapshot).toBe(before);
  expect(await runtime.log('d', { after: 1, limit: 9 })).toMatchObject([{ event: { meaning: 'another' } }]);
});

test('what is large is in the log alone', async () => {
  const { context, runtime } = await record({ outcome: 'accepted', ...({ body: { huge: true } } as object) });
  expect(await context('d')).not.toHaveProperty('body');
  const [made] = await runtime.log('d', { after: 0, limit: 1 });
  expect(made!.event.input).toMatchObject({ body: { huge: true } });
});
