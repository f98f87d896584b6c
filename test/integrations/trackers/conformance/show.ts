/** How an item is to look. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { openOne } from './support.ts';

export const showBehaviour: Behaviour = place => {
  test('moves an item and changes its labels, and then has nothing to do', async () => {
    const { tracker, people, states } = place();
    const { ref } = await openOne(place(), { labels: ['agent', 'bug'] });
    const shown = { state: states.done, addLabels: ['in review'], removeLabels: ['agent'] };
    expect(await tracker.show(ref, shown)).toEqual({ isChanged: true, unknown: [] });
    expect(await people.state(ref)).toBe(states.done);
    expect((await people.labels(ref)).toSorted()).toEqual(['bug', 'in review']);
    expect(await tracker.show(ref, shown)).toEqual({ isChanged: false, unknown: [] });
  });

  test('takes a state by its id, and in any case', async () => {
    const { tracker, people, states } = place();
    const { project, ref } = await openOne(place());
    const done = (await tracker.project(project)).states.find(state => state.name === states.done)!;
    expect(await tracker.show(ref, { state: done.id })).toMatchObject({ isChanged: true });
    expect(await tracker.show(ref, { state: states.todo.toUpperCase() })).toMatchObject({ isChanged: true });
    expect(await people.state(ref)).toBe(states.todo);
  });

  test('names what the project does not have, and makes nothing of it', async () => {
    const { tracker, people, states } = place();
    const { project, ref } = await openOne(place());
    const before = await tracker.project(project);
    const showed = await tracker.show(ref, { state: 'No such state', addLabels: ['no-such-label', 'bug'] });
    expect(showed.isChanged).toBe(true);
    expect(showed.unknown.toSorted()).toEqual(['No such state', 'no-such-label']);
    expect(await people.labels(ref)).toEqual(['bug']);
    expect(await people.state(ref)).toBe(states.todo);
    expect(await tracker.project(project)).toEqual(before);
  });

  test('finds no difference in a label that is gone already, or was never there', async () => {
    const { tracker } = place();
    const { ref } = await openOne(place(), { labels: ['bug'] });
    const shown = { addLabels: ['bug'], removeLabels: ['agent', 'no-such-label'] };
    expect(await tracker.show(ref, shown)).toMatchObject({ isChanged: false });
    expect(await tracker.show(ref, {})).toEqual({ isChanged: false, unknown: [] });
  });

  test('says that there is nothing to show it on', async () => {
    const { tracker } = place();
    const { project, ref } = await openOne(place());
    const id = /^\d+$/.test(ref.id) ? '999999' : '11111111-1111-4111-8111-111111111111';
    await expect(tracker.show({ project, id }, { addLabels: ['bug'] })).rejects.toMatchObject({ failure: 'notFound' });
  });
};
