/** Items that we make. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { marker } from './support.ts';

export const openItemBehaviour: Behaviour = place => {
  test('makes an item once, closed or not', async () => {
    const { tracker, people, states } = place();
    const project = await people.makeProject();
    const wanted = { marker, title: 'It fails', body: 'Always, **always**.', labels: ['bug', 'nobody-knows'] };
    const first = await tracker.openItem(project, wanted);
    expect(first).toMatchObject({ title: 'It fails', labels: ['bug'], isGone: false });
    expect(first.author?.id).toBe((await tracker.account()).id);
    expect(first.body).toContain('always');
    expect((await tracker.openItem(project, wanted)).id).toBe(first.id);
    await people.moveItem(first, states.done);
    const again = await tracker.openItem(project, wanted);
    expect([again.id, again.state.name]).toEqual([first.id, states.done]);
  });

  test('makes another for another marker, and in another project', async () => {
    const { tracker, people } = place();
    const project = await people.makeProject();
    const wanted = { marker, title: 'It fails', body: '', labels: [] };
    const ids = [
      await tracker.openItem(project, wanted),
      await tracker.openItem(project, { ...wanted, marker: '<!-- signalbox:task-2 -->' }),
      await tracker.openItem(await people.makeProject(), wanted),
    ].map(item => `${item.project} ${item.id}`);
    expect(new Set(ids).size).toBe(3);
  });

  test('does not take an item of somebody else for its own', async () => {
    const { tracker, maria, people } = place();
    const project = await people.makeProject();
    const wanted = { marker, title: 'It fails', body: 'Always.', labels: [] };
    const theirs = await maria.openItem(project, wanted);
    const ours = await tracker.openItem(project, wanted);
    expect(ours.id).not.toBe(theirs.id);
    expect((await tracker.openItem(project, wanted)).id).toBe(ours.id);
  });
};
