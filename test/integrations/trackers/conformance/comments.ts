/** What people say about an item, and what they order. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { openOne } from './support.ts';

export const commentBehaviour: Behaviour = place => {
  test('tells what was said, oldest first, and who said it', async () => {
    const { tracker, maria, stranger, people, written } = place();
    const { ref } = await openOne(place());
    const first = await people.comment(ref, written.plain('One & <two>.'));
    const second = await people.comment(ref, written.plain('Three.'), 'stranger');
    const comments = await tracker.comments(ref, null);
    expect(comments.map(({ id, text }) => ({ id, text }))).toEqual([
      { id: first, text: 'One & <two>.' },
      { id: second, text: 'Three.' },
    ]);
    expect(comments[0]?.by?.id).toBe((await maria.account()).id);
    expect(comments[0]?.by?.login).toBe((await maria.account()).login);
    expect(comments[1]?.by?.id).toBe((await stranger.account()).id);
    expect(comments.map(({ isEdited, command }) => ({ isEdited, command }))).toEqual([
      { isEdited: false, command: null },
      { isEdited: false, command: null },
    ]);
    expect(await tracker.comment(ref, first)).toEqual(comments[0]);
  });

  test('tells what was said since an instant', async () => {
    const { tracker, people, written } = place();
    const { ref } = await openOne(place());
    const id = await people.comment(ref, written.plain('One.'));
    const { createdAt } = (await tracker.comment(ref, id))!;
    expect((await tracker.comments(ref, createdAt)).map(comment => comment.id)).toEqual([id]);
    expect(await tracker.comments(ref, createdAt + 60_000)).toEqual([]);
  });

  test('reads orders, and none in what is quoted or code', async () => {
    const { tracker, people, written } = place();
    const { ref } = await openOne(place());
    await people.comment(ref, written.plain('/approve'));
    await people.comment(ref, written.join(written.plain('/reject the tests are missing'), written.plain('Sorry.')));
    await people.comment(ref, written.join(written.quote('/approve'), written.plain('Who said that?')));
    await people.comment(ref, written.code('/approve'));
    await people.comment(ref, written.plain('I would /approve it'));
    expect((await tracker.comments(ref, null)).map(comment => comment.command)).toEqual([
      { verb: 'approve', reason: '' },
      { verb: 'reject', reason: expect.stringMatching(/^the tests are missing\s+Sorry\.$/) },
      null,
      null,
      null,
    ]);
  });

  test('tells that a comment is no longer as it was written', async context => {
    const { tracker, people, written, tells } = place();
    if (!tells.edits) return context.skip();
    const { ref } = await openOne(place());
    const id = await people.comment(ref, written.plain('Hello.'));
    await people.editComment(ref, id, written.plain('/approve'));
    expect(await tracker.comment(ref, id)).toMatchObject({ text: '/approve', isEdited: true });
  });

  test('knows no comment that is not there any more', async () => {
    const { tracker, people, written } = place();
    const { ref } = await openOne(place());
    const id = await people.comment(ref, written.plain('Hello.'));
    await people.deleteComment(ref, id);
    expect(await tracker.comment(ref, id)).toBeUndefined();
    expect(await tracker.comments(ref, null)).toEqual([]);
  });

  test('reads many comments', async () => {
    const { tracker, people, written } = place();
    const { ref } = await openOne(place());
    const names = Array.from({ length: 105 }, (_, index) => `Comment ${index}`);
    for (const name of names) await people.comment(ref, written.plain(name));
    expect((await tracker.comments(ref, null)).map(comment => comment.text)).toEqual(names);
  });
};
