/** The one comment that we keep. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { marker, openOne } from './support.ts';

export const keptCommentBehaviour: Behaviour = place => {
  test('keeps one comment, by its marker and by its id', async () => {
    const { tracker, people } = place();
    const { ref } = await openOne(place());
    const first = await tracker.keepComment(ref, { marker, body: 'Working.' });
    const second = await tracker.keepComment(ref, { marker, body: 'Still working.' });
    const third = await tracker.keepComment(ref, { marker, body: 'Done.', id: first.id });
    expect([second.id, third.id]).toEqual([first.id, first.id]);
    expect(third.createdAt).toBe((await tracker.comment(ref, first.id))!.createdAt);
    const comments = await people.comments(ref);
    expect(comments).toHaveLength(1);
    expect(comments[0]).toContain('Done.');
  });

  test('keeps one on every item, and one for every marker', async () => {
    const { tracker, people } = place();
    const { project, ref } = await openOne(place());
    const other = await people.openItem(project, { title: 'Another' });
    const ids = [
      await tracker.keepComment(ref, { marker, body: 'One.' }),
      await tracker.keepComment(ref, { marker: '<!-- signalbox:task-2 -->', body: 'Two.' }),
      await tracker.keepComment(other, { marker, body: 'Three.' }),
    ].map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    expect((await people.comments(ref)).length).toBe(2);
    expect((await people.comments(other)).length).toBe(1);
  });

  test('writes it anew when somebody has deleted it', async () => {
    const { tracker, people } = place();
    const { ref } = await openOne(place());
    const first = await tracker.keepComment(ref, { marker, body: 'Working.' });
    await people.deleteComment(ref, first.id);
    const second = await tracker.keepComment(ref, { marker, body: 'Working.', id: first.id });
    expect(second.id).not.toBe(first.id);
    expect(await people.comments(ref)).toHaveLength(1);
  });

  test('leaves the comment of somebody else alone, whatever it holds', async () => {
    const { tracker, maria, people } = place();
    const { ref } = await openOne(place());
    const theirs = await maria.keepComment(ref, { marker, body: 'Mine.' });
    const ours = await tracker.keepComment(ref, { marker, body: 'Ours.', id: theirs.id });
    const again = await tracker.keepComment(ref, { marker, body: 'Ours still.' });
    expect(ours.id).not.toBe(theirs.id);
    expect(again.id).toBe(ours.id);
    expect((await people.comments(ref)).join('\n')).toContain('Mine.');
  });

  test('finds its comment behind many others', async () => {
    const { tracker, people, written } = place();
    const { ref } = await openOne(place());
    const first = await tracker.keepComment(ref, { marker, body: 'Working.' });
    for (let number = 0; number < 105; number += 1) await people.comment(ref, written.plain(`Comment ${number}`));
    expect((await tracker.keepComment(ref, { marker, body: 'Done.' })).id).toBe(first.id);
  });

  test('is no order, whatever we quote in it', async () => {
    const { tracker } = place();
    const { ref } = await openOne(place());
    const body = '**Waits for you.** Answer with `/approve` or:\n\n> /approve\n\n```text\n/approve\n```';
    const { id } = await tracker.keepComment(ref, { marker, body });
    const comment = await tracker.comment(ref, id);
    expect(comment?.command).toBeNull();
    expect(comment?.by?.id).toBe((await tracker.account()).id);
    expect(comment?.text).toContain('Waits for you.');
  });

  test('says that there is nothing to comment on', async () => {
    const { tracker } = place();
    const { project, ref } = await openOne(place());
    const id = /^\d+$/.test(ref.id) ? '999999' : '11111111-1111-4111-8111-111111111111';
    const wanted = { marker, body: 'Working.' };
    await expect(tracker.keepComment({ project, id }, wanted)).rejects.toMatchObject({ failure: 'notFound' });
  });
};
