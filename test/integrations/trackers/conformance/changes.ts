/** What changed in a project. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { all, itemOf } from './support.ts';

export const changeBehaviour: Behaviour = place => {
  test('tells what changed since an instant, newest change first', async () => {
    const { tracker, people } = place();
    const project = await people.makeProject();
    const refs = [];
    for (const title of ['One', 'Two', 'Three']) refs.push(await people.openItem(project, { title }));
    await people.label(refs[0]!, ['bug']);
    const since = (await itemOf(place(), refs[2]!)).updatedAt;
    const changed = await all(tracker.changed(project, since));
    const times = changed.map(item => item.updatedAt);
    expect(times).toEqual(times.toSorted((one, other) => other - one));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(since);
    expect(changed.map(item => item.title)).toEqual(expect.arrayContaining(['One', 'Three']));
    // Some trackers date a change once more after they have answered.
    const { updatedAt: _, ...one } = await itemOf(place(), refs[0]!);
    expect(changed.find(item => item.title === 'One')).toMatchObject(one);
  });

  test('tells of nothing when nothing changed', async () => {
    const { tracker, people } = place();
    const project = await people.makeProject();
    const ref = await people.openItem(project, { title: 'One' });
    const { updatedAt } = await itemOf(place(), ref);
    expect(await all(tracker.changed(project, updatedAt + 60_000))).toEqual([]);
  });

  test('tells of all that are not closed, and of those that closed since', async () => {
    const { tracker, people, states } = place();
    const project = await people.makeProject();
    const open = await people.openItem(project, { title: 'Open' });
    const closed = await people.openItem(project, { title: 'Closed' });
    await people.moveItem(closed, states.done);
    const titles = async (since: number | null) => (await all(tracker.changed(project, since))).map(item => item.title);
    expect(await titles(null)).toEqual(['Open']);
    expect((await titles((await itemOf(place(), open)).createdAt)).toSorted()).toEqual(['Closed', 'Open']);
  });

  test('does not tell of another project', async () => {
    const { tracker, people } = place();
    await people.openItem(await people.makeProject(), { title: 'Elsewhere' });
    expect(await all(tracker.changed(await people.makeProject(), 0))).toEqual([]);
  });
};
