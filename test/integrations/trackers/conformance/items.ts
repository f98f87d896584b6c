/** One item. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { itemOf, openOne } from './support.ts';

export const itemBehaviour: Behaviour = place => {
  test('reads an item', async () => {
    const { maria, tracker, states, written } = place();
    const { project, ref } = await openOne(place(), {
      body: written.join(written.plain('Always & <ever>.'), written.plain('Since today.')),
      labels: ['agent'],
    });
    const item = await itemOf(place(), ref);
    expect(item).toMatchObject({ ...ref, project, title: 'It fails', labels: ['agent'], isGone: false });
    expect(item.state).toMatchObject({ name: states.todo, group: 'unstarted' });
    expect(item.body).toMatch(/^Always & <ever>\.\s+Since today\.$/);
    expect(item.author?.id).toBe((await maria.account()).id);
    expect(item.author?.login).toBe((await maria.account()).login);
    expect(item.assignees).toEqual([]);
    expect(item.url).toMatch(/^https?:\/\//);
    expect(item.createdAt).toBeLessThanOrEqual(item.updatedAt);
    expect(Math.abs(item.createdAt - Date.now() - tracker.skewMs)).toBeLessThan(60_000);
  });

  test('finds an item by what people call it', async () => {
    const { tracker } = place();
    const { project, ref } = await openOne(place());
    const { key, number } = await itemOf(place(), ref);
    for (const name of [key, String(number)]) {
      expect(await tracker.itemByKey(project, name)).toMatchObject(ref);
    }
    for (const name of ['999999', `${key}999`, 'NOPE-1', 'nonsense', '']) {
      expect(await tracker.itemByKey(project, name)).toBeUndefined();
    }
  });

  test('sees what people do with it', async () => {
    const { tracker, people, states } = place();
    const { ref } = await openOne(place(), { labels: ['agent'] });
    const us = await tracker.account();
    await people.moveItem(ref, states.done);
    await people.label(ref, ['bug', 'in review']);
    await people.assign(ref, true);
    const item = await itemOf(place(), ref);
    expect(item.state).toMatchObject({ name: states.done, group: 'completed' });
    expect(item.labels.toSorted()).toEqual(['bug', 'in review']);
    expect(item.assignees.map(person => person.id)).toEqual([us.id]);
  });

  test('knows no item that nobody has made', async () => {
    const { tracker } = place();
    const { project, ref } = await openOne(place());
    const other = /^\d+$/.test(ref.id) ? '999999' : '11111111-1111-4111-8111-111111111111';
    expect(await tracker.item({ project, id: other })).toBeUndefined();
    expect(await tracker.item({ project, id: 'nonsense' })).toBeUndefined();
  });

  test('has nothing to do with an item that was taken away', async context => {
    const { tracker, people } = place();
    if (!people.remove) return context.skip();
    const { ref } = await openOne(place());
    await people.remove(ref);
    expect((await tracker.item(ref))?.isGone ?? true).toBe(true);
  });
};
