/** What happened to an item. */
import { expect, test, vi } from 'vitest';
import type { ItemChange, ItemRef } from '../../../../src/integrations/tracker.ts';
import type { Behaviour, TrackerPlace } from '../conformance.ts';
import { itemOf, openOne } from './support.ts';

/** Some trackers write their history after they have answered. */
const historyOf = ({ tracker }: TrackerPlace, ref: ItemRef, atLeast: number): Promise<ItemChange[]> =>
  vi.waitFor(
    async () => {
      const changes = await tracker.history(ref, null);
      expect(changes?.length ?? 0).toBeGreaterThanOrEqual(atLeast);
      return changes!;
    },
    { timeout: 20_000, interval: 200 },
  );

export const historyBehaviour: Behaviour = place => {
  test('tells who moved, labelled and assigned it', async context => {
    const { tracker, maria, people, states, tells } = place();
    if (!tells.history) return context.skip();
    const { ref } = await openOne(place());
    const [us, her] = [await tracker.account(), await maria.account()];
    await people.moveItem(ref, states.done);
    await historyOf(place(), ref, 1);
    await people.label(ref, ['bug']);
    await historyOf(place(), ref, 2);
    await people.assign(ref, true);
    await historyOf(place(), ref, 3);
    await people.label(ref, []);
    const changes = await historyOf(place(), ref, 4);
    expect(changes.map(({ field, from, to }) => ({ field, from, to }))).toEqual([
      { field: 'state', from: states.todo, to: states.done },
      { field: 'label', from: null, to: 'bug' },
      { field: 'assignee', from: null, to: us.login },
      { field: 'label', from: 'bug', to: null },
    ]);
    expect(changes.map(change => change.by?.id)).toEqual(Array(4).fill(her.id));
    expect(new Set(changes.map(change => change.id)).size).toBe(4);
    const times = changes.map(change => change.at);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
  });

  test('tells what happened since an instant', async context => {
    const { tracker, people, states, tells } = place();
    if (!tells.history) return context.skip();
    const { ref } = await openOne(place());
    await people.moveItem(ref, states.done);
    const [change] = await historyOf(place(), ref, 1);
    expect((await tracker.history(ref, change!.at))?.at(-1)).toEqual(change);
    const { updatedAt } = await itemOf(place(), ref);
    expect(await tracker.history(ref, updatedAt + 60_000)).toEqual([]);
  });
};
