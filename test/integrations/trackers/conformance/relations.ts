/** What must be done before what. */
import { expect, test, vi } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { openOne } from './support.ts';

export const relationBehaviour: Behaviour = place => {
  test('tells what blocks an item, and what it blocks', async context => {
    const { tracker, people } = place();
    if (!people.block) return context.skip();
    const { project, ref } = await openOne(place());
    const first = await people.openItem(project, { title: 'First' });
    await people.block(ref, first);
    await vi.waitFor(async () => expect(await tracker.relations(ref)).toEqual({ blockedBy: [first], blocks: [] }));
    expect(await tracker.relations(first)).toEqual({ blockedBy: [], blocks: [ref] });
  });
};
