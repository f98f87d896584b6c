/** Thumbs. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { openOne } from './support.ts';

export const reactionBehaviour: Behaviour = place => {
  test('tells who put a thumb up, or that it cannot be asked for', async () => {
    const { tracker, maria, people, written } = place();
    const { ref } = await openOne(place());
    const id = await people.comment(ref, written.plain('What do you think?'));
    if (!people.thumbUp) return expect(await tracker.reactions(ref, id)).toBeNull();
    expect(await tracker.reactions(ref, id)).toEqual([]);
    await people.thumbUp(ref, id);
    const [reaction, ...more] = (await tracker.reactions(ref, id)) ?? [];
    expect(more).toEqual([]);
    expect(reaction).toMatchObject({ verb: 'approve', by: { id: (await maria.account()).id } });
  });
};
